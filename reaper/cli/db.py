"""`reaper db`: the database and its schema."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

import click

from reaper.cli.options import Moment, progress, settings_of


@click.group("db")
def command() -> None:
    """Look after the database."""


@command.command("upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database to this version's schema, creating it where there is none."""
    from reaper.store import open_database, revision  # noqa: PLC0415 - --help stays quick

    with closing(open_database(settings_of(ctx).database_url)) as store:
        click.echo(f"{store.where} is at revision {revision(store)}")


@command.command("current")
@click.pass_context
def show_current(ctx: click.Context) -> None:
    """Tell the revision the database is at, without changing anything."""
    from reaper.store import open_database, revision  # noqa: PLC0415

    with closing(open_database(settings_of(ctx).database_url, upgrade=False)) as store:
        click.echo(revision(store) or "empty: no schema yet")


@command.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Compare the database's schema with what this version expects. Exit code 4 when they differ."""
    from reaper.errors import StoreError  # noqa: PLC0415
    from reaper.store import open_database, revision, schema_differences  # noqa: PLC0415

    with closing(open_database(settings_of(ctx).database_url, upgrade=False)) as store:
        where, empty = store.where, revision(store) is None
        found = [] if empty else schema_differences(store)
    if empty:
        raise StoreError(f"{where} is empty: no schema yet; `reaper db upgrade` makes it")
    if found:
        raise StoreError(f"{where} differs from what this version expects: {'; '.join(found)}; run `reaper db upgrade`")
    click.echo(f"{where} is as this version expects it")


@command.command("prune")
@click.option("--before", type=Moment(), help="A day, or a duration like 400d; by default as the settings keep.")
@click.pass_context
def prune(ctx: click.Context, *, before: datetime | None) -> None:
    """Delete the runs that are older than the settings keep, with their decisions and steps; what is open stays.

    Steps whose end nobody saw, halts that nobody acknowledged and the decisions that stand now are never deleted. The
    daemon does the same every night.
    """
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import prune as forget  # noqa: PLC0415

    settings = settings_of(ctx)
    since = before or SystemClock().now() - settings.keep.delta
    with database(settings) as store:
        gone = forget(store, since)
    click.echo(f"from before {since:%Y-%m-%d %H:%M}Z deleted: {_told(gone) or 'nothing'}")


@command.command("copy")
@click.argument("source")
@click.argument("target")
def copy(source: str, target: str) -> None:
    """Copy all that SOURCE holds into TARGET, an empty database; both are database URLs.

    SOURCE is left as it is, and no reaper can write to it meanwhile. Stop the reapers that use it first, and start
    them again with `database_url` set to TARGET.
    """
    from reaper.store import copy as move  # noqa: PLC0415 - --help stays quick
    from reaper.store import open_database  # noqa: PLC0415

    with (
        closing(open_database(source, upgrade=False)) as old,
        closing(open_database(target)) as new,
        progress() as tell,
    ):
        copied = move(old, new, tell)
        click.echo(f"copied from {old.where} to {new.where}: {_told(copied) or 'nothing'}")


def _told(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {table.replace('_', ' ')}" for table, count in rows.items() if count)
