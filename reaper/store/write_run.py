"""What a pass adds to the record: the rows of what changed, and nothing of what did not."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from pydantic_core import to_json

from reaper.core.judging.concerns import concerns
from reaper.core.judging.persistence import COUNTED, conditions
from reaper.core.judging.start import started_again, waiting
from reaper.core.judging.verdict import Observation, Ruling, Verdict
from reaper.core.language.policy import PolicySet, digest
from reaper.core.language.rules import Need
from reaper.core.model.session import Activity, Phase
from reaper.core.planning.plan import Plan, Step
from reaper.core.planning.request import Request
from reaper.store.bulk import Row, delete_rows, insert_rows, update_rows
from reaper.store.evidence import encode, written
from reaper.store.tables import (
    activity,
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


def record_decisions(db: sa.Connection, observation: Observation, run_id: int) -> dict[Key, int]:
    """Write the verdicts that changed; return the run that decided each one that stands now."""
    stood = _stood(db, observation.account)
    now: dict[Key, int] = {}
    new: list[Row] = []
    turned: list[Row] = []
    counted: list[Row] = []
    taken: list[Row] = []
    for computed in observation.verdicts:
        verdict = (
            computed if computed.ruling is Ruling.COMPLIANT else computed.materialized()
        )  # its fingerprint needs the findings
        key = (verdict.session.id, verdict.policy.name)
        fingerprint, hash_, before = _fingerprint(verdict), verdict.policy.hash, stood.get(key)
        since = _since(verdict, before, observation, run_id)
        if before is not None and before.fingerprint == fingerprint and before.policy_hash == hash_:
            now[key] = before.run_id
            if before.since != since:
                counted.append(_row(observation, key, since))
            continue
        now[key] = run_id
        taken.append(_decision(verdict.materialized(), run_id))
        row = _row(observation, key, since) | {
            "gist": fingerprint,
            "run_id": run_id,
            "policy_hash": hash_,
        }
        (new if before is None else turned).append(row)
    insert_rows(db, decisions, taken)
    insert_rows(db, current_verdicts, new)
    update_rows(db, current_verdicts, turned)
    update_rows(db, current_verdicts, counted)
    if observation.snapshot.complete:
        gone = [key for key in stood if key not in now]
        delete_rows(
            db,
            current_verdicts,
            [{"account": observation.account, "session_id": s, "policy": p} for s, p in gone],
        )
    return now


def _stood(db: sa.Connection, account: str) -> dict[Key, _Stood]:
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
    rows = db.execute(sa.select(*columns).where(s.account == account)).all()
    return {(session, policy): _Stood(*rest) for session, policy, *rest in rows}


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


def record_activity(db: sa.Connection, observation: Observation) -> None:
    """Write the activities that changed, and forget the sessions that are gone.

    A doubtful look does neither.
    """
    if not observation.complete:
        return
    columns = (activity.c.session_id, activity.c.at)
    rows = db.execute(sa.select(*columns).where(activity.c.account == observation.account)).all()
    # a Row is no pair to dict()'s stub
    stood: dict[str, datetime] = {session: at for session, at in rows}  # noqa: C416
    learnt = [
        a
        for a in observation.learnt.values()
        if a.at is not None and stood.get(a.session_id) != a.at
    ]
    insert_rows(
        db,
        activity,
        [_activity(observation.account, a) for a in learnt if a.session_id not in stood],
    )
    update_rows(
        db, activity, [_activity(observation.account, a) for a in learnt if a.session_id in stood]
    )
    present = {session.id for session in observation.snapshot.sessions}
    gone = [session for session in stood if session not in present]
    delete_rows(
        db, activity, [{"account": observation.account, "session_id": session} for session in gone]
    )


def record_ends(db: sa.Connection, observation: Observation) -> None:
    """Write which sessions this look is the first to show over, of those that do not tell since
    when.

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
    if over:
        gone = recorded - over.keys()
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


def _activity(account: str, learnt: Activity) -> Row:
    return {
        "account": account,
        "session_id": learnt.session_id,
        "at": learnt.at,
        "learnt_at": learnt.learnt_at,
        "source": learnt.source,
    }


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
