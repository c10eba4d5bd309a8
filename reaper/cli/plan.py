"""`reaper plan`: what a run would do, for a person to review."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import click

from reaper.cli.options import account_option, policies_of, policies_option, progress, settings_of


@click.command("plan")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the plan for `reaper apply`.")
@account_option
@policies_option
@click.pass_context
def command(ctx: click.Context, *, out: Path | None, accounts: tuple[str, ...], policies: Path | None) -> None:
    """Show what a run would end now, and why; with -o, keep it so that `reaper apply` does that and nothing else.

    Nothing is recorded and nothing is ended. Exit code 5 when a limit would halt it.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick
    from reaper.bootstrap import database, reaper_of  # noqa: PLC0415
    from reaper.cli.plans import show_plan  # noqa: PLC0415
    from reaper.plan_files import reviewable, write_plan  # noqa: PLC0415

    settings = settings_of(ctx)
    judged_by, _ = policies_of(settings, policies)
    found, unread, halted = [], [], False
    with database(settings) as store, progress() as tell:
        for account in settings.chosen(accounts):
            with reaper_of(settings, account, judged_by, store, enforce=False, stop=Event(), tell=tell) as reaper:
                try:
                    seen, plan = reaper.look()
                except errors.AccountError as error:
                    unread.append(error)
                    continue
            show_plan(seen, plan)
            halted = halted or bool(plan.halted)
            found.append(reviewable(seen, plan, account.url, account.key()))
    if out is not None:
        write_plan(out, found)
        click.echo(
            f"written to {out}; `reaper apply {out} --enforce` does this and nothing else, within {settings.plan_age}"
        )
    for trouble in unread:
        click.echo(f"reaper: {trouble}", err=True)
    ctx.exit(errors.UNREACHABLE if unread else errors.HALTED if halted else errors.DONE)
