"""`reaper sessions`: what runs now, and what the policies say of it."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import (
    account_option,
    complain,
    output_option,
    policies_of,
    policies_option,
    progress,
    settings_of,
)
from reaper.cli.output import emit, say


@click.command("sessions")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also save the whole fleet to this file, for `reaper policy diff --fleet`.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    keep: Path | None,
    accounts: tuple[str, ...],
    policies: Path | None,
    output: str,
) -> None:
    """List the live sessions with owner, age, idle time, where that was learnt, and the verdict.

    Nothing is recorded and nothing is ended. With --keep the log of every session is read.
    """
    from reaper.cli.views.fleets import fleets_as_json, show_fleet
    from reaper.usecases import sessions

    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with progress() as tell:
        observed = sessions.observe(settings, judged_by.policies, accounts, keep=keep, tell=tell)
    if output == "json":
        emit(fleets_as_json(observed.looks))
    else:
        for observation in observed.looks:
            show_fleet(observation)
    if keep is not None and observed.looks:
        again = f"`reaper policy diff OLD NEW --fleet {keep}` judges it again"
        say(f"kept in {keep}; {again}", err=True)
    complain(*observed.unread)
    ctx.exit(observed.exit_code)
