"""`reaper policy check`: every mistake in the policies at once."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import account_option, complain, output_option, progress, settings_of


@click.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--live",
    is_flag=True,
    help="Ask the accounts: how many sessions each policy matches now, and which names match none.",
)
@account_option
@output_option("table", "json", "sarif", "github")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path | None,
    strict: bool,
    live: bool,
    accounts: tuple[str, ...],
    output: str,
) -> None:
    """Read PATH (a file or folder; the settings' policies by default) and tell every problem at
    once.

    Exit code 2 when there is an error; a warning alone is none. `-o github` and `-o sarif` are for
    CI. With --live the lists of the accounts are read, nothing is recorded and nothing is ended.
    """
    from reaper.cli.views.checked import show_checked
    from reaper.usecases import policies

    if accounts and not live:
        raise click.UsageError("--account goes with --live")
    settings = settings_of(ctx) if live or path is None else None
    own = settings if path is None else None
    where = path or (settings.policies if settings else Path())
    with progress(shown=live) as tell:
        checked = policies.check(
            where, own, strict=strict, live=settings if live else None, names=accounts, tell=tell
        )
    show_checked(checked, output)
    complain(*(checked.live.unread if checked.live else ()))
    ctx.exit(checked.exit_code)
