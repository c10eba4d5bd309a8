"""`reaper history import`: what the platform still knows of sessions that are over."""

from __future__ import annotations

import click

from reaper.cli.options import account_option, complain, progress, settings_of
from reaper.cli.output import say


@click.command("import")
@account_option
@click.pass_context
def command(ctx: click.Context, *, accounts: tuple[str, ...]) -> None:
    """Take in what the platform still knows of sessions that are over, and end nothing.

    Run it once when the record begins. What is on record already is not taken twice.
    """
    from reaper.usecases.lives import import_lives

    settings = settings_of(ctx)
    with progress() as tell:
        done = import_lives(settings, settings.chosen(accounts), tell=tell)
    for one in done.accounts:
        new, completed, known = one.lives
        say(
            f"{one.account}: {new:,} finished sessions taken in, the end of {completed:,} learnt, "
            f"{known:,} on record already"
        )
        if one.unreadable:
            complain(f"{one.account}: entries that cannot be read are missing: {one.unreadable:,}")
        for why in one.missing:
            complain(f"{one.account}: some may be missing: {why}; run it again later")
    complain(*(f"{error}; nothing was taken in" for error in done.unread), *done.skipped)
    ctx.exit(done.exit_code)
