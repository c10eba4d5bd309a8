"""`reaper terminate`: end one session by hand."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli import completion
from reaper.cli.options import (
    Said,
    complain,
    output_option,
    policies_of,
    policies_option,
    progress,
    settings_of,
    stopping,
)
from reaper.cli.output import say


@click.command("terminate")
@click.argument("session", shell_complete=completion.sessions)
@click.option("--reason", required=True, type=Said(), help="Why; it is kept with your name.")
@click.option(
    "--account", metavar="NAME", shell_complete=completion.accounts, help="Only in this account."
)
@click.option("--by", help="Who says so; you, by default.")
@click.option("--despite-exemption", is_flag=True, help="End it even where an exemption covers it.")
@click.option(
    "--enforce/--dry-run",
    default=False,
    help="End it, or only say what would be done. Dry run by default, whatever the settings say.",
)
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    session: str,
    reason: str,
    account: str | None,
    by: str | None,
    despite_exemption: bool,
    enforce: bool,
    policies: Path | None,
    output: str,
) -> None:
    """Take the step that is due now towards the end of SESSION: the gentlest first, after a second
    look, within the limits of the hour, and on record.

    SESSION is an id, or the first characters of one. A pause and the stop file hold it; a halt, which
    is for runs that nobody attends, does not. Exit code 1 where the session is left alone.
    """
    from reaper.cli.views.reports import show_runs
    from reaper.usecases.terminate import terminate

    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with stopping() as stop, progress() as tell:
        ended = terminate(
            settings,
            judged_by,
            session,
            account,
            reason=reason,
            by=by,
            despite_exemption=despite_exemption,
            enforce=enforce,
            stop=stop,
            tell=tell,
        )
    if ended.despite is not None:
        say(f"warning: despite an exemption: {ended.despite}", err=True)
    show_runs(ended.runs, output)
    if ended.goes_on:
        again = "not over yet: the same command takes the next step when its time has come"
        say(again, err=output == "json")
    complain(*ended.runs.skipped, *ended.runs.unread, *ended.runs.broken)
    ctx.exit(ended.exit_code)
