"""`reaper acknowledge`: a person has seen why a run was halted."""

from __future__ import annotations

import click

from reaper.cli.options import settings_of
from reaper.cli.output import say


@click.command("acknowledge")
@click.argument("run", type=click.IntRange(1))
@click.option("--by", help="Who acknowledges it; the current user by default.")
@click.option("--reason", default="", help="Why it is safe to continue.")
@click.pass_context
def command(ctx: click.Context, *, run: int, by: str | None, reason: str) -> None:
    """Let the account of the halted RUN be enforced again.

    The limits stay as they are: a plan that is still over one of them halts again.
    """
    from reaper.cli.views.written import show_written
    from reaper.usecases import holds

    done = holds.acknowledge(settings_of(ctx), run, by=by, reason=reason)
    runs = ", ".join(f"run {number}" for number in done.runs)
    say(f"acknowledged: {runs} of {done.account}")
    show_written(done.written)
