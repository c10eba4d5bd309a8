"""`reaper exempt add`: who is exempt from now on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from reaper.cli import completion
from reaper.cli.display import stamp
from reaper.cli.options import Said, settings_of
from reaper.cli.output import say
from reaper.cli.times import future, zone_of_command, zone_option
from reaper.clock import SYSTEM_CLOCK
from reaper.core.model.kinds import EVERY_KIND

if TYPE_CHECKING:
    from reaper.core.language.manual_exemption import ManualExemption

_LONGEST = timedelta(days=3_650)
_BOTH = "--until and --forever are mutually exclusive; use one"


@click.command("add")
@click.option(
    "--owner", metavar="PATTERN", help="Sessions of this owner, like anna@Planning or '*@Planning'."
)
@click.option(
    "--session",
    metavar="ID",
    shell_complete=completion.sessions,
    help="The session with this id; a prefix is enough.",
)
@click.option("--app", metavar="PATTERN", help="Sessions of this app.")
@click.option("--environment", metavar="PATTERN", help="Sessions of owners in this environment.")
@click.option("--kind", metavar="KIND", help=f"Sessions of this kind: {EVERY_KIND}.")
@click.option("--name", metavar="PATTERN", help="Sessions of this name.")
@click.option(
    "--account",
    metavar="NAME",
    shell_complete=completion.accounts,
    help="Only in this account; in all of them by default.",
)
@click.option(
    "--until",
    metavar="WHEN",
    help="When it ends: 2026-11-24 (inclusive), 2026-11-24T08:00, or a duration such as 3d.",
)
@zone_option
@click.option("--forever", is_flag=True, help="No end; prefer `--until`.")
@click.option(
    "--reason", required=True, type=Said(), help="The reason; shown wherever the exemption applies."
)
@click.option("--by", help="Who requests it; the current user by default.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    account: str | None,
    until: str | None,
    forever: bool,
    reason: str,
    by: str | None,
    **whom: str | None,
) -> None:
    """Exempt sessions from every policy; it holds at once, also for a run that is under way.

    Of several options all must match. Patterns are those of the policies: `*`, `?` and /regex/.
    Prints whom it covers now; an account that cannot be asked is told, and the exemption holds all
    the same.
    """
    from reaper.cli.views.written import show_covered, show_written
    from reaper.usecases import exemptions

    if (until is None) is not forever:
        raise click.UsageError(
            "specify how long: --until WHEN, or --forever if necessary" if until is None else _BOTH
        )
    given = {name: value for name, value in whom.items() if value is not None}
    if not given:
        raise click.UsageError(
            "specify what to exempt: one or more of --owner, --session, --app, --environment, --kind, --name"
        )
    settings = settings_of(ctx)
    ends = _end(until) if until else None
    added = exemptions.add(settings, given, reason=reason, account=account, ends=ends, by=by)
    made = added.exemption
    say(f"exemption {added.number}: {made.whom}, {_until(made)}")
    show_covered(added.covered)
    show_written(added.written)
    for _, why in made.oddities():
        say(f"warning: {why}; if that is not intended, type the name again", err=True)
    if made.covers_everything:
        say(
            "warning: it exempts every session; to end nothing for a while, use `reaper pause`",
            err=True,
        )


def _end(until: str) -> datetime:
    """When it ends. A day that is named alone counts whole, as in a policy file. Raises
    click.BadParameter.
    """
    now, zone = SYSTEM_CLOCK.now(), zone_of_command(click.get_current_context())
    try:
        after = date.fromisoformat(until) + timedelta(days=1)
        end = datetime.combine(after, time(0), zone).astimezone(UTC)
    except OverflowError:
        end = datetime.max.replace(tzinfo=UTC)
    except ValueError:
        end = future(until)
    if end <= now:
        raise click.BadParameter(f"'{until}' is already in the past", param_hint="--until")
    if end - now > _LONGEST:
        raise click.BadParameter(
            f"'{until}' is more than ten years ahead; write --forever", param_hint="--until"
        )
    return end


def _until(exemption: ManualExemption) -> str:
    return (
        f"until {stamp(exemption.ends, utc='Z', seconds=False)}" if exemption.ends else "for ever"
    )
