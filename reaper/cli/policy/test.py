"""`reaper policy test`: try the cases that stand beside the policies."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import output_option, settings_of


@click.command("test")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("-k", "texts", multiple=True, metavar="TEXT", help="Only cases with TEXT in their name or file's name.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each case.")
@click.option("-q", "--quiet", is_flag=True, help="Only what failed, and the last line.")
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, path: Path | None, texts: tuple[str, ...], verbose: bool, quiet: bool, output: str
) -> None:
    """Try the cases of PATH: a folder of policies with its tests/, one case file, or the policy file that they try.

    By default the settings' policies. Exit code 1 when a case fails, 2 when a file is not right or there is no case.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick
    from reaper.cli.policy.trials import show_trials, trials_as_json, tried  # noqa: PLC0415
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.policy_cases import load_cases  # noqa: PLC0415

    began = SystemClock().monotonic()
    done = tried(load_cases(path or settings_of(ctx).policies), texts)
    if not done:
        raise errors.ConfigurationError(f"no case has {' or '.join(map(repr, texts))} in its name; nothing was tried")
    seconds = SystemClock().monotonic() - began
    if output == "json":
        click.echo(trials_as_json(done, seconds))
    else:
        show_trials(done, seconds, each=verbose, brief=quiet)
    ctx.exit(errors.DONE if all(one.trial.passed for one in done) else errors.SOME_FAILED)
