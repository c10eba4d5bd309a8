"""The sessions of a look, with what the policies say of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reaper.cli.views.render import console, identity, short, styled, table
from reaper.core.judging.verdict import Observation, Ruling, Verdict, gravest
from reaper.core.model.duration import spoken
from reaper.core.model.session import Session


def show_fleet(observation: Observation) -> None:
    """One table, the offenders first, then by age."""
    out = console()
    rows = table(
        "SESSION", "KIND", "STATE", "OWNER", "APP", "AGE", "IDLE", "VERDICT", "WHY", wide="WHY"
    )
    verdicts = _by_session(observation)
    for session in sorted(
        observation.snapshot.fleet, key=lambda s: _order(s, verdicts.get(s.id, ()), observation)
    ):
        row = _row(session, verdicts.get(session.id, ()), observation)
        cells = [
            row[key] or "?" for key in ("short", "kind", "state", "owner", "app", "age", "idle")
        ]
        rows.add_row(*cells, styled(row["verdict"]), row["why"])
    out.line("[bold]{}[/]: {} sessions", observation.account, len(observation.snapshot.fleet))
    out.rows(rows)
    for doubt in observation.doubts:
        out.line("[yellow]this look is doubtful:[/] {}", doubt)
    for bad in observation.snapshot.unreadable:
        out.line("[yellow]unreadable {} {}:[/] {}", bad.kind, bad.id or "", bad.problem)


def _by_session(observation: Observation) -> dict[str, list[Verdict]]:
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in observation.verdicts:
        verdicts.setdefault(verdict.session.id, []).append(verdict)
    return verdicts


def _order(
    session: Session, verdicts: Sequence[Verdict], observation: Observation
) -> tuple[bool, float]:
    age = session.age(observation.now)
    return all(v.ruling is not Ruling.OFFENDER for v in verdicts), -(
        age.total_seconds() if age else 0
    )


def _row(session: Session, verdicts: Sequence[Verdict], observation: Observation) -> dict[str, Any]:
    ruling = gravest(v.ruling for v in verdicts)
    saying = [v for v in verdicts if v.ruling is ruling]
    age, activity = session.age(observation.now), observation.activity.get(session.id)
    idle = activity.idle(observation.now) if activity else None
    return {
        "short": short(session.id),
        "kind": session.kind,
        "state": session.state,
        "owner": session.owner,
        "app": session.app,
        "age": spoken(age.total_seconds()) if age else None,
        "idle": ("" if activity and activity.learnt_at >= observation.now else "≤ ")
        + spoken(idle.total_seconds())
        if idle
        else "-",
        "verdict": ruling.value if ruling else "not selected",
        "why": _why(ruling, saying, activity.source if activity else ""),
    }


def _why(ruling: Ruling | None, saying: Sequence[Verdict], source: str) -> str:
    """The reasons, each with the policies that give it; of a session that is in order, what shows
    that it is used.
    """
    if ruling is None or (ruling is Ruling.COMPLIANT and source):
        return source
    reasons: dict[str, list[str]] = {}
    for verdict in saying:
        reasons.setdefault(verdict.reason, []).append(verdict.policy.name)
    if ruling is Ruling.COMPLIANT:
        return next(iter(reasons))
    return "; ".join(f"{reason} ({', '.join(policies)})" for reason, policies in reasons.items())


def fleets_as_json(looks: Sequence[Observation]) -> str:
    return json.dumps({"accounts": [_as_json(observation) for observation in looks]}, indent=2)


def _as_json(observation: Observation) -> dict[str, Any]:
    verdicts = _by_session(observation)
    return {
        "account": observation.account,
        "at": observation.now.isoformat(),
        "complete": observation.complete,
        "doubts": list(observation.doubts),
        "sessions": [
            _session(s, verdicts.get(s.id, ()), observation) for s in observation.snapshot.fleet
        ],
        "unreadable": [
            {"kind": u.kind, "id": u.id, "problem": u.problem}
            for u in observation.snapshot.unreadable
        ],
    }


def _session(
    session: Session, verdicts: Sequence[Verdict], observation: Observation
) -> dict[str, Any]:
    age, activity = session.age(observation.now), observation.activity.get(session.id)
    idle = activity.idle(observation.now) if activity else None
    return {
        **identity(session),
        "state": session.state,
        "app": session.app,
        "app_version": session.app_version,
        "name": session.name,
        "created_at": session.created_at.isoformat() if session.created_at else None,
        "age_seconds": age.total_seconds() if age else None,
        "idle_seconds": idle.total_seconds() if idle is not None else None,
        "idle_learnt": activity.source if activity else None,
        "verdicts": [
            {
                "policy": v.policy.name,
                "verdict": v.ruling.value,
                "mode": v.policy.mode,
                "reason": v.reason,
            }
            for v in verdicts
        ],
    }
