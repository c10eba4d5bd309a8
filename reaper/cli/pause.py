"""`reaper pause`: end nothing, anywhere, until further notice."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of


@click.command("pause")
@click.option("--account", metavar="NAME", help="Only this account; all of them by default.")
@click.option("--until", metavar="WHEN", help="Until 2026-11-24T08:00 (UTC), or for so long: 2h. Until resumed, else.")
@click.option("--reason", required=True, help="Why; it is shown wherever the pause holds.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def command(ctx: click.Context, *, account: str | None, until: str | None, reason: str, by: str | None) -> None:
    """Forbid every replica to end anything; it holds at once, also for a run that is under way."""
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.cli.options import future  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import pause  # noqa: PLC0415

    settings, clock = settings_of(ctx), SystemClock()
    if account is not None:
        settings.chosen((account,))
    ends = future(until, clock.now()) if until else None
    with database(settings) as store:
        pause(store, account, at=clock.now(), by=by or actor(), reason=reason, until=ends)
    click.echo(f"paused: {account or 'all accounts'}{f', until {ends:%Y-%m-%d %H:%M}Z' if ends else ''}")
