"""`reaper resume`: end pauses."""

from __future__ import annotations

import click

from reaper.cli import completion
from reaper.cli.options import complain, settings_of
from reaper.cli.output import say


@click.command("resume")
@click.argument("pause", type=click.IntRange(1), required=False)
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=completion.accounts,
    help="End the pauses of this account; by default, those of all accounts.",
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(ctx: click.Context, *, pause: int | None, account: str | None, by: str | None) -> None:
    """End every pause of all accounts, every pause of one account, or only the PAUSE with that
    number.

    Prints what still keeps an account from continuing. Exit code 1 if nothing was paused.
    """
    from reaper.cli.views.written import of_pause, show_written
    from reaper.usecases import holds

    if pause is not None and account is not None:
        raise click.UsageError("PAUSE and --account are mutually exclusive; use one")
    resumed = holds.resume(settings_of(ctx), account, number=pause, by=by)
    for ended in resumed.ended:
        say(f"resumed: {ended.account or 'all accounts'} ({of_pause(ended)})")
    if not resumed.ended:
        complain(f"nothing was paused: no pause of {account or 'all accounts'} is in effect")
    for name, why in resumed.still_held.items():
        say(f"{name} stays as it is: {why}")
    show_written(resumed.written)
    ctx.exit(resumed.exit_code)
