"""`reaper policy diff`: which sessions other policies would treat differently."""

from __future__ import annotations

from pathlib import Path

import click

from reaper.cli.options import account_option, complain, output_option, progress, settings_of
from reaper.cli.output import emit


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--fleet",
    type=click.Path(path_type=Path),
    help="Judge the fleet saved by `reaper sessions --keep`; contact no account.",
)
@account_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    old: Path,
    new: Path,
    fleet: Path | None,
    accounts: tuple[str, ...],
    output: str,
) -> None:
    """Show which live sessions the policies NEW would treat differently from OLD; each is a file or
    a folder.

    It is one look, judged by both. Nothing is recorded and nothing is ended. Exit code 0 when no
    session is treated
    differently, 1 when one is.
    """
    from reaper.cli.views.comparison import comparison_as_json, show_comparison
    from reaper.usecases.compare import compare_kept, compare_live

    settings = settings_of(ctx)
    if fleet is not None:
        comparison = compare_kept(fleet, settings.limits, old, new, accounts)
    else:
        with progress() as tell:
            comparison = compare_live(settings, old, new, accounts, tell=tell)
    if output == "json":
        emit(comparison_as_json(comparison))
    else:
        show_comparison(comparison)
    complain(*comparison.unread)
    ctx.exit(comparison.exit_code)
