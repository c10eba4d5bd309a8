"""`reaper run`: one pass over the accounts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reaper.cli.options import (
    account_option,
    output_option,
    policies_of,
    policies_option,
    progress,
    settings_of,
    stopping,
)

if TYPE_CHECKING:
    from reaper.cli.passes import Done


@click.command("run")
@click.option(
    "--enforce/--dry-run",
    default=None,
    help="End the offenders, or only say who they are. Dry run by default, or what the settings say.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.option(
    "-q", "--quiet", is_flag=True, help="Print only what needs a person: for cron, which mails what is printed."
)
@click.pass_context
def command(
    ctx: click.Context,
    *,
    enforce: bool | None,
    accounts: tuple[str, ...],
    policies: Path | None,
    output: str,
    quiet: bool,
) -> None:
    """Look once at the accounts, judge their sessions, and end the offenders.

    A dry run does everything but the last call. Ending sessions takes two yeses: --enforce (or `enforce: true` in
    the settings) and `mode: enforce` in the policy that asks for it.
    """
    from reaper.cli.passes import run_accounts  # noqa: PLC0415 - --help stays quick
    from reaper.cli.quiet import troubles  # noqa: PLC0415

    settings = settings_of(ctx)
    chosen = settings.chosen(accounts)
    judged_by, reread = policies_of(settings, policies, warn=not quiet)
    with stopping() as stop, progress(shown=not quiet) as tell:
        enforcing = settings.enforce if enforce is None else enforce
        done = run_accounts(settings, chosen, judged_by, enforce=enforcing, stop=stop, tell=tell, reread=reread)
    if quiet:
        _complain(line for report in done.reports for line in troubles(report))
    else:
        _show(done, output)
    _complain(map(str, done.broken))
    ctx.exit(done.exit_code)


def _show(done: Done, output: str) -> None:
    from reaper.cli.render import show_reports  # noqa: PLC0415 - not for --quiet
    from reaper.cli.report_json import reports_as_json  # noqa: PLC0415

    if output == "json":
        click.echo(reports_as_json(done.reports, done.skipped))
    else:
        show_reports(done.reports)
    _complain((*done.skipped, *(str(report.error) for report in done.reports if report.error is not None)))


def _complain(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"reaper: {line}", err=True)
