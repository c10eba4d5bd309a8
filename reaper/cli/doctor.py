"""`reaper doctor`: what keeps an account from being looked after, and what to do about it."""

from __future__ import annotations

import click

from reaper.cli.options import account_option, output_option, progress, settings_of
from reaper.cli.output import emit


@click.command("doctor")
@account_option
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, accounts: tuple[str, ...], output: str) -> None:
    """Check address, key, scopes, generation, clock, the fields the tenant really sends, and the
    database.

    Reads only. Exit code 3 when an account is in trouble, 4 when the database is.
    """
    from reaper.cli.views.checks import checks_as_json, show_checks
    from reaper.usecases import doctor

    settings = settings_of(ctx)
    with progress() as tell:
        examination = doctor.examine_all(settings, accounts, file=ctx.obj, tell=tell)
    if output == "json":
        emit(checks_as_json(examination.everything))
    else:
        show_checks(examination.everything)
    ctx.exit(examination.exit_code)
