"""`reaper release`: end another reaper's lease."""

from __future__ import annotations

import click

from reaper.cli import completion
from reaper.cli.display import stamp
from reaper.cli.options import complain, settings_of
from reaper.cli.output import say


@click.command("release")
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=completion.accounts,
    required=True,
    help="The account to release.",
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(ctx: click.Context, *, account: str, by: str | None) -> None:
    """End a lease that locks an account for longer than leases last, because a clock was wrong.

    This is safe while the reaper that has the lease still works: it takes no further step, records
    what it has begun, and its run fails. Exit code 1 if the account was not locked.
    """
    from reaper.cli.views.written import show_written
    from reaper.usecases import holds

    released = holds.release(settings_of(ctx), account, by=by)
    if released.lease is None:
        complain(f"nothing was released: {account} is not locked")
    else:
        say(
            f"released: {account}, which was locked by {released.lease.holder} until "
            f"{stamp(released.lease.until, utc='Z')}"
        )
    show_written(released.written)
    ctx.exit(released.exit_code)
