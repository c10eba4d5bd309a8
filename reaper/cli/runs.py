"""`reaper runs`: the passes."""

from __future__ import annotations

import click

from reaper.cli import completion
from reaper.cli.options import output_option, settings_of, warn_of_empty_record
from reaper.cli.output import say, stream
from reaper.cli.times import zone_option

_IN_A_TABLE = 20


@click.command("runs")
@click.option(
    "--account", metavar="NAME", shell_complete=completion.accounts, help="Only this account."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    help="The maximum number to show; by default 20 in a table, and all in json.",
)
@click.option("--all", "everything", is_flag=True, help="All of them, also in a table.")
@zone_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, account: str | None, limit: int | None, everything: bool, output: str
) -> None:
    """List the passes, the newest first, with what each saw and what came of it."""
    from reaper.cli.views.records import runs_as_json, show_runs
    from reaper.usecases import history

    settings = settings_of(ctx)
    warn_of_empty_record(settings)
    if account is not None:
        for why in history.strange_names(settings, history.HistoryFilter(account=account)):
            say(f"warning: {why}", err=True)
    if output == "json":
        with history.export_runs(settings, account, limit) as found:
            stream(runs_as_json(found))
        return
    show_runs(history.runs(settings, account, limit or (None if everything else _IN_A_TABLE)))
