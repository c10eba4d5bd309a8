"""`reaper pause`: end nothing, anywhere, until further notice."""

from __future__ import annotations

import click

from reaper.cli import completion
from reaper.cli.display import stamp
from reaper.cli.options import Said, settings_of
from reaper.cli.output import say
from reaper.cli.times import future, zone_option


@click.command("pause")
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=completion.accounts,
    help="Only this account; all of them by default.",
)
@click.option(
    "--until",
    metavar="WHEN",
    help="When it ends: 2026-11-24T08:00, 08:00, tomorrow, or a duration such as 2h; by default when resumed.",
)
@zone_option
@click.option(
    "--reason", required=True, type=Said(), help="The reason; shown wherever the pause applies."
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(
    ctx: click.Context, *, account: str | None, until: str | None, reason: str, by: str | None
) -> None:
    """Stop every replica from ending sessions, at once, also during a run.

    Pauses do not replace each other: an account continues when none is in effect. Prints the
    database that the pause is written to, and the last run recorded there.
    """
    from reaper.cli.views.written import scope, show_written
    from reaper.usecases import holds

    settings = settings_of(ctx)
    ends = future(until) if until else None
    paused = holds.pause(settings, account, reason=reason, until=ends, by=by)
    end = f", until {stamp(ends, utc='Z', seconds=False)}" if ends else ""
    say(f"paused: {scope(account, paused.written)}{end} (pause {paused.number})")
    for other in paused.others:
        say(f"also in effect for {other.account or 'all accounts'}: {other}")
    show_written(paused.written)
