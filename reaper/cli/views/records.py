"""What is on record: decisions with what came of them, and runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reaper.cli.views.render import console, escape, moment, rows_as_csv, short, styled, table
from reaper.usecases.history import HistoryEntry, RunEntry

_COLUMNS = (
    "at",
    "run",
    "account",
    "session",
    "kind",
    "owner",
    "app",
    "policy",
    "event",
    "action",
    "reason",
)


def show_entries(entries: Sequence[HistoryEntry]) -> None:
    out = console()
    if not entries:
        out.print("no matching records")
        return
    rows = table("AT (UTC)", "RUN", "SESSION", "KIND", "OWNER", "POLICY", "EVENT", "REASON")
    for entry in entries:
        who = [short(entry.session), entry.kind, entry.owner or "?", entry.policy]
        cells = [escape(cell) for cell in who]
        rows.add_row(
            moment(entry.at), str(entry.run), *cells, styled(entry.event), escape(entry.reason)
        )
    out.print(rows)


def entries_as_json(entries: Sequence[HistoryEntry]) -> str:
    return json.dumps({"history": [_entry(entry) for entry in entries]}, indent=2)


def entries_as_csv(entries: Sequence[HistoryEntry]) -> str:
    return rows_as_csv([_entry(entry) for entry in entries], _COLUMNS)


def _entry(entry: HistoryEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(),
        "run": entry.run,
        "account": entry.account,
        "session": entry.session,
        "kind": entry.kind,
        "owner": entry.owner,
        "app": entry.app,
        "policy": entry.policy,
        "policy_hash": entry.policy_hash,
        "event": entry.event,
        "action": entry.action,
        "reason": entry.reason,
        "evidence": entry.evidence,
    }


def show_runs(runs: Sequence[RunEntry]) -> None:
    out = console()
    if not runs:
        out.print("no runs recorded yet")
        return
    rows = table(
        "RUN",
        "STARTED (UTC)",
        "ACCOUNT",
        "HOW",
        "SESSIONS",
        "OFFENDERS",
        "BY",
        "OUTCOMES",
        wide="OUTCOMES",
    )
    for run in runs:
        rows.add_row(
            str(run.id),
            moment(run.started_at),
            escape(run.account),
            "enforce" if run.enforcing else "dry run",
            str(run.sessions),
            str(run.offenders),
            escape(run.actor),
            escape(_outcomes(run)),
        )
    out.print(rows)


def _outcomes(run: RunEntry) -> str:
    parts = [f"{count} {result}" for result, count in run.outcomes.items()]
    if run.finished_at is None:
        parts.append("broke off")
    parts += [f"observed only: {doubt}" for doubt in run.doubts]
    parts += [f"needs a person: {concern['reason']}" for concern in run.concerns]
    return "; ".join(parts) or "nothing to end"


def runs_as_json(runs: Sequence[RunEntry]) -> str:
    return json.dumps({"runs": [_run(run) for run in runs]}, indent=2)


def _run(run: RunEntry) -> dict[str, Any]:
    fields = asdict(run).items()
    return {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in fields
    }
