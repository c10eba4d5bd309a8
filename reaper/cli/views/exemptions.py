"""Exemptions by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from reaper.cli.display import headed, moment
from reaper.cli.output import say
from reaper.cli.views.render import console, csv_lines, table
from reaper.store import ManualExemptionEntry
from reaper.usecases.exemptions import ListedExemption

_UNUSED = "in force, never used so far"
_GROUPS = ("in force", _UNUSED, "ended", "removed")
_COLUMNS = ("id", "state", "whom", "account", "ends", "at", "by", "decided", "last_used", "reason", "removed_at",
            "removed_by", "removed_because")  # fmt: skip


def exemptions_as_json(listed: Sequence[ListedExemption]) -> str:
    return json.dumps({"exemptions": [_row(one) for one in listed]}, indent=2)


def exemptions_as_csv(listed: Sequence[ListedExemption]) -> Iterator[str]:
    return csv_lines([_row(one) for one in listed], _COLUMNS)


def _row(listed: ListedExemption) -> dict[str, Any]:
    entry = listed.entry
    return {
        **entry.exemption.model_dump(mode="json"),
        "state": listed.state,
        "whom": entry.exemption.whom,
        "decided": entry.decided,
        "last_used": entry.last_used.isoformat() if entry.last_used else None,
        "removed_at": entry.removed_at.isoformat() if entry.removed_at else None,
        "removed_by": entry.removed_by,
        "removed_because": entry.removed_because,
    }


def show_exemptions(listed: Sequence[ListedExemption]) -> None:
    """In groups: those that hold, those that never decided anything, and those that are over."""
    groups: dict[str, list[ManualExemptionEntry]] = {}
    for one in listed:
        unused = one.state == "in force" and not one.entry.decided
        groups.setdefault(_UNUSED if unused else one.state, []).append(one.entry)
    if not groups:
        say("no exemptions were added with `reaper exempt add`")
    for group in sorted(groups, key=_GROUPS.index):
        _show_group(group, groups[group])


def _show_group(group: str, entries: list[ManualExemptionEntry]) -> None:
    rows = table(
        "NO",
        "WHOM",
        "ACCOUNT",
        headed("UNTIL"),
        "BY",
        "DECIDED",
        headed("LAST"),
        "REASON",
        wide="REASON",
    )
    for entry in entries:
        given = entry.exemption
        until = moment(given.ends) if given.ends else "for ever"
        cells = (
            given.whom,
            given.account or "all",
            until,
            given.by,
            str(entry.decided),
            moment(entry.last_used),
        )
        rows.add_row(str(given.id), *cells, _reason(entry))
    console().line("[bold]{}[/]", group)
    console().rows(rows)


def _reason(entry: ManualExemptionEntry) -> str:
    if entry.removed_at is None:
        return entry.exemption.reason
    return f"{entry.exemption.reason}; removed by {entry.removed_by}: {entry.removed_because}"
