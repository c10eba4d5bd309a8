"""`reaper exempt remove`: who is exempt no longer."""

from __future__ import annotations

import click

from reaper.cli.options import Said, settings_of
from reaper.cli.output import say


@click.command("remove")
@click.argument("number", type=click.IntRange(1))
@click.option(
    "--reason", required=True, type=Said(), help="The reason; recorded with the exemption."
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(ctx: click.Context, *, number: int, reason: str, by: str | None) -> None:
    """End the exemption NUMBER now; it stays on record."""
    from reaper.cli.views.written import show_written
    from reaper.usecases import exemptions

    written = exemptions.remove(settings_of(ctx), number, reason=reason, by=by)
    say(f"exemption {number} removed")
    show_written(written)
