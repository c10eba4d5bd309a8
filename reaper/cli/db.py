"""`reaper db`: the database and its schema."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of


@click.group("db")
def command() -> None:
    """Look after the database."""


@command.command("upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database to this version's schema, creating it where there is none."""
    from reaper.bootstrap import database  # noqa: PLC0415 - --help stays quick
    from reaper.store import revision  # noqa: PLC0415

    with database(settings_of(ctx)) as store:
        click.echo(f"{store.where} is at revision {revision(store)}")


@command.command("current")
@click.pass_context
def show_current(ctx: click.Context) -> None:
    """Tell the revision the database is at, without changing anything."""
    from reaper.store import open_database, revision  # noqa: PLC0415

    store = open_database(settings_of(ctx).database_url, upgrade=False)
    try:
        click.echo(revision(store) or "empty: no schema yet")
    finally:
        store.close()


@command.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Compare the database's schema with what this version expects. Exit code 4 when they differ."""
    from reaper.errors import StoreError  # noqa: PLC0415
    from reaper.store import open_database, revision, schema_differences  # noqa: PLC0415

    store = open_database(settings_of(ctx).database_url, upgrade=False)
    try:
        where, empty = store.where, revision(store) is None
        found = [] if empty else schema_differences(store)
    finally:
        store.close()
    if empty:
        raise StoreError(f"{where} is empty: no schema yet; `reaper db upgrade` makes it")
    if found:
        raise StoreError(f"{where} differs from what this version expects: {'; '.join(found)}; run `reaper db upgrade`")
    click.echo(f"{where} is as this version expects it")
