"""`reaper policy check`: every mistake in the policies at once."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import output_option, settings_of


@click.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@output_option("table", "json", "sarif", "github")
@click.pass_context
def command(ctx: click.Context, *, path: Path | None, strict: bool, output: str) -> None:
    """Read PATH (a file or folder; the settings' policies by default) and tell every problem at
    once.

    Exit code 2 when there is an error; a warning alone is none. `-o github` and `-o sarif` are for
    CI.
    """
    from reaper.cli.views.checked import show_checked
    from reaper.usecases import policies

    if path is not None:
        checked = policies.check(path, strict=strict)
    else:
        settings = settings_of(ctx)
        checked = policies.check(settings.policies, settings, strict=strict)
    show_checked(checked, output)
    ctx.exit(checked.exit_code)
