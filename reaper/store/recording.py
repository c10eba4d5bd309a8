"""What a pass adds to the record: the rows of what changed, and nothing of what did not."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from pydantic_core import to_json

from reaper.core.lasting import conditions
from reaper.core.plan import Plan, Step
from reaper.core.policy import PolicySet, digest
from reaper.core.session import Activity, Phase
from reaper.core.verdict import Pass, Ruling, Verdict
from reaper.store.bulk import Row, delete_rows, insert_rows, update_rows
from reaper.store.evidence import kept, written
from reaper.store.tables import activity, decisions, lasting, policy_texts, seen_over, standing

Key = tuple[str, str]
"""A session's id and a policy's name."""

PROTECT = "protect"
_SHORT = 64


class _Stood(NamedTuple):
    """What is decided of a session by a policy."""

    gist: str
    policy_hash: str
    run_id: int
    offends: bool


def run_row(seen: Pass, plan: Plan, *, enforcing: bool, version: str, actor: str) -> Row:
    """The run as it is known before anything is done."""
    counts = seen.count()
    return {
        "account": seen.account,
        "started_at": seen.now,
        "enforcing": enforcing,
        "complete": seen.complete,
        "listed": seen.snapshot.complete,
        "doubts": list(seen.doubts),
        "unreadable": [[u.kind, u.id, u.problem] for u in seen.snapshot.unreadable],
        "sessions": len(seen.snapshot.fleet),
        "compliant": counts[Ruling.COMPLIANT],
        "offenders": counts[Ruling.OFFENDER],
        "exempt": counts[Ruling.EXEMPT],
        "undetermined": counts[Ruling.UNDETERMINED],
        "probes": len(seen.learnt),
        "steps": len(plan.steps),
        "halted": list(plan.halted),
        "policies": {name: hash_ for name, hash_, _ in _texts(seen.policies)},
        "version": version,
        "actor": actor,
    }


def _texts(policies: PolicySet) -> list[tuple[str, str, str]]:
    """Each policy's name, hash and text; what protects from all of them counts as one more."""
    found = [(p.name, p.hash, policies.text_of(p)) for p in policies.policies]
    if policies.protect:
        text = json.dumps([written(e) for e in policies.protect])
        found.append((PROTECT, digest(text), text))
    return found


def record_texts(db: sa.Connection, seen: Pass) -> None:
    texts = _texts(seen.policies)
    hashes = [hash_ for _, hash_, _ in texts]
    known = set(db.scalars(sa.select(policy_texts.c.hash).where(policy_texts.c.hash.in_(hashes))))
    new = {
        hash_: {"hash": hash_, "name": name, "text": text, "first_seen_at": seen.now}
        for name, hash_, text in texts
        if hash_ not in known
    }
    insert_rows(db, policy_texts, list(new.values()))


def record_decisions(db: sa.Connection, seen: Pass, run_id: int) -> dict[Key, int]:
    """Write the verdicts that changed; return the run that decided each one that stands now."""
    stood = _stood(db, seen.account)
    now: dict[Key, int] = {}
    new: list[Row] = []
    turned: list[Row] = []
    goes_on: list[Row] = []
    taken: list[Row] = []
    for found in seen.verdicts:
        verdict = found if found.ruling is Ruling.COMPLIANT else found.worked_out()  # its gist needs the findings
        key = (verdict.session.id, verdict.policy.name)
        gist, hash_, before = _gist(verdict), verdict.policy.hash, stood.get(key)
        if before is not None and before.gist == gist and before.policy_hash == hash_:
            now[key] = before.run_id
            continue
        now[key] = run_id
        taken.append(_decision(verdict.worked_out(), run_id))
        row = {"account": seen.account, "session_id": key[0], "policy": key[1], "gist": gist, "run_id": run_id}
        if before is not None and before.offends and before.policy_hash == hash_ and _offends(verdict):
            goes_on.append(row)  # an offender by the same text of the policy: since when is kept
        else:
            (new if before is None else turned).append(row | _since(verdict, seen.now, run_id))
    insert_rows(db, decisions, taken)
    insert_rows(db, standing, new)
    update_rows(db, standing, turned)
    update_rows(db, standing, goes_on)
    if seen.snapshot.complete:
        gone = [key for key in stood if key not in now]
        delete_rows(db, standing, [{"account": seen.account, "session_id": s, "policy": p} for s, p in gone])
    return now


