"""`reaper exempt remove`: who is exempt no longer."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of


@click.command("remove")
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", required=True, help="Why; it is kept beside the exemption.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def command(ctx: click.Context, *, number: int, reason: str, by: str | None) -> None:
    """End the exemption NUMBER now; it stays on record."""
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import remove as take_back  # noqa: PLC0415

    with database(settings_of(ctx)) as store:
        take_back(store, number, at=SystemClock().now(), by=by or actor(), reason=reason)
    click.echo(f"exemption {number} removed")
