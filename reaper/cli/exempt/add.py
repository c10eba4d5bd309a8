"""`reaper exempt add`: who is exempt from now on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from reaper.cli.options import future, settings_of

if TYPE_CHECKING:
    from reaper.core.granted import Granted

_LONGEST = timedelta(days=3_650)
_BOTH = "--until and --forever contradict; keep one"


@click.command("add")
@click.option("--owner", metavar="PATTERN", help="Sessions of this owner, like anna@Planning or '*@Planning'.")
@click.option("--session", metavar="ID", help="The session of this id; its first characters will do.")
@click.option("--app", metavar="PATTERN", help="Sessions of this app.")
@click.option("--environment", metavar="PATTERN", help="Sessions of owners in this environment.")
@click.option("--kind", metavar="KIND", help="Sessions of this kind: webui, task or solve.")
@click.option("--name", metavar="PATTERN", help="Sessions of this name.")
@click.option("--account", metavar="NAME", help="Only in this account; in all of them by default.")
@click.option(
    "--until", metavar="WHEN", help="To the end of 2026-11-24 (UTC), to 2026-11-24T08:00, or for so long: 3d."
)
@click.option("--forever", is_flag=True, help="Without an end; `--until` is the better choice.")
@click.option("--reason", required=True, help="Why; it is shown wherever the exemption decides.")
@click.option("--by", help="Who says so; you, by default.")
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
    """
    from reaper.bootstrap import actor, database  # noqa: PLC0415 - --help stays quick
    from reaper.clock import SystemClock  # noqa: PLC0415
    from reaper.store import grant  # noqa: PLC0415

    if (until is None) is not forever:
        raise click.UsageError("say how long: --until WHEN; or --forever, if it must be" if until is None else _BOTH)
    settings, now = settings_of(ctx), SystemClock().now()
    if account is not None:
        settings.chosen((account,))
    ends = _end(until, now) if until else None
    made = _granted(whom, account=account, at=now, by=by or actor(), reason=reason, ends=ends)
    with database(settings) as store:
        number = grant(store, made)
    click.echo(f"exemption {number}: {made.whom}, {_until(made)}")
    for _, why in made.oddities():
        click.echo(f"warning: {why}; if that is not meant, type the name anew", err=True)
    if made.covers_everything:
        click.echo("warning: it exempts every session; to end nothing for a while, use `reaper pause`", err=True)


def _end(until: str, now: datetime) -> datetime:
    """When it ends. A day that is named alone counts whole, as in a policy file. Raises click.BadParameter."""
    try:
        end = datetime.combine(date.fromisoformat(until), time(0), UTC) + timedelta(days=1)
    except OverflowError:
        end = datetime.max.replace(tzinfo=UTC)
    except ValueError:
        end = future(until, now)
    if end <= now:
        raise click.BadParameter(f"'{until}' is past already", param_hint="--until")
    if end - now > _LONGEST:
        raise click.BadParameter(f"'{until}' is more than ten years ahead; write --forever", param_hint="--until")
    return end


def _granted(whom: Mapping[str, str | None], **more: Any) -> Granted:  # noqa: ANN401 - the fields of Granted
    from pydantic import ValidationError  # noqa: PLC0415

    from reaper.core.granted import Granted  # noqa: PLC0415

    given = {field: value for field, value in whom.items() if value is not None}
    if not given:
        raise click.UsageError("say whom: one or more of --owner, --session, --app, --environment, --kind, --name")
    try:
        return Granted.model_validate({**given, **more})
    except ValidationError as error:
        first = error.errors()[0]
        raise click.UsageError(str(first.get("ctx", {}).get("why") or first["msg"])) from None


def _until(exemption: Granted) -> str:
    return f"until {exemption.ends:%Y-%m-%d %H:%M}Z" if exemption.ends else "for ever"
