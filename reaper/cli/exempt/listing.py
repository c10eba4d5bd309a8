"""`reaper exempt list`: who is exempt by hand, and what that was good for."""

from __future__ import annotations

import click

from reaper.cli.options import output_option, settings_of, warn_of_empty_record
from reaper.cli.output import emit, stream
from reaper.cli.times import zone_option


@click.command("list")
@click.option("--all", "everything", is_flag=True, help="Include removed exemptions.")
@zone_option
@output_option("table", "json", "csv")
@click.pass_context
def command(ctx: click.Context, *, everything: bool, output: str) -> None:
    """List them, with how often and when each last decided a verdict.

    Those that never did, and those that have ended, stand apart.
    """
    from reaper.cli.views.exemptions import exemptions_as_csv, exemptions_as_json, show_exemptions
    from reaper.usecases import exemptions

    settings = settings_of(ctx)
    warn_of_empty_record(settings)
    listed = exemptions.list_all(settings, removed=everything)
    match output:
        case "json":
            emit(exemptions_as_json(listed))
        case "csv":
            stream(exemptions_as_csv(listed))
        case _:
            show_exemptions(listed)
