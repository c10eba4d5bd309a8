"""`reaper release`: end another reaper's lease."""

from __future__ import annotations

import click

from reaper.cli.options import complain, settings_of
from reaper.cli.output import say


@click.command("release")
@click.option("--account", metavar="NAME", required=True, help="The account to release.")
@click.option("--by", help="Who says so; you, by default.")
@click.pass_context
def command(ctx: click.Context, *, account: str, by: str | None) -> None:
    """End the lease by which a reaper holds an account, where its end is far ahead because a clock
    was wrong.

    This is safe while that reaper is still at work: it takes no further step and records what it
    has begun, and its run breaks off. Exit code 1 when nobody held the account.
    """
    from reaper.cli.views.written import show_written
    from reaper.usecases import holds

    released = holds.release(settings_of(ctx), account, by=by)
    if released.lease is None:
        complain(f"nothing was released: no reaper holds {account}")
    else:
        say(
            f"released: {account}, which {released.lease.holder} held until "
            f"{released.lease.until:%Y-%m-%d %H:%M:%S}Z"
        )
    show_written(released.written)
    ctx.exit(released.exit_code)
