"""`reaper resume`: end a pause."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of
from reaper.cli.output import say


@click.command("resume")
@click.option(
    "--account",
    metavar="NAME",
    help="End the pause of this account; by default, the one of all accounts.",
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(ctx: click.Context, *, account: str | None, by: str | None) -> None:
    """End a pause. One for all accounts and one for a single account are ended each by itself."""
    from reaper.usecases import holds

    still_held = holds.resume(settings_of(ctx), account, by=by)
    say(f"resumed: {account or 'all accounts'}")
    for name, why in still_held.items():
        say(f"{name} stays as it is: {why}")
