"""`reaper apply`: a reviewed plan, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import output_option, policies_of, policies_option, progress, settings_of, stopping


@click.command("apply")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--enforce/--dry-run", default=None, help="End what the plan says, or only say what has changed since.")
@policies_option
@output_option("table", "json")
@click.pass_context
def command(ctx: click.Context, *, file: Path, enforce: bool | None, policies: Path | None, output: str) -> None:
    """Take the steps of FILE, as `reaper plan -o FILE` wrote it, that are still due; tell one by one what is not.

    Refused when the plan is too old, from other policies, of another account, or was tampered with.
    """
    from reaper.cli.passes import run_accounts  # noqa: PLC0415 - --help stays quick
    from reaper.cli.plans import changes  # noqa: PLC0415
    from reaper.cli.render import show_reports  # noqa: PLC0415
    from reaper.cli.report_json import reports_as_json  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.plan_files import read_plan  # noqa: PLC0415

    settings, plans = settings_of(ctx), {plan.account: plan for plan in read_plan(file).plans}
    chosen = settings.chosen(tuple(plans))
    judged_by, reread = policies_of(settings, policies)
    for account in chosen:
        plans[account.name].refuse_unless(
            key=account.key(), url=account.url, policies=judged_by, now=SystemClock().now(), oldest=settings.plan_age
        )
    reviewed = {name: frozenset(s.reviewed for s in plan.steps) for name, plan in plans.items()}
    with stopping() as stop, progress() as tell:
        done = run_accounts(
            settings,
            chosen,
            judged_by,
            enforce=settings.enforce if enforce is None else enforce,
            stop=stop,
            tell=tell,
            reviewed=reviewed,
            reread=reread,
        )
    if output == "json":
        click.echo(reports_as_json(done.reports, done.skipped))
    else:
        show_reports(done.reports)
    for report in done.reports:
        for line in changes(report, plans[report.seen.account]):
            click.echo(line, err=output == "json")
    for line in (*done.skipped, *map(str, done.broken)):
        click.echo(f"reaper: {line}", err=True)
    ctx.exit(done.exit_code)
