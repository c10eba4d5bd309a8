"""What a pass adds to the record: the rows of what changed, and nothing of what did not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from reaper.core.plan import Plan, Step
from reaper.core.policy import PolicySet
from reaper.core.selector import Exemption
from reaper.core.session import Activity, Phase
from reaper.core.verdict import Finding, Pass, Ruling, Verdict
from reaper.store.tables import activity, decisions, policy_texts, runs, seen_over, standing

Key = tuple[str, str]
"""A session's id and a policy's name."""

PROTECT = "protect"
_SHORT = 64


def run_row(seen: Pass, plan: Plan, *, enforcing: bool, version: str, actor: str) -> dict[str, Any]:
    """The run as it is known before anything is done. A halted run that would have enforced latches the account."""
    counts = seen.count()
    return {
        "account": seen.account,
        "started_at": seen.now,
        "enforcing": enforcing,
        "complete": seen.snapshot.complete,
        "doubts": list(seen.snapshot.doubts),
        "unreadable": [[u.kind, u.id, u.problem] for u in seen.snapshot.unreadable],
        "sessions": len(seen.snapshot.fleet),
        "compliant": counts[Ruling.COMPLIANT],
        "offenders": counts[Ruling.OFFENDER],
        "exempt": counts[Ruling.EXEMPT],
        "undetermined": counts[Ruling.UNDETERMINED],
        "probes": len(seen.learnt),
        "steps": len(plan.steps),
        "halted": list(plan.halted),
        "latched": enforcing and bool(plan.halted),
        "policies": {name: hash_ for name, (hash_, _) in _texts(seen.policies).items()},
        "version": version,
        "actor": actor,
    }


def _texts(policies: PolicySet) -> dict[str, tuple[str, str]]:
    """Each policy's hash and text; what protects from all of them counts as one more."""
    found = {p.name: (p.hash, policies.text_of(p)) for p in policies.policies}
    if policies.protect:
        text = json.dumps([e.model_dump(mode="json", exclude_none=True) for e in policies.protect])
        found[PROTECT] = (hashlib.sha256(text.encode()).hexdigest(), text)
    return found


def record_texts(db: sa.Connection, seen: Pass) -> None:
    texts = _texts(seen.policies)
    hashes = [hash_ for hash_, _ in texts.values()]
    known = set(db.scalars(sa.select(policy_texts.c.hash).where(policy_texts.c.hash.in_(hashes))))
    new = {
        hash_: {"hash": hash_, "name": name, "text": text, "first_seen_at": seen.now}
        for name, (hash_, text) in texts.items()
        if hash_ not in known
    }
    _insert(db, policy_texts, list(new.values()))


def record_decisions(db: sa.Connection, seen: Pass, run_id: int) -> dict[Key, int]:
    """Write the verdicts that changed; return the run that decided each one that stands now."""
    stood = {
        (row.session_id, row.policy): row
        for row in db.execute(sa.select(standing).where(standing.c.account == seen.account))
    }
    now: dict[Key, int] = {}
    new: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    for verdict in seen.verdicts:
        key = (verdict.session.id, verdict.policy.name)
        gist, before = _gist(verdict), stood.get(key)
        if before is not None and before.gist == gist and before.policy_hash == verdict.policy.hash:
            now[key] = before.run_id
            continue
        now[key] = run_id
        taken.append(_decision(verdict, run_id))
        (new if before is None else changed).append(_standing(seen, verdict, gist, run_id, before))
    _insert_plain(db, decisions, taken)
    _insert(db, standing, new)
    _replace(db, standing, changed, ("account", "session_id", "policy"))
    if seen.snapshot.complete:
        gone = [key for key in stood if key not in now]
        _forget(db, standing, [{"account": seen.account, "session_id": s, "policy": p} for s, p in gone])
    return now


def _gist(verdict: Verdict) -> str:
    gist = verdict.gist
    return gist if len(gist) <= _SHORT else hashlib.sha256(gist.encode()).hexdigest()


def _standing(seen: Pass, verdict: Verdict, gist: str, run_id: int, before: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
    """What stands from now on. An offender by the same text of the policy has been one since before."""
    offends = verdict.ruling is Ruling.OFFENDER
    goes_on = offends and before is not None and before.policy_hash == verdict.policy.hash and before.offender_since
    return {
        "account": seen.account,
        "session_id": verdict.session.id,
        "policy": verdict.policy.name,
        "gist": gist,
        "run_id": run_id,
        "policy_hash": verdict.policy.hash,
        "offender_since": before.offender_since if goes_on else seen.now if offends else None,
        "offender_run": before.offender_run if goes_on else run_id if offends else None,
    }


def _decision(verdict: Verdict, run_id: int) -> dict[str, Any]:
    session = verdict.session
    verdict = verdict.worked_out()
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
        "evidence": json.dumps(evidence(verdict)),
    }


