"""Who was told of which offender.

What became of each notice, kept for good, and who knows of it now.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.planning.notice import Delivery, DeliveryStatus
from reaper.store import chain
from reaper.store.bulk import delete_rows, insert_and_number, insert_rows
from reaper.store.leaf_rows import NOTICE
from reaper.store.tables import notices, told

_GOES_ON = frozenset({Ruling.OFFENDER, Ruling.UNDETERMINED})
"""A session that could not be judged for a while is not told of again."""


def notified_targets(db: sa.Connection, account: str) -> Mapping[tuple[str, str], frozenset[str]]:
    """The targets that were told of an offender, by session id and policy name."""
    targets: dict[tuple[str, str], frozenset[str]] = {}
    columns = (told.c.session_id, told.c.policy, told.c.target)
    for session, policy, target in db.execute(sa.select(*columns).where(told.c.account == account)):
        targets[session, policy] = targets.get((session, policy), frozenset()) | {target}
    return targets


def record(db: sa.Connection, run_id: int, delivery: Delivery, at: datetime) -> None:
    """Write what became of a notice; of one that arrived, that its target knows."""
    about = [c.verdict for c in delivery.notice.reported]
    outcome = {
        "run_id": run_id,
        "target": delivery.target,
        "at": at,
        "event": delivery.result.value,
    }
    rows = [
        {
            **outcome,
            "session_id": v.session.id,
            "kind": v.session.kind,
            "owner": v.session.owner,
            "app": v.session.app,
            "policy": v.policy.name,
            "detail": delivery.detail,
        }
        for v in about
    ]
    chain.seal(db, NOTICE, *insert_and_number(db, notices, rows))
    if delivery.result is DeliveryStatus.TOLD:
        key = {"account": delivery.notice.account, "target": delivery.target}
        insert_rows(
            db,
            told,
            [{**key, "session_id": v.session.id, "policy": v.policy.name} for v in about],
        )


def forget(db: sa.Connection, observation: Observation) -> None:
    """Nobody knows of an offender that is none any more.

    Should it become one again, it is told again.

    A doubtful look shows nothing of that.
    """
    targets = notified_targets(db, observation.account) if observation.complete else {}
    if not targets:
        return
    now = {(v.session.id, v.policy.name): v.ruling for v in observation.verdicts}
    over = [key for key in targets if (now[key] not in _GOES_ON if key in now else True)]
    delete_rows(
        db, told, [{"account": observation.account, "session_id": s, "policy": p} for s, p in over]
    )
