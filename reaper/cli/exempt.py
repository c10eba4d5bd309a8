"""`reaper exempt`: exemptions by hand, from every policy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import future, output_option, settings_of

if TYPE_CHECKING:
    from reaper.core.granted import Granted
    from reaper.store import GrantedEntry


@click.group("exempt")
def command() -> None:
    """Leave sessions alone for a while, whatever the policies say."""


@command.command("add")
@click.option("--owner", metavar="PATTERN", help="Sessions of this owner, like anna@Planning or '*@Planning'.")
@click.option("--session", metavar="ID", help="The session of this id; its first characters will do.")
@click.option("--app", metavar="PATTERN", help="Sessions of this app.")
@click.option("--environment", metavar="PATTERN", help="Sessions of owners in this environment.")
@click.option("--kind", metavar="KIND", help="Sessions of this kind: webui, task or solve.")
@click.option("--name", metavar="PATTERN", help="Sessions of this name.")
@click.option("--account", metavar="NAME", help="Only in this account; in all of them by default.")
@click.option("--until", metavar="WHEN", help="Until 2026-11-24T08:00 (UTC), or for so long: 3d.")
@click.option("--forever", is_flag=True, help="Without an end; `--until` is the better choice.")
@click.option("--reason", required=True, help="Why; it is shown wherever the exemption decides.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def add(
    ctx: click.Context,
    /,
    *,
    account: str | None,
    until: str | None,
    forever: bool,
    reason: str,
    by: str | None,
    **whom: str | None,
) -> None:
    """Exempt sessions from every policy; it holds at once, also for a run that is under way.

    Of several options all must match. Patterns are those of the policies: `*`, `?` and /regex/.
    """
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import grant  # noqa: PLC0415

    if (until is None) is not forever:
        raise click.UsageError("say how long: --until WHEN; or --forever, if it must be" if until is None else _BOTH)
    settings, now = settings_of(ctx), SystemClock().now()
    if account is not None:
        settings.chosen((account,))
    ends = future(until, now) if until else None
    made = _granted(whom, account=account, at=now, by=by or actor(), reason=reason, ends=ends)
    with database(settings) as store:
        number = grant(store, made)
    click.echo(f"exemption {number}: {made.whom}, {_until(made)}")


_BOTH = "--until and --forever contradict; keep one"


def _granted(whom: Mapping[str, str | None], **more: Any) -> Granted:  # noqa: ANN401 - the fields of Granted
    from pydantic import ValidationError  # noqa: PLC0415

    from reaper.core.granted import Granted  # noqa: PLC0415

    given = {field: value for field, value in whom.items() if value is not None}
    if not given:
        raise click.UsageError("say whom: one or more of --owner, --session, --app, --environment, --kind, --name")
    try:
        return Granted.model_validate({**given, **more})
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(str(first.get("ctx", {}).get("why") or first["msg"])) from None


def _until(exemption: Granted) -> str:
    return f"until {exemption.ends:%Y-%m-%d %H:%M}Z" if exemption.ends else "for ever"


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were removed.")
@output_option("table", "json")
@click.pass_context
def list_(ctx: click.Context, *, everything: bool, output: str) -> None:
    """List them: those that hold, those that have ended, and whether each was ever of use."""
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import list_granted  # noqa: PLC0415

    now = SystemClock().now()
    with database(settings_of(ctx)) as store:
        found = list_granted(store, removed=everything)
    if output == "json":
        click.echo(json.dumps({"exemptions": [_as_json(entry, now) for entry in found]}, indent=2))
    else:
        _show(found, now)


def _state(entry: GrantedEntry, now: datetime) -> str:
    if entry.removed_at is not None:
        return "removed"
    return "in force" if entry.exemption.holds_at(now) else "ended"


def _as_json(entry: GrantedEntry, now: datetime) -> dict[str, Any]:
    return {
        **entry.exemption.model_dump(mode="json"),
        "state": _state(entry, now),
        "last_used": entry.last_used.isoformat() if entry.last_used else None,
        "removed_at": entry.removed_at.isoformat() if entry.removed_at else None,
        "removed_by": entry.removed_by,
        "removed_because": entry.removed_because,
    }


def _show(found: list[GrantedEntry], now: datetime) -> None:
    from reaper.cli.render import console, escape, moment, table  # noqa: PLC0415

    out = console()
    if not found:
        out.print("no exemption was given by hand")
        return
    rows = table("NO", "STATE", "WHOM", "ACCOUNT", "UNTIL (UTC)", "BY", "LAST DECIDED", "REASON", wide="REASON")
    for entry in sorted(found, key=lambda one: (_state(one, now) != "in force", one.exemption.id)):
        given = entry.exemption
        rows.add_row(
            str(given.id),
            _state(entry, now),
            escape(given.whom),
            escape(given.account or "all"),
            moment(given.ends) if given.ends else "for ever",
            escape(given.by),
            moment(entry.last_used) if entry.last_used else "never",
            escape(given.reason),
        )
    out.print(rows)


@command.command("remove")
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why; it is kept beside the exemption.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def remove(ctx: click.Context, *, number: int, reason: str, by: str | None) -> None:
    """End the exemption NUMBER now; it stays on record."""
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import remove as take_back  # noqa: PLC0415

    with database(settings_of(ctx)) as store:
        take_back(store, number, at=SystemClock().now(), by=by or actor(), reason=reason)
    click.echo(f"exemption {number} removed")
