"""The sessions of a look, with what the policies say of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from reaper.cli.views.render import console, csv_lines, identity, short, styled, table
from reaper.core.judging.verdict import Ruling
from reaper.core.model.duration import spoken
from reaper.usecases.sessions import UNSELECTED, FleetView, SessionRow

_COLUMNS = (
    "account",
    "session",
    "kind",
    "state",
    "owner",
    "app",
    "app_version",
    "name",
    "created_at",
    "age_seconds",
    "idle_seconds",
    "verdict",
    "policies",
    "reason",
)


def show_fleet(fleet: FleetView) -> None:
    """One table, in the order that was asked for."""
    out, observation = console(), fleet.observation
    rows = table(
        "SESSION", "KIND", "STATE", "OWNER", "APP", "AGE", "IDLE", "VERDICT", "WHY", wide="WHY"
    )
    for row in fleet.rows:
        ruling = row.ruling.value if row.ruling else "not selected"
        rows.add_row(*_cells(row), styled(ruling), _why(row))
    shown, there = len(fleet.rows), len(observation.snapshot.fleet)
    counts = f"{there} sessions" if shown == there else f"{shown} of {there} sessions"
    out.line("[bold]{}[/]: {}", observation.account, counts)
    if fleet.rows or not there:
        out.rows(rows)
    if fleet.idle_unknown:
        out.line("[yellow]left out, their idle time is not known:[/] {}", fleet.idle_unknown)
    for doubt in observation.doubts:
        out.line("[yellow]this look is doubtful:[/] {}", doubt)
    for bad in observation.snapshot.unreadable:
        out.line("[yellow]unreadable {} {}:[/] {}", bad.kind, bad.id or "", bad.problem)


def _cells(row: SessionRow) -> tuple[str, ...]:
    session, age, idle = row.session, row.age, row.idle
    about = (session.kind, session.state, session.owner, session.app)
    at_most = "" if row.fresh else "≤ "
    return (
        short(session.id),
        *(value or "?" for value in about),
        spoken(age.total_seconds()) if age else "?",
        f"{at_most}{spoken(idle.total_seconds())}" if idle else "-",
    )


def _why(row: SessionRow) -> str:
    """The reasons, each with the policies that give it; of a session that is in order, what shows
    that it is used.
    """
    ruling, source = row.ruling, row.activity.source if row.activity else ""
    if ruling is None or (ruling is Ruling.COMPLIANT and source):
        return source
    reasons: dict[str, list[str]] = {}
    for verdict in row.verdicts:
        if verdict.ruling is not ruling:
            continue
        reasons.setdefault(verdict.reason, []).append(verdict.policy.name)
    if ruling is Ruling.COMPLIANT:
        return next(iter(reasons))
    return "; ".join(f"{reason} ({', '.join(policies)})" for reason, policies in reasons.items())


def fleets_as_json(fleets: Sequence[FleetView]) -> str:
    return json.dumps({"accounts": [_as_json(fleet) for fleet in fleets]}, indent=2)


def _as_json(fleet: FleetView) -> dict[str, Any]:
    observation = fleet.observation
    return {
        "account": observation.account,
        "at": observation.now.isoformat(),
        "complete": observation.complete,
        "doubts": list(observation.doubts),
        "sessions": [_session(row) for row in fleet.rows],
        "idle_unknown": fleet.idle_unknown,
        "unreadable": [
            {"kind": u.kind, "id": u.id, "problem": u.problem}
            for u in observation.snapshot.unreadable
        ],
    }


def _session(row: SessionRow) -> dict[str, Any]:
    session, age, idle = row.session, row.age, row.idle
    return {
        **identity(session),
        "state": session.state,
        "app": session.app,
        "app_version": session.app_version,
        "name": session.name,
        "created_at": session.created_at.isoformat() if session.created_at else None,
        "age_seconds": age.total_seconds() if age else None,
        "idle_seconds": idle.total_seconds() if idle is not None else None,
        "idle_learnt": row.activity.source if row.activity else None,
        "verdicts": [
            {
                "policy": v.policy.name,
                "verdict": v.ruling.value,
                "mode": v.policy.mode,
                "reason": v.reason,
            }
            for v in row.verdicts
        ],
    }


def fleets_as_csv(fleets: Sequence[FleetView]) -> Iterator[str]:
    """A line a session, with its gravest verdict and the policies that give it."""
    rows = (_flat(fleet.observation.account, row) for fleet in fleets for row in fleet.rows)
    return csv_lines(rows, _COLUMNS)


def _flat(account: str, row: SessionRow) -> dict[str, Any]:
    saying = [v.policy.name for v in row.verdicts if v.ruling is row.ruling]
    return {
        **_session(row),
        "account": account,
        "verdict": row.ruling.value if row.ruling else UNSELECTED,
        "policies": ", ".join(saying),
        "reason": _why(row),
    }
