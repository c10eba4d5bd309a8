"""`reaper doctor`: what keeps an account from being looked after, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from reaper.cli.options import account_option, output_option, progress, settings_of

if TYPE_CHECKING:
    from datetime import date, timedelta

    from reaper.client import Check
    from reaper.settings import AccountSettings, Settings


@click.command("doctor")
@account_option
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, accounts: tuple[str, ...], output: str) -> None:
    """Check address, key, scopes, generation, clock, the fields the tenant really sends, and the database.

    Reads only. Exit code 3 when an account is in trouble, 4 when the database is.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick

    settings = settings_of(ctx)
    store = _examine_database(settings)
    found = {}
    with progress() as tell:
        for account in settings.chosen(accounts):
            tell(f"{account.name}: asking {account.url}")
            found[account.name] = _examine_account(settings, account)
    everything = {**found, "database": [store]}
    if output == "json":
        click.echo(json.dumps({name: [asdict(c) for c in checks] for name, checks in everything.items()}, indent=2))
    else:
        _show(everything)
    if store.ok is False:
        ctx.exit(errors.DATABASE)
    ctx.exit(errors.UNREACHABLE if any(c.ok is False for checks in found.values() for c in checks) else errors.DONE)


def _examine_account(settings: Settings, account: AccountSettings) -> list[Check]:
    from reaper.bootstrap import connection  # noqa: PLC0415
    from reaper.client import Check, examine  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.errors import ConfigurationError  # noqa: PLC0415

    try:
        with connection(settings, account) as opened:
            found = examine(opened, account.generation, clock := SystemClock())
            return [*found, *_key_expiry(account.api_key_expires, clock.now().date(), settings.http.key_notice.delta)]
    except ConfigurationError as error:
        return [Check("key", ok=False, detail=str(error), advice="give the account its key")]


def _key_expiry(day: date | None, today: date, notice: timedelta) -> list[Check]:
    """Nothing where the settings do not know the day: no API tells it."""
    from reaper.client import Check  # noqa: PLC0415

    if day is None:
        return []
    advice = "make a new one in the portal, and set it and api_key_expires" if day - today <= notice else ""
    told = f"it expires on {day}" if day > today else f"it expired on {day}"
    return [Check("key expiry", ok=not advice, detail=told, advice=advice)]


def _examine_database(settings: Settings) -> Check:
    from reaper.bootstrap import database  # noqa: PLC0415
    from reaper.client import Check  # noqa: PLC0415
    from reaper.errors import StoreError  # noqa: PLC0415
    from reaper.store import revision  # noqa: PLC0415

    try:
        with database(settings) as store:
            return Check("database", ok=True, detail=f"{store.where}, revision {revision(store)}", advice="")
    except StoreError as error:
        return Check("database", ok=False, detail=str(error), advice="")


def _show(everything: dict[str, list[Check]]) -> None:
    from reaper.cli.render import console, escape, table  # noqa: PLC0415

    out = console()
    marks = {True: "[green]ok[/]", False: "[bold red]bad[/]", None: "[yellow]?[/]"}
    for name, checks in everything.items():
        rows = table("", "CHECK", "FOUND", wide="FOUND")
        for check in checks:
            advice = f"\n{check.advice}" if check.advice else ""
            rows.add_row(marks[check.ok], escape(check.name), escape(check.detail + advice))
        out.print(f"[bold]{escape(name)}[/]")
        out.print(rows)
