"""`reaper exempt list`: who is exempt by hand, and what that was good for."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import output_option, settings_of

if TYPE_CHECKING:
    from reaper.store import GrantedEntry


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were removed.")
@output_option("table", "json", "csv")
@click.pass_context
def command(ctx: click.Context, *, everything: bool, output: str) -> None:
    """List them, with how often and when each last decided a verdict.

    Those that never did, and those that have ended, stand apart.
    """
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import list_granted  # noqa: PLC0415

    now = SystemClock().now()
    with database(settings_of(ctx)) as store:
        found = list_granted(store, removed=everything)
    rows = [_as_json(entry, now) for entry in found]
    match output:
        case "json":
            click.echo(json.dumps({"exemptions": rows}, indent=2))
        case "csv":
            from reaper.cli.render import rows_as_csv  # noqa: PLC0415

            click.echo(rows_as_csv(rows, _COLUMNS), nl=False)
        case _:
            _show(found, now)


def _state(entry: GrantedEntry, now: datetime) -> str:
    if entry.removed_at is not None:
        return "removed"
    return "in force" if entry.exemption.holds_at(now) else "ended"


def _as_json(entry: GrantedEntry, now: datetime) -> dict[str, Any]:
    return {
        **entry.exemption.model_dump(mode="json"),
        "state": _state(entry, now),
        "whom": entry.exemption.whom,
        "decided": entry.decided,
        "last_used": entry.last_used.isoformat() if entry.last_used else None,
        "removed_at": entry.removed_at.isoformat() if entry.removed_at else None,
        "removed_by": entry.removed_by,
        "removed_because": entry.removed_because,
    }


_COLUMNS = ("id", "state", "whom", "account", "ends", "at", "by", "decided", "last_used", "reason", "removed_at",
            "removed_by", "removed_because")  # fmt: skip


def _show(found: list[GrantedEntry], now: datetime) -> None:
    groups: dict[str, list[GrantedEntry]] = {}
    for entry in found:
        state = _state(entry, now)
        group = "in force, and never of use so far" if state == "in force" and not entry.decided else state
        groups.setdefault(group, []).append(entry)
    if not groups:
        click.echo("no exemption was given by hand")
    for group in sorted(groups, key=("in force", "in force, and never of use so far", "ended", "removed").index):
        _show_group(group, groups[group])


def _show_group(group: str, entries: list[GrantedEntry]) -> None:
    from reaper.cli.render import console, escape, moment, table  # noqa: PLC0415

    rows = table("NO", "WHOM", "ACCOUNT", "UNTIL (UTC)", "BY", "DECIDED", "LAST (UTC)", "REASON", wide="REASON")
    for entry in entries:
        given = entry.exemption
        until = moment(given.ends) if given.ends else "for ever"
        cells = (given.whom, given.account or "all", until, given.by, str(entry.decided), moment(entry.last_used))
        rows.add_row(str(given.id), *map(escape, cells), escape(_reason(entry)))
    console().print(f"[bold]{group}[/]")
    console().print(rows)


def _reason(entry: GrantedEntry) -> str:
    if entry.removed_at is None:
        return entry.exemption.reason
    return f"{entry.exemption.reason}; removed by {entry.removed_by}: {entry.removed_because}"
