"""`reaper doctor`: what keeps an account from being looked after, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import account_option, output_option, progress, settings_of
from reaper.cli.output import emit

_OWN = "the account's own"


@click.command("doctor")
@account_option
@click.option(
    "--openapi",
    is_flag=False,
    flag_value=_OWN,
    metavar="[FILE]",
    help="Only compare the account's OpenAPI document, or the one in FILE, with what reaper "
    "relies on: a report to mail.",
)
@click.option("--notify", is_flag=True, help="Also send each notify target a test message.")
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    accounts: tuple[str, ...],
    openapi: str | None,
    notify: bool,
    output: str,
) -> None:
    """Check address, key, scopes, generation, clock, the fields the tenant really sends, the
    database, and whom to tell.

    Reads only, but for --notify. Exit code 4 when the database is in trouble, else 3 when an account
    is, else 1 when a notify target is; with --openapi 1 when something that reaper relies on is
    missing or different.
    """
    if openapi is not None and notify:
        raise click.UsageError("--openapi only makes a report: give --notify on its own")
    if openapi is not None:
        ctx.exit(_compare(ctx, accounts, openapi, output))
    from reaper.cli.views.checks import checks_as_json, show_checks
    from reaper.usecases import doctor

    settings = settings_of(ctx)
    with progress() as tell:
        examination = doctor.examine_all(settings, accounts, file=ctx.obj, notify=notify, tell=tell)
    if output == "json":
        emit(checks_as_json(examination.everything))
    else:
        show_checks(examination.everything)
    ctx.exit(examination.exit_code)


def _compare(ctx: click.Context, accounts: tuple[str, ...], openapi: str, output: str) -> int:
    from reaper.cli.views.fit import fit_as_json, show_fit
    from reaper.usecases import openapi as use_case

    if openapi != _OWN:
        fit = use_case.compare_file(Path(openapi))
    else:
        with progress() as tell:
            fit = use_case.compare_account(settings_of(ctx), accounts, tell=tell)
    if output == "json":
        emit(fit_as_json(fit))
    else:
        show_fit(fit)
    return use_case.exit_code(fit)
