"""`reaper policy test`: try the cases that stand beside the policies."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import output_option, settings_of
from reaper.cli.output import emit


@click.command("test")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "-k",
    "texts",
    multiple=True,
    metavar="TEXT",
    help="Only cases with TEXT in their name or file's name.",
)
@click.option("-v", "--verbose", is_flag=True, help="Print a line for each case.")
@click.option("-q", "--quiet", is_flag=True, help="Print only failures and the summary.")
@click.option("--coverage", "covering", is_flag=True, help="Also list what no case covers.")
@click.option(
    "--strict", is_flag=True, help="Like --coverage, and fail if anything is not covered."
)
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path | None,
    texts: tuple[str, ...],
    verbose: bool,
    quiet: bool,
    covering: bool,
    strict: bool,
    output: str,
) -> None:
    """Try the cases of PATH: a folder of policies with its tests/, one case file, or the policy
    file that they try.

    By default the settings' policies. Exit code 1 when a case fails, 2 when a file is not right or
    there is no case.
    """
    from reaper.cli.views.trials import show_trials, trials_as_json
    from reaper.usecases.policies import try_cases

    trials = try_cases(path or settings_of(ctx).policies, texts, covering=covering, strict=strict)
    if output == "json":
        emit(trials_as_json(trials))
    else:
        show_trials(trials, each=verbose, brief=quiet)
    ctx.exit(trials.exit_code)
