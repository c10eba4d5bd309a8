"""`reaper apply`: a reviewed plan, or the oldest of what is due, and nothing else."""

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
from reaper.cli.output import say


@click.command("apply")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--at-most",
    type=click.IntRange(1),
    metavar="N",
    help="Only so many of each account's sessions; within the limits, also past a halt.",
)
@click.option(
    "--oldest", is_flag=True, help="Which of them: those that were created first, for --at-most."
)
@click.option(
    "--enforce/--dry-run",
    default=None,
    help="End the sessions of the plan, or only report what has changed since.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: Path | None,
    at_most: int | None,
    oldest: bool,
    enforce: bool | None,
    accounts: tuple[str, ...],
    policies: Path | None,
    output: str,
) -> None:
    """Take the steps of FILE, as `reaper plan --out FILE` wrote it, that are still due; tell one by
    one what is not.

    With --at-most N --oldest only the N oldest of them, and without FILE the N oldest of all that
    is due: so a backlog that is over a limit goes in tranches. Refused when the plan is too old,
    from other policies, of another account, or was tampered with.
    """
    from reaper.cli.views.reports import show_runs
    from reaper.usecases import plans

    _refuse_half_said(file, at_most, oldest=oldest)
    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    tranche = plans.Tranche(accounts, at_most)
    with stopping() as stop, progress() as tell:
        applied = plans.apply_plan(
            settings, judged_by, file, tranche, enforce=enforce, stop=stop, tell=tell
        )
    show_runs(applied.runs, output)
    for line in applied.changes:
        say(line, err=output == "json")
    complain(*applied.runs.skipped, *applied.runs.unread)
    complain(*applied.runs.unready, *applied.runs.broken)
    ctx.exit(applied.runs.exit_code)


def _refuse_half_said(file: Path | None, at_most: int | None, *, oldest: bool) -> None:
    """Raises click.UsageError where it is not said what is to be taken."""
    if (at_most is None) is oldest:
        raise click.UsageError("--at-most N and --oldest go together: how many, and which")
    if file is None and at_most is None:
        raise click.UsageError("name the plan's FILE, or say --at-most N --oldest")
