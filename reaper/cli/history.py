"""`reaper history`: what was decided and done, and why."""

from __future__ import annotations

from datetime import datetime

import click

from reaper.cli.options import Moment, output_option, settings_of


@click.command("history")
@click.option("--account", metavar="NAME", help="Only this account.")
@click.option("--session", metavar="ID", help="Only this session; a prefix of its id is enough.")
@click.option("--owner", metavar="OWNER", help="Only this owner; * stands for anything.")
@click.option("--policy", metavar="NAME", help="Only by this policy.")
@click.option(
    "--outcome", metavar="WORD", help="Only this outcome or verdict, like terminated or offender."
)
@click.option(
    "--since",
    type=Moment(),
    help="Only from this time on: 2026-11-23T10:00 (UTC), or a duration ago such as 2h.",
)
@click.option("--until", type=Moment(), help="Only before this time.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="The maximum number to show.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also show compliant verdicts: why sessions were left alone.",
)
@output_option("table", "json", "csv")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    account: str | None,
    session: str | None,
    owner: str | None,
    policy: str | None,
    outcome: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    everything: bool,
    output: str,
) -> None:
    """Show the decisions and what came of them, the newest first.

    A decision is shown when it was taken; as long as nothing changes it is not taken, and not
    shown, again.
    """
    from reaper.cli.views.records import entries_as_csv, entries_as_json, show_entries
    from reaper.usecases.history import OUTCOMES, HistoryFilter, history

    if outcome is not None and outcome not in OUTCOMES:
        raise _unknown(outcome, OUTCOMES)
    wanted = HistoryFilter(
        account=account,
        session=session,
        owner=owner,
        policy=policy,
        outcome=outcome,
        since=since,
        until=until,
        limit=limit,
        everything=everything,
    )
    entries = history(settings_of(ctx), wanted)
    match output:
        case "json":
            click.echo(entries_as_json(entries))
        case "csv":
            click.echo(entries_as_csv(entries), nl=False)
        case _:
            show_entries(entries)


def _unknown(outcome: str, outcomes: tuple[str, ...]) -> click.BadParameter:
    from difflib import get_close_matches

    near = get_close_matches(outcome, outcomes, 1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    words = f"'{outcome}' is not one of {', '.join(outcomes)}{hint}"
    return click.BadParameter(words, param_hint="--outcome")
