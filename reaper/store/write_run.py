"""What a pass adds to the record: the rows of what changed, and nothing of what did not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic_core import to_json

from reaper.core.judging.concerns import concerns
from reaper.core.judging.persistence import COUNTED, conditions
from reaper.core.judging.start import started_again, waiting
from reaper.core.judging.verdict import Observation, Ruling, Verdict
from reaper.core.language.leaf_rule import Need
from reaper.core.language.policy import PolicySet, digest
from reaper.core.model.session import Phase
from reaper.core.planning.plan import Plan, Step
from reaper.core.planning.request import Request
from reaper.store.bulk import Row, batches, delete_rows, insert_rows, update_rows
from reaper.store.evidence import encode, written
from reaper.store.tables import (
    current_verdicts,
    decisions,
    lasting,
    policy_texts,
    seen_over,
)

Key = tuple[str, str]
"""A session's id and a policy's name."""

PROTECT = "protect"
_SHORT = 64
_Since = tuple[datetime | None, int | None]
"""When a session was first found an offender, in every look since, and by which run."""
_NEVER: _Since = (None, None)


class _Stood(NamedTuple):
    """What is decided of a session by a policy."""

    fingerprint: str
    policy_hash: str
    run_id: int
    offender_since: datetime | None
    offender_run: int | None

    @property
    def since(self) -> _Since:
        return self.offender_since, self.offender_run


def run_row(
    observation: Observation, plan: Plan, *, enforcing: bool, version: str, actor: str
) -> Row:
    """The run as it is known before anything is done."""
    counts = observation.count()
    return {
        "account": observation.account,
        "started_at": observation.now,
        "enforcing": enforcing,
        "complete": observation.complete,
        "listed": observation.snapshot.complete,
        "doubts": list(observation.doubts),
        "unreadable": [[u.kind, u.id, u.problem] for u in observation.snapshot.unreadable],
        "sessions": len(observation.snapshot.fleet),
        "compliant": counts[Ruling.COMPLIANT],
        "offenders": counts[Ruling.OFFENDER],
        "exempt": counts[Ruling.EXEMPT],
        "undetermined": counts[Ruling.UNDETERMINED],
        "probes": len(observation.learnt),
        "steps": len(plan.steps),
        "halted": list(plan.halted),
        "policies": {name: hash_ for name, hash_, _ in _texts(observation.policies)},
        "judged": observation.count_by_policy(),
        "concerns": [concern._asdict() for concern in concerns(observation, enforcing=enforcing)],
        "version": version,
        "actor": actor,
    }


def plan_row(run_id: int, plan: Plan, blocked: str | None, request: Request | None) -> Row:
    """What the run was to do, whatever of it is written again; why it did none of it; and what a
    person asked of it.
    """
    actions, policies = plan.planned
    planned = {"actions": dict(actions), "policies": dict(policies)}
    return {
        "run_id": run_id,
        "planned": planned | {"within_limits": plan.takeable},
        "blocked": blocked,
        "request": str(request) if request else None,
    }


def _texts(policies: PolicySet) -> list[tuple[str, str, str]]:
    """Each policy's name, hash and text; what protects from all of them counts as one more."""
    texts = [(p.name, p.hash, policies.text_of(p)) for p in policies.policies]
    if policies.protect:
        text = json.dumps([written(e) for e in policies.protect])
        texts.append((PROTECT, digest(text), text))
    return texts


def record_texts(db: sa.Connection, observation: Observation) -> None:
    texts = _texts(observation.policies)
    hashes = [hash_ for _, hash_, _ in texts]
    stored = set(db.scalars(sa.select(policy_texts.c.hash).where(policy_texts.c.hash.in_(hashes))))
    new = {
        hash_: {"hash": hash_, "name": name, "text": text, "first_seen_at": observation.now}
        for name, hash_, text in texts
        if hash_ not in stored
    }
    insert_rows(db, policy_texts, list(new.values()))


