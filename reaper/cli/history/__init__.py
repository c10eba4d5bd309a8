"""`reaper history`: what was decided and done, and why; what else is done with it, one file a verb."""

from __future__ import annotations

from datetime import datetime

import click
from click.core import ParameterSource

from reaper.cli import completion, proof
from reaper.cli.history import importing
from reaper.cli.options import Word, output_option, settings_of, warn_of_empty_record
from reaper.cli.output import say, stream
from reaper.cli.times import Moment, zone_option

_IN_A_TABLE = 50
_WRITTEN = (click.core.ParameterSource.COMMANDLINE, click.core.ParameterSource.ENVIRONMENT)


@click.group("history", invoke_without_command=True)
@click.option(
    "--account", metavar="NAME", shell_complete=completion.accounts, help="Only this account."
)
@click.option(
    "--session",
    metavar="ID",
    shell_complete=completion.sessions,
    help="Only this session; a prefix of its id is enough.",
)
@click.option("--owner", metavar="OWNER", help="Only this owner; * stands for anything.")
@click.option(
    "--policy", metavar="NAME", shell_complete=completion.policies, help="Only by this policy."
)
@click.option(
    "--outcome",
    type=Word("outcome", "history", "OUTCOMES"),
    metavar="WORD",
    help="Only this outcome or verdict, like terminated or offender.",
)
@click.option(
    "--since",
    type=Moment(),
    help="Only from this time on: 2026-11-23T10:00, 14:05, yesterday, or a duration ago such as 2h.",
)
@click.option("--until", type=Moment(), help="Only before this time.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    help="The maximum number to show; by default 50 in a table, and all in json and csv.",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Show all entries without a limit, and also compliant verdicts: why sessions were left alone.",
)
@zone_option
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
    limit: int | None,
    everything: bool,
    output: str,
) -> None:
    """Show the decisions and what came of them, the newest first.

    A decision is shown when it was taken; as long as nothing changes it is not taken, and not
    shown, again.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options(ctx)
        return
    from reaper.cli.views.records import entries_as_csv, entries_as_json, show_entries
    from reaper.usecases.history import (
        Counted,
        HistoryFilter,
        export_history,
        history,
        strange_names,
    )

    wanted = HistoryFilter(
        account=account,
        session=session,
        owner=owner,
        policy=policy,
        outcome=outcome,
        since=since,
        until=until,
        limit=limit or (_IN_A_TABLE if output == "table" and not everything else None),
        everything=everything,
    )
    settings = settings_of(ctx)
    warn_of_empty_record(settings)
    if output == "table":
        found = history(settings, wanted)
        show_entries(found)
        shown = len(found.entries)
    else:
        written = entries_as_json if output == "json" else entries_as_csv
        with export_history(settings, wanted) as entries:
            counted = Counted(entries)
            stream(written(counted))
            shown = counted.count
    for why in () if shown else strange_names(settings, wanted):
        say(f"warning: {why}", err=True)


def _refuse_options(ctx: click.Context) -> None:
    """What stands before a verb belongs to the list, and would be ignored.

    Raises click.UsageError.
    """
    given = [
        parameter.opts[-1]
        for parameter in ctx.command.params
        if ctx.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(
            f"{', '.join(given)}: no option of `reaper history {ctx.invoked_subcommand}`; write its "
            f"options behind '{ctx.invoked_subcommand}'"
        )


for verb in (
    importing.command,
    proof.checkpoint,
    proof.verify,
    proof.prove,
    proof.pseudonymise,
):
    command.add_command(verb)