def _stood(db: sa.Connection, account: str) -> dict[Key, _Stood]:
    s = standing.c
    columns = (s.session_id, s.policy, s.gist, s.policy_hash, s.run_id, s.offender_run.is_not(None))
    rows = db.execute(sa.select(*columns).where(s.account == account)).all()
    return {(session, policy): _Stood(gist, hash_, run, offends) for session, policy, gist, hash_, run, offends in rows}


def _offends(verdict: Verdict) -> bool:
    return verdict.ruling is Ruling.OFFENDER


def _since(verdict: Verdict, now: datetime, run_id: int) -> Row:
    """By which text it is judged from now on, and since when it is an offender, if it is one."""
    since = (now, run_id) if _offends(verdict) else (None, None)
    return {"policy_hash": verdict.policy.hash, "offender_since": since[0], "offender_run": since[1]}


def _gist(verdict: Verdict) -> str:
    gist = verdict.gist
    return gist if len(gist) <= _SHORT else hashlib.sha256(gist.encode()).hexdigest()


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
        "evidence": to_json(kept(verdict)).decode(),
    }


def record_activity(db: sa.Connection, seen: Pass) -> None:
    """Write the activities that changed, and forget the sessions that a complete look no longer shows."""
    columns = (activity.c.session_id, activity.c.at)
    rows = db.execute(sa.select(*columns).where(activity.c.account == seen.account)).all()
    stood: dict[str, datetime] = {session: at for session, at in rows}  # noqa: C416 - a Row is no pair to dict()'s stub
    learnt = [a for a in seen.learnt.values() if a.at is not None and stood.get(a.session_id) != a.at]
    insert_rows(db, activity, [_activity(seen.account, a) for a in learnt if a.session_id not in stood])
    update_rows(db, activity, [_activity(seen.account, a) for a in learnt if a.session_id in stood])
    if seen.snapshot.complete:
        present = {session.id for session in seen.snapshot.sessions}
        gone = [session for session in stood if session not in present]
        delete_rows(db, activity, [{"account": seen.account, "session_id": session} for session in gone])


def record_ends(db: sa.Connection, seen: Pass) -> None:
    """Write which sessions this look is the first to show over, of those that do not tell since when."""
    known = set(db.scalars(sa.select(seen_over.c.session_id).where(seen_over.c.account == seen.account)))
    over = {s.id: s for s in seen.snapshot.sessions if s.phase is Phase.OVER}
    new = [id_ for id_, s in over.items() if s.ended_at == seen.now and id_ not in known]
    insert_rows(db, seen_over, [{"account": seen.account, "session_id": id_, "at": seen.now} for id_ in new])
    if over and seen.snapshot.complete:
        gone = known - over.keys()
        delete_rows(db, seen_over, [{"account": seen.account, "session_id": id_} for id_ in gone])


def record_lasting(db: sa.Connection, seen: Pass) -> None:
    """Write what this look is the first to show, and end what it no longer shows; a doubtful one does neither."""
    if not seen.complete:
        return
    stood = set(seen.lasting)
    wanted = any(policy.needs_everyone for policy in seen.policies.policies)
    holds = _conditions(seen) if wanted else set()
    rows = [{"account": seen.account, "session_id": id_, "condition": what} for id_, what in sorted(holds - stood)]
    insert_rows(db, lasting, [{**row, "since": seen.now} for row in rows])
    over = [{"account": seen.account, "session_id": id_, "condition": what} for id_, what in sorted(stood - holds)]
    delete_rows(db, lasting, over)


def _conditions(seen: Pass) -> set[Key]:
    return conditions(seen.snapshot.sessions, seen.learnt, everybody=seen.snapshot.shows_everybody)


def _activity(account: str, known: Activity) -> Row:
    return {
        "account": account,
        "session_id": known.session_id,
        "at": known.at,
        "learnt_at": known.learnt_at,
        "source": known.source,
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