def record_decisions(
    db: sa.Connection, observation: Observation, run_id: int, whose: Collection[str]
) -> dict[Key, int]:
    """Write the verdicts that changed.

    Return which run decided those that stand now, of the sessions whose ids are given.
    """
    left = _by_policy(observation.verdicts)
    decided: dict[Key, int] = {}
    turned: list[tuple[Verdict, _Since]] = []
    counted: list[Row] = []
    gone: list[Row] = []
    for session, policy, *rest in _standing(db, observation.account):
        verdict, before = left.get(policy, {}).pop(session, None), _Stood(*rest)
        if verdict is None:
            gone.append({"account": observation.account, "session_id": session, "policy": policy})
            continue
        since = _since(verdict, before, observation, run_id)
        same = (
            before.fingerprint == _fingerprint(verdict)
            and before.policy_hash == verdict.policy.hash
        )
        if session in whose:
            decided[session, policy] = before.run_id if same else run_id
        if not same:
            turned.append((verdict, since))
        elif before.since != since:
            counted.append(_row(observation, (session, policy), since))
    new = [verdict for own in left.values() for verdict in own.values()]
    decided |= {_key(v): run_id for v in new if v.session.id in whose}
    _take(
        db,
        observation,
        run_id,
        ((v, _since(v, None, observation, run_id)) for v in new),
        insert_rows,
    )
    _take(db, observation, run_id, turned, update_rows)
    update_rows(db, current_verdicts, counted)
    if observation.snapshot.complete:
        delete_rows(db, current_verdicts, gone)
    return decided


def _by_policy(verdicts: Iterable[Verdict]) -> dict[str, dict[str, Verdict]]:
    """The verdicts of each policy, by the session's id."""
    found: dict[str, dict[str, Verdict]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.policy.name, {})[verdict.session.id] = verdict
    return found


def _standing(db: sa.Connection, account: str) -> Iterable[Any]:
    """What stands of each session and policy, row by row: of a large fleet it is much."""
    s = current_verdicts.c
    columns = (
        s.session_id,
        s.policy,
        s.gist,
        s.policy_hash,
        s.run_id,
        s.offender_since,
        s.offender_run,
    )
    return db.execute(sa.select(*columns).where(s.account == account))


def _take(
    db: sa.Connection,
    observation: Observation,
    run_id: int,
    verdicts: Iterable[tuple[Verdict, _Since]],
    write: Callable[[sa.Connection, sa.Table, list[Row]], None],
) -> None:
    """Record these decisions, and that they stand now."""
    for some in batches(verdicts):
        taken = [(verdict.materialized(), since) for verdict, since in some]
        insert_rows(db, decisions, [_decision(verdict, run_id) for verdict, _ in taken])
        write(db, current_verdicts, [_stands(observation, v, since, run_id) for v, since in taken])


def _stands(observation: Observation, verdict: Verdict, since: _Since, run_id: int) -> Row:
    row = _row(observation, _key(verdict), since)
    return row | {
        "gist": _fingerprint(verdict),
        "run_id": run_id,
        "policy_hash": verdict.policy.hash,
    }


def _key(verdict: Verdict) -> Key:
    return verdict.session.id, verdict.policy.name


def _row(observation: Observation, key: Key, since: _Since) -> Row:
    row = {"account": observation.account, "session_id": key[0], "policy": key[1]}
    return row | {"offender_since": since[0], "offender_run": since[1]}


def _since(
    verdict: Verdict, before: _Stood | None, observation: Observation, run_id: int
) -> _Since:
    """Since when it is an offender, in every look that follows another, by the same text of its
    policy.

    A doubtful look begins nothing, and what it could not notify ends nothing: but what it shows in a
    session's favour
    does.
    """
    if verdict.ruling is Ruling.COMPLIANT:
        return _NEVER
    goes_on = (
        before is not None and before.policy_hash == verdict.policy.hash and observation.follows
    )
    since = before.since if before is not None and goes_on else _NEVER
    match verdict.ruling:
        case Ruling.OFFENDER if observation.complete and since == _NEVER:
            return observation.now, run_id
        case Ruling.OFFENDER:
            return since
        case Ruling.UNDETERMINED if not observation.complete:
            return since
        case _:
            return _NEVER


