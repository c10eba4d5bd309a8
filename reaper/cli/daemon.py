"""`reaper daemon`: look again and again."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import click

from reaper.cli.options import account_option, policies_option, settings_of
from reaper.cli.times import duration


@click.command("daemon")
@click.option(
    "--interval",
    metavar="DURATION",
    help="Time between two runs, such as 5m; overrides the settings.",
)
@click.option(
    "--enforce/--dry-run", default=None, help="End offending sessions, or only report them."
)
@account_option
@policies_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    interval: str | None,
    enforce: bool | None,
    accounts: tuple[str, ...],
    policies: Path | None,
) -> None:
    """Look at the accounts whenever they are due, until SIGTERM or Ctrl-C.

    Several on one database share the accounts: an account that another has just looked at is left
    until the next
    time. A stop finishes the step under way and records it; what was planned after it is left
    alone. What is written
    anew in settings and policies is taken between the passes, and at once upon SIGHUP.
    """
    from reaper.daemon import load_configuration, serve
    from reaper.errors import SOME_FAILED
    from reaper.web.face import face

    settings_of(ctx, speaks=True)
    every = duration(interval, "--interval") if interval else None
    load = partial(load_configuration, ctx.obj, policies, accounts)
    if serve(load, face=face, every=every, enforce=enforce):
        os._exit(SOME_FAILED)  # whoever waits for a server or a database cannot be called back
