"""`reaper apply`: a reviewed plan, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import (
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
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--enforce/--dry-run",
    default=None,
    help="End the sessions of the plan, or only report what has changed since.",
)
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, file: Path, enforce: bool | None, policies: Path | None, output: str
) -> None:
    """Take the steps of FILE, as `reaper plan -o FILE` wrote it, that are still due; tell one by
    one what is not.

    Refused when the plan is too old, from other policies, of another account, or was tampered with.
    """
    from reaper.cli.views.reports import show_runs
    from reaper.usecases import plans

    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with stopping() as stop, progress() as tell:
        applied = plans.apply_plan(settings, judged_by, file, enforce=enforce, stop=stop, tell=tell)
    show_runs(applied.runs, output)
    for line in applied.changes:
        say(line, err=output == "json")
    complain(*applied.runs.skipped, *applied.runs.unread, *applied.runs.broken)
    ctx.exit(applied.runs.exit_code)