def evidence(verdict: Verdict) -> dict[str, Any]:
    """What the verdict rests on; times in seconds."""
    found: dict[str, Any] = {"findings": [_finding(f) for f in verdict.findings]}
    if verdict.exemption is not None:
        found["exemption"] = _exemption(verdict.exemption)
    if verdict.unknowns:
        found["unknowns"] = list(verdict.unknowns)
    return found


def _finding(found: Finding) -> list[Any]:
    """A rule, its answer, the value against the threshold, and where the value came from."""
    return [found.rule, found.answer.name.lower(), found.value, found.threshold, found.note]


def _exemption(found: Exemption) -> dict[str, Any]:
    written: dict[str, Any] = found.model_dump(mode="json", exclude_none=True)
    return written


def record_activity(db: sa.Connection, seen: Pass) -> None:
    """Write the activities that changed, and forget the sessions that a complete look no longer shows."""
    rows = db.execute(sa.select(activity.c.session_id, activity.c.at).where(activity.c.account == seen.account))
    stood = {row.session_id: row.at for row in rows}
    learnt = [a for a in seen.learnt.values() if a.at is not None and stood.get(a.session_id) != a.at]
    _insert(db, activity, [_activity(seen.account, a) for a in learnt if a.session_id not in stood])
    known = [_activity(seen.account, a) for a in learnt if a.session_id in stood]
    _replace(db, activity, known, ("account", "session_id"))
    if seen.snapshot.complete:
        present = {session.id for session in seen.snapshot.sessions}
        gone = [session for session in stood if session not in present]
        _forget(db, activity, [{"account": seen.account, "session_id": session} for session in gone])


def record_ends(db: sa.Connection, seen: Pass) -> None:
    """Write which sessions this look is the first to show over, of those that do not tell since when."""
    known = set(db.scalars(sa.select(seen_over.c.session_id).where(seen_over.c.account == seen.account)))
    over = {s.id: s for s in seen.snapshot.sessions if s.phase is Phase.OVER}
    new = [id_ for id_, s in over.items() if s.ended_at == seen.now and id_ not in known]
    _insert(db, seen_over, [{"account": seen.account, "session_id": id_, "at": seen.now} for id_ in new])
    if over and seen.snapshot.complete:
        _forget(db, seen_over, [{"account": seen.account, "session_id": id_} for id_ in known - over.keys()])


def _activity(account: str, known: Activity) -> dict[str, Any]:
    return {
        "account": account,
        "session_id": known.session_id,
        "at": known.at,
        "learnt_at": known.learnt_at,
        "source": known.source,
    }


def step_row(step: Step, run_id: int, decided: dict[Key, int]) -> dict[str, Any]:
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


def insert_run(db: sa.Connection, row: dict[str, Any]) -> int:
    key = db.execute(sa.insert(runs).values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def _insert(db: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        db.execute(sa.insert(table), rows)


def _insert_plain(db: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert many rows of plain numbers and texts as the driver takes them: a third of the time."""
    if rows:
        compiled = sa.insert(table).compile(dialect=db.dialect, column_keys=list(rows[0]))
        order = compiled.positiontup
        db.exec_driver_sql(str(compiled), [tuple(row[name] for name in order) for row in rows] if order else list(rows))


def _replace(db: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]], key: Iterable[str]) -> None:
    if rows:
        names = list(key)
        values: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in rows[0] if name not in names}
        statement = sa.update(table).where(*(table.c[name] == sa.bindparam(f"key_{name}") for name in names))
        db.execute(statement.values(values), [_prefixed(row, names) for row in rows])


def _prefixed(row: dict[str, Any], key: Sequence[str]) -> dict[str, Any]:
    return {f"{'key' if name in key else 'new'}_{name}": value for name, value in row.items()}


def _forget(db: sa.Connection, table: sa.Table, keys: Sequence[dict[str, Any]]) -> None:
    if keys:
        statement = sa.delete(table).where(*(table.c[name] == sa.bindparam(f"key_{name}") for name in keys[0]))
        db.execute(statement, [_prefixed(row, list(row)) for row in keys])
