"""`reaper pause`: end nothing, anywhere, until further notice."""

from __future__ import annotations

import click

from reaper.cli.options import future, settings_of
from reaper.cli.output import say


@click.command("pause")
@click.option("--account", metavar="NAME", help="Only this account; all of them by default.")
@click.option(
    "--until",
    metavar="WHEN",
    help="When it ends: 2026-11-24T08:00 (UTC), or a duration such as 2h; by default when resumed.",
)
@click.option("--reason", required=True, help="The reason; shown wherever the pause applies.")
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(
    ctx: click.Context, *, account: str | None, until: str | None, reason: str, by: str | None
) -> None:
    """Forbid every replica to end anything; it holds at once, also for a run that is under way."""
    from reaper.usecases import holds

    settings = settings_of(ctx)
    ends = future(until) if until else None
    holds.pause(settings, account, reason=reason, until=ends, by=by)
    say(f"paused: {account or 'all accounts'}{f', until {ends:%Y-%m-%d %H:%M}Z' if ends else ''}")
