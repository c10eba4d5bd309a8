"""`reaper resume`: end a pause."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of


@click.command("resume")
@click.option("--account", metavar="NAME", help="End the pause of this account; by default, the one of all accounts.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def command(ctx: click.Context, *, account: str | None, by: str | None) -> None:
    """End a pause. One for all accounts and one for a single account are ended each by itself."""
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import resume, still_forbidden  # noqa: PLC0415

    settings, clock = settings_of(ctx), SystemClock()
    with database(settings) as store:
        resume(store, account, at=clock.now(), by=by or actor())
        click.echo(f"resumed: {account or 'all accounts'}")
        for known in settings.accounts:
            why = still_forbidden(store, known.name, clock.now())
            if why:
                click.echo(f"{known.name} stays as it is: {why}")
