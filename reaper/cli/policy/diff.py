"""`reaper policy diff`: which sessions other policies would treat differently."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from reaper.cli.options import account_option, output_option, progress, settings_of, today

if TYPE_CHECKING:
    from reaper import errors
    from reaper.cli.policy.differences import Compared
    from reaper.core.limits import Limits
    from reaper.core.policy import PolicySet
    from reaper.settings import Settings


@click.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--fleet",
    type=click.Path(path_type=Path),
    help="Judge the fleet that `reaper sessions --keep` wrote there, and ask no account.",
)
@account_option
@output_option("table", "json")
@click.pass_context
def command(
    ctx: click.Context, *, old: Path, new: Path, fleet: Path | None, accounts: tuple[str, ...], output: str
) -> None:
    """Show which live sessions the policies NEW would treat differently from OLD; each is a file or a folder.

    It is one look, judged by both. Nothing is recorded and nothing is ended. Exit code 0 when no session is treated
    differently, 1 when one is.
    """
    from reaper import errors  # noqa: PLC0415 - --help stays quick
    from reaper.cli.policy.differences import compared_as_json, show_compared  # noqa: PLC0415
    from reaper.core.comparison import rewritten  # noqa: PLC0415

    settings = settings_of(ctx)
    unread: list[errors.AccountError] = []
    if fleet is None:
        settings.chosen(accounts)
    before, after = _both(old, new)
    if fleet is None:
        found = _live(settings, accounts, before, after, unread)
    else:
        found = _kept(fleet, settings.limits, accounts, before, after)
    if output == "json":
        click.echo(compared_as_json(rewritten(before, after), found))
    else:
        show_compared(rewritten(before, after), found)
    for trouble in unread:
        click.echo(f"reaper: {trouble}", err=True)
    differ = any(one.differs for one in found)
    ctx.exit(errors.UNREACHABLE if unread else errors.SOME_FAILED if differ else errors.DONE)


def _live(
    settings: Settings,
    accounts: tuple[str, ...],
    before: PolicySet,
    after: PolicySet,
    unread: list[errors.AccountError],
) -> list[Compared]:
    """Each account as both judge it; those that do not answer are told in `unread`."""
    from reaper.bootstrap import database, reaper_of  # noqa: PLC0415
    from reaper.cli.policy.differences import Compared  # noqa: PLC0415
    from reaper.errors import AccountError  # noqa: PLC0415

    found = []
    with database(settings) as store, progress() as tell:
        for account in settings.chosen(accounts):
            with reaper_of(settings, account, after, store, enforce=False, stop=Event(), tell=tell) as reaper:
                try:
                    found.append(Compared.of(*reaper.look_by(before, after)))
                except AccountError as error:
                    unread.append(error)
    return found


def _kept(path: Path, limits: Limits, accounts: tuple[str, ...], before: PolicySet, after: PolicySet) -> list[Compared]:
    """Each account of the file. Raises ConfigurationError when it is not right, or has no such account."""
    from reaper.cli.policy.differences import Compared  # noqa: PLC0415
    from reaper.errors import ConfigurationError  # noqa: PLC0415
    from reaper.fleet_files import read_fleets  # noqa: PLC0415

    fleets = read_fleets(path)
    known = [fleet.account for fleet in fleets]
    if strangers := [name for name in accounts if name not in known]:
        raise ConfigurationError(f"{path} holds no account '{strangers[0]}'; there is {', '.join(known)}")
    chosen = [fleet for fleet in fleets if not accounts or fleet.account in accounts]
    return [Compared.of(fleet.judged(before, limits), fleet.judged(after, limits)) for fleet in chosen]


def _both(*paths: Path) -> list[PolicySet]:
    """The policies of each path. Raises PolicyProblems with every problem of all of them."""
    from reaper.errors import FileProblems, PolicyProblems, Problem  # noqa: PLC0415
    from reaper.policy_files import load_policies  # noqa: PLC0415

    found: list[PolicySet] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            found.append(load_policies(path, today()).policies)
        except FileProblems as error:
            problems += error.problems
    if problems:
        raise PolicyProblems(list(dict.fromkeys(problems)))
    return found
