"""`reaper run`: one pass over the accounts."""

from __future__ import annotations

from pathlib import Path

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


@click.command("run")
@click.option(
    "--enforce/--dry-run",
    default=None,
    help="End the offenders, or only say who they are. Dry run by default, or what the settings say.",
)
@account_option
@policies_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, enforce: bool | None, accounts: tuple[str, ...], policies: Path | None, output: str
) -> None:
    """Look once at the accounts, judge their sessions, and end the offenders.

    A dry run does everything but the last call. Ending sessions takes two yeses: --enforce (or `enforce: true` in
    the settings) and `mode: enforce` in the policy that asks for it.
    """
    from reaper.cli.passes import exit_code, run_accounts  # noqa: PLC0415 - --help stays quick
    from reaper.cli.render import show_reports  # noqa: PLC0415
    from reaper.cli.report_json import reports_as_json  # noqa: PLC0415

    settings = settings_of(ctx)
    chosen = settings.chosen(accounts)
    judged_by, reread = policies_of(settings, policies)
    with stopping() as stop, progress() as tell:
        enforcing = settings.enforce if enforce is None else enforce
        done = run_accounts(settings, chosen, judged_by, enforce=enforcing, stop=stop, tell=tell, reread=reread)
    if output == "json":
        click.echo(reports_as_json(done.reports, done.skipped))
    else:
        show_reports(done.reports)
    for line in (*done.skipped, *(str(report.error) for report in done.reports if report.error is not None)):
        click.echo(f"reaper: {line}", err=True)
    ctx.exit(exit_code(done.reports))
