"""What is on record: decisions with what came of them, and runs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from reaper.cli.display import headed, moment
from reaper.cli.views.render import Screen, console, csv_lines, short, styled, table
from reaper.usecases.history import HistoryEntry, Newest, RunEntry

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
    "detail",
)


def show_entries(found: Newest[HistoryEntry]) -> None:
    out = console()
    if not found.entries:
        out.line("no matching records")
        return
    rows = table(headed("AT"), "RUN", "SESSION", "KIND", "OWNER", "POLICY", "EVENT", "REASON")
    for entry in found.entries:
        who = (short(entry.session), entry.kind, entry.owner or "?", entry.policy)
        why = "; ".join(filter(None, (entry.reason, entry.detail)))
        rows.add_row(moment(entry.at), str(entry.run), *who, styled(entry.event), why)
    out.rows(rows)
    _tell_of_others(out, found)


def _tell_of_others(out: Screen, found: Newest[Any]) -> None:
    """A table that does not show everything says so."""
    if len(found.entries) < found.total:
        shown = "{} of {}, --all shows all, --limit N the newest N"
        out.line(shown, len(found.entries), found.total)


def entries_as_json(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    return _json_list("history", map(_entry, entries))


def entries_as_csv(entries: Iterable[HistoryEntry]) -> Iterator[str]:
    return csv_lines(map(_entry, entries), _COLUMNS)


def _json_list(name: str, items: Iterable[dict[str, Any]]) -> Iterator[str]:
    """An object with that list alone, as json.dumps indents it, item by item."""
    yield f'{{\n  "{name}": ['
    before = "\n"
    for item in items:
        yield before + textwrap.indent(json.dumps(item, indent=2), "    ")
        before = ",\n"
    yield "]\n}\n" if before == "\n" else "\n  ]\n}\n"


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
        "detail": entry.detail,
        "evidence": entry.evidence,
    }


def show_runs(found: Newest[RunEntry]) -> None:
    out = console()
    if not found.entries:
        out.line("no runs recorded yet")
        return
    rows = table(
        "RUN",
        headed("STARTED"),
        "ACCOUNT",
        "HOW",
        "SESSIONS",
        "OFFENDERS",
        "BY",
        "OUTCOMES",
        wide="OUTCOMES",
    )
    for run in found.entries:
        rows.add_row(
            str(run.id),
            moment(run.started_at),
            run.account,
            "enforce" if run.enforcing else "dry run",
            str(run.sessions),
            str(run.offenders),
            run.actor,
            _outcomes(run),
        )
    out.rows(rows)
    _tell_of_others(out, found)


def _outcomes(run: RunEntry) -> str:
    parts = [*_planned(run)] or [f"{count} {result}" for result, count in run.outcomes.items()]
    if run.request is not None:
        parts.insert(0, f"by hand: {run.request}")
    if run.finished_at is None:
        parts.append("broke off")
    parts += [f"observed only: {doubt}" for doubt in run.doubts]
    parts += [f"needs a person: {concern['reason']}" for concern in run.concerns]
    return "; ".join(parts) or "nothing to end"


def _planned(run: RunEntry) -> Iterator[str]:
    """What a run that was to take none of its steps had planned, whether or not each step is on
    record for it.
    """
    if run.halted:
        yield f"halted: {'; '.join(run.halted)}"
    if run.planned is None or not (due := sum(run.planned.actions.values())):
        return
    if run.holds.acknowledge is not None:
        yield run.holds.way_on(run.account, run.planned.within_limits)
    if run.blocked is not None and run.enforcing:
        yield f"{due} due" if run.blocked.startswith("halted") else f"{due} due, {run.blocked}"
    elif not run.enforcing:
        yield f"{due} would end (dry run)" if not run.halted else f"{due} due (dry run)"


def runs_as_json(runs: Iterable[RunEntry]) -> Iterator[str]:
    return _json_list("runs", map(_run, runs))


def _run(run: RunEntry) -> dict[str, Any]:
    fields = asdict(run).items()
    return {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in fields
    }
