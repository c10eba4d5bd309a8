"""`reaper run`: one pass over the accounts."""

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
    stopping,
)


@click.command("run")
@click.option(
    "--enforce/--dry-run",
    default=None,
    help="End offending sessions, or only report them. Default: the settings, else a dry run.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Print only what needs attention; for cron, which mails all output.",
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    enforce: bool | None,
    accounts: tuple[str, ...],
    policies: Path | None,
    output: str,
    quiet: bool,
) -> None:
    """Look once at the accounts, judge their sessions, and end the offenders.

    A dry run does everything but the last call. Ending sessions takes two yeses: --enforce (or
    `enforce: true` in
    the settings) and `mode: enforce` in the policy that asks for it.
    """
    from reaper.cli.views.reports import new_without_match, show_runs, troubles
    from reaper.usecases.accounts import run_all
    from reaper.usecases.configuration import nobody_to_tell

    settings = settings_of(ctx)
    chosen = settings.chosen(accounts)
    judged_by = policies_of(settings, policies, warn=not quiet)
    with stopping() as stop, progress(shown=not quiet) as tell:
        runs = run_all(settings, chosen, judged_by, enforce=enforce, stop=stop, tell=tell)
    if quiet:
        complain(*nobody_to_tell(judged_by.policies, settings))
        complain(*(line for report in runs.reports for line in troubles(report)), *runs.neglected)
        complain(*new_without_match(runs))
    else:
        show_runs(runs, output)
        complain(*runs.skipped, *runs.unread)
    complain(*runs.unready, *runs.broken)
    ctx.exit(runs.exit_code)
