"""`reaper runs`: the passes."""

from __future__ import annotations

import click

from reaper.cli.options import output_option, settings_of


@click.command("runs")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    help="The maximum number to show.",
)
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, account: str | None, limit: int, output: str) -> None:
    """List the passes, the newest first, with what each saw and what came of it."""
    from reaper.cli.views.records import runs_as_json, show_runs
    from reaper.usecases import history

    entries = history.runs(settings_of(ctx), account, limit=limit)
    if output == "json":
        click.echo(runs_as_json(entries))
    else:
        show_runs(entries)
