"""`reaper db`: the database and its schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import click

from reaper.cli.options import progress, settings_of
from reaper.cli.output import say
from reaper.cli.times import Moment


@click.group("db")
def command() -> None:
    """Manage the database."""


@command.command("upgrade")
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database to this version's schema, creating it where there is none."""
    from reaper.usecases import database

    schema = database.upgrade(settings_of(ctx))
    say(f"{schema.where} is at revision {schema.revision}")


@command.command("current")
@click.pass_context
def show_current(ctx: click.Context) -> None:
    """Tell the revision the database is at, without changing anything."""
    from reaper.usecases import database

    say(database.current(settings_of(ctx)).revision or "empty: no schema yet")


@command.command("check")
@click.pass_context
def check(ctx: click.Context) -> None:
    """Compare the database's schema with what this version expects. Exit code 4 when they
    differ.
    """
    from reaper.usecases import database

    schema = database.check(settings_of(ctx))
    say(f"{schema.where} matches this version")


@command.command("prune")
@click.option(
    "--before",
    type=Moment(),
    help="A day, or an age such as 400d; by default `keep` of the settings.",
)
@click.pass_context
def prune(ctx: click.Context, *, before: datetime | None) -> None:
    """Delete the runs that are older than the settings keep, with their decisions and steps; what
    is open stays.

    Steps whose end nobody saw, halts that nobody acknowledged and the decisions that stand now are
    never deleted. The
    daemon does the same every night.
    """
    from reaper.usecases import database

    pruned = database.prune(settings_of(ctx), before)
    say(f"from before {pruned.before:%Y-%m-%d %H:%M}Z deleted: {_counts(pruned.rows)}")


@command.command("copy")
@click.argument("source")
@click.argument("target")
def copy(source: str, target: str) -> None:
    """Copy all that SOURCE holds into TARGET, an empty database; both are database URLs.

    SOURCE is left as it is, and no reaper can write to it meanwhile. Stop the reapers that use it
    first, and start
    them again with `database_url` set to TARGET.
    """
    from reaper.usecases import database

    with progress() as tell:
        copied = database.copy(source, target, tell=tell)
    say(f"copied from {copied.source} to {copied.target}: {_counts(copied.rows)}")


def _counts(rows: Mapping[str, int]) -> str:
    counts = [f"{count} {table.replace('_', ' ')}" for table, count in rows.items() if count]
    return ", ".join(counts) or "nothing"
