"""`reaper plan`: what a run would do, for a person to review."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import (
    account_option,
    complain,
    policies_of,
    policies_option,
    progress,
    settings_of,
)
from reaper.cli.output import say


@click.command("plan")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to this file, for `reaper apply`.",
)
@account_option
@policies_option
@click.pass_context
def command(
    ctx: click.Context, *, out: Path | None, accounts: tuple[str, ...], policies: Path | None
) -> None:
    """Show what a run would end now, and why; with -o, keep it so that `reaper apply` does that and
    nothing else.

    Nothing is recorded and nothing is ended. Exit code 5 when a limit would halt it.
    """
    from reaper.cli.views.plans import show_plan
    from reaper.usecases.plans import make_plan

    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with progress() as tell:
        made = make_plan(settings, judged_by.policies, accounts, out=out, tell=tell)
    for observation, plan in made.plans:
        show_plan(observation, plan, made.holds[observation.account])
    if out is not None:
        within = f"does this and nothing else, within {settings.plan_age}"
        say(f"written to {out}; `reaper apply {out} --enforce` {within}")
    complain(*made.unread)
    ctx.exit(made.exit_code)
