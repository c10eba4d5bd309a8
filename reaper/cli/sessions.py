"""`reaper sessions`: what runs now, and what the policies say of it."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli import completion
from reaper.cli.options import (
    Word,
    account_option,
    complain,
    output_option,
    policies_of,
    policies_option,
    progress,
    settings_of,
)
from reaper.cli.output import emit, say, stream
from reaper.cli.times import duration


@click.command("sessions")
@click.option("--owner", metavar="OWNER", help="Only of this owner; * stands for anything.")
@click.option("--app", metavar="APP", help="Only of this app; * stands for anything.")
@click.option(
    "--policy",
    metavar="NAME",
    shell_complete=completion.policies,
    help="Only what this policy judges, and what it says.",
)
@click.option(
    "--verdict",
    type=Word("verdict", "sessions", "VERDICTS"),
    help="Only with this verdict, like offender or not-selected.",
)
@click.option(
    "--idle-over",
    metavar="DURATION",
    help="Only those known to be idle for so long, like 2h; reads the log of every session.",
)
@click.option(
    "--sort",
    type=Word("order", "sessions", "ORDERS"),
    default="verdict",
    show_default=True,
    help="By verdict (offenders first), age, idle (reads every log), owner or app.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also save the whole fleet to this file, for `reaper policy diff --fleet`.",
)
@account_option
@policies_option
@output_option("table", "json", "csv")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    owner: str | None,
    app: str | None,
    policy: str | None,
    verdict: str | None,
    idle_over: str | None,
    sort: str,
    keep: Path | None,
    accounts: tuple[str, ...],
    policies: Path | None,
    output: str,
) -> None:
    """List the live sessions with owner, age, idle time, where that was learnt, and the verdict.

    Nothing is recorded and nothing is ended. With --keep the log of every session is read.
    """
    from reaper.cli.views.fleets import fleets_as_csv, fleets_as_json, show_fleet
    from reaper.usecases import sessions

    over = duration(idle_over, "--idle-over") if idle_over else None
    wanted = sessions.SessionFilter(owner, app, policy, verdict, over, sort)
    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with progress() as tell:
        observed = sessions.observe(
            settings, judged_by.policies, accounts, wanted=wanted, keep=keep, tell=tell
        )
    fleets = [sessions.view(look, wanted) for look in observed.looks]
    match output:
        case "json":
            emit(fleets_as_json(fleets))
        case "csv":
            stream(fleets_as_csv(fleets))
        case _:
            for fleet in fleets:
                show_fleet(fleet)
    for why in sessions.strange_names(fleets, wanted):
        say(f"warning: {why}", err=True)
    if keep is not None and observed.looks:
        again = f"`reaper policy diff OLD NEW --fleet {keep}` judges it again"
        say(f"kept in {keep}; {again}", err=True)
    complain(*observed.unread)
    ctx.exit(observed.exit_code)