def _fingerprint(verdict: Verdict) -> str:
    fingerprint = verdict.fingerprint
    return (
        fingerprint
        if len(fingerprint) <= _SHORT
        else hashlib.sha256(fingerprint.encode()).hexdigest()
    )


def _decision(verdict: Verdict, run_id: int) -> Row:
    session = verdict.session
    return {
        "run_id": run_id,
        "session_id": session.id,
        "policy": verdict.policy.name,
        "policy_hash": verdict.policy.hash,
        "kind": session.kind,
        "owner": session.owner,
        "app": session.app,
        "ruling": verdict.ruling.value,
        "reason": verdict.reason,
        "evidence": to_json(encode(verdict)).decode(),
    }


def record_ends(db: sa.Connection, observation: Observation) -> None:
    """Write which sessions this look is the first to show over, of those that do not tell since
    when, and forget those that run again.

    By a doubtful one nothing is over.
    """
    if not observation.complete:
        return
    recorded = set(
        db.scalars(
            sa.select(seen_over.c.session_id).where(seen_over.c.account == observation.account)
        )
    )
    over = {s.id: s for s in observation.snapshot.sessions if s.phase is Phase.OVER}
    new = [id_ for id_, s in over.items() if s.ended_at == observation.now and id_ not in recorded]
    insert_rows(
        db,
        seen_over,
        [{"account": observation.account, "session_id": id_, "at": observation.now} for id_ in new],
    )
    alive = {session.id for session in observation.snapshot.fleet}
    gone = recorded - over.keys() if over else recorded & alive
    delete_rows(
        db, seen_over, [{"account": observation.account, "session_id": id_} for id_ in gone]
    )


def record_lasting(db: sa.Connection, observation: Observation) -> None:
    """Write since when each condition lasts, and end what this look no longer shows.

    A doubtful one does neither.
    """
    if not observation.complete:
        return
    rows = db.execute(sa.select(lasting).where(lasting.c.account == observation.account))
    stood = {(row.session_id, row.condition): row.since for row in rows}
    holds = _conditions(observation)
    begun = holds - stood.keys() | {
        key for key in holds if key[1] in COUNTED and not observation.follows
    }
    over = stood.keys() - holds
    delete_rows(
        db, lasting, [_lasting(observation, key) for key in sorted(over | (begun & stood.keys()))]
    )
    insert_rows(
        db,
        lasting,
        [{**_lasting(observation, key), "since": observation.now} for key in sorted(begun)],
    )


def _lasting(observation: Observation, key: Key) -> Row:
    return {"account": observation.account, "session_id": key[0], "condition": key[1]}


def _conditions(observation: Observation) -> set[Key]:
    """What holds now, of what a policy asks for."""
    sessions, policies = observation.snapshot.sessions, observation.policies.policies
    holds: set[Key] = set()
    if any(Need.EVERYBODY in policy.needs for policy in policies):
        holds |= conditions(
            sessions, observation.learnt, everybody=observation.snapshot.shows_everybody
        )
    if any(Need.ACTIVITY in policy.needs for policy in policies):
        holds |= (
            waiting(sessions) | started_again(sessions, observation.lasting, observation.now).keys()
        )
    return holds


def step_row(step: Step, run_id: int, decided: dict[Key, int]) -> Row:
    session = step.session
    return {
        "run_id": run_id,
        "session_id": session.id,
        "kind": session.kind,
        "owner": session.owner,
        "app": session.app,
        "policy": step.policy,
        "decided_in": {name: decided[session.id, name] for name in sorted(step.policies)},
        "action": step.action,
        "reason": step.reason,
    }
