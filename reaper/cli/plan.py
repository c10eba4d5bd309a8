"""`reaper plan`: what a run would do, for a person to review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from reaper.cli.options import (
    account_option,
    complain,
    policies_of,
    policies_option,
    progress,
    settings_of,
)
from reaper.cli.output import emit, say


class FormatOrFile(click.ParamType[str | Path]):
    """A format as everywhere, or the file that `-o` named before `--out` was its only name."""

    name = "format"
    formats = ("table", "json")

    def convert(
        self,
        value: Any,  # noqa: ANN401 - whatever the parameter was given
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | Path:
        from reaper.core.model.suggestions import did_you_mean

        if value in self.formats:
            return str(value)
        hint = did_you_mean(value, self.formats)
        if hint and Path(value).name == value and not Path(value).suffix:
            named = f"'{value}' is not one of table, json{hint}"
            self.fail(f"{named} To write the plan to such a file, use --out {value}", param, ctx)
        file: Path = click.Path(dir_okay=False, path_type=Path).convert(value, param, ctx)
        return file


@click.command("plan")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to this file, for `reaper apply`.",
)
@click.option(
    "-o",
    "--output",
    type=FormatOrFile(),
    default="table",
    show_default=True,
    help="Output format: table or json. A file is written to, as by --out.",
)
@account_option
@policies_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    out: Path | None,
    output: str | Path,
    accounts: tuple[str, ...],
    policies: Path | None,
) -> None:
    """Show what a run would end now, and why; with --out FILE, keep it so that `reaper apply FILE`
    does that and nothing else.

    Nothing is recorded and nothing is ended. Exit code 5 when a limit would halt it.
    """
    from reaper.cli.views.plans import show_plan
    from reaper.cli.views.report_json import plans_as_json
    from reaper.usecases.plans import make_plan

    if isinstance(output, Path):
        if out is not None:
            raise click.UsageError("--out names the file; -o is then table or json")
        out, output = output, "table"
    settings = settings_of(ctx)
    judged_by = policies_of(settings, policies)
    with progress() as tell:
        made = make_plan(settings, judged_by.policies, accounts, out=out, tell=tell)
    if output == "json":
        emit(plans_as_json(made))
    else:
        for observation, plan in made.plans:
            show_plan(observation, plan, made.holds[observation.account])
    if out is not None:
        within = f"does this and nothing else, within {settings.plan_age}"
        say(f"written to {out}; `reaper apply {out} --enforce` {within}", err=output == "json")
    complain(*made.unread)
    ctx.exit(made.exit_code)
