"""Times as people write them, on the clock that `--zone` or the settings name."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from reaper.cli.display import UTC_ZONE
from reaper.clock import SYSTEM_CLOCK

ZONE = "reaper.zone"
"""Where the context keeps the zone that the command names."""

_HOW = (
    "write 2026-11-23, 2026-11-23T10:00, 14:05, today, yesterday, tomorrow, or a duration like 2h"
)
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def _keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    from pydantic_core import PydanticCustomError

    from reaper.core.language.zone import zone_of

    try:
        ctx.meta[ZONE] = zone_of(value)
    except PydanticCustomError as error:
        raise click.BadParameter(error.message(), ctx, param) from None


zone_option = click.option(
    "--zone",
    metavar="NAME",
    is_eager=True,
    expose_value=False,
    callback=_keep,
    help="Show and read times on the clock of this zone, like Europe/Amsterdam; UTC by default.",
)


def zone_of_command(ctx: click.Context) -> ZoneInfo:
    """The zone that the command names, or else the settings; UTC where neither does, or the
    settings cannot be read: that is told by who needs them.
    """
    if ZONE not in ctx.meta:
        from reaper.errors import ConfigurationError
        from reaper.usecases import configuration

        with suppress(ConfigurationError):
            ctx.meta[ZONE] = configuration.read_settings(ctx.obj).display_zone
    zone: ZoneInfo = ctx.meta.get(ZONE, UTC_ZONE)
    return zone


class Moment(click.ParamType[datetime]):
    """A day, a time, a time of the clock, a day by its name, or a duration like `2h` for so long
    ago.

    What names no offset is on the clock of `zone_of_command`. A time of the clock is the last such
    one.
    """

    name = "moment"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - whatever the parameter was given
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        with suppress(ValueError):
            return SYSTEM_CLOCK.now() - length(value)
        zone = zone_of_command(ctx or click.get_current_context())
        try:
            return written(value, zone, ahead=False)
        except (ValueError, OverflowError):
            self.fail(f"'{value}' is not a valid time; {_HOW}", param, ctx)


def future(text: str) -> datetime:
    """A moment to come: a duration counts from now on, and a time of the clock is the next such one.

    Raises click.BadParameter.
    """
    now = SYSTEM_CLOCK.now()
    with suppress(ValueError):
        return now + length(text)
    try:
        moment = written(text, zone_of_command(click.get_current_context()), ahead=True)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"'{text}' is not a valid time; {_HOW}") from None
    if moment <= now:
        raise click.BadParameter(f"'{text}' is already in the past")
    return moment


def written(text: str, zone: ZoneInfo, *, ahead: bool) -> datetime:
    """A day, a time or a time of the clock in this zone; the next such one, or the last.

    Raises ValueError and OverflowError.
    """
    now = SYSTEM_CLOCK.now().astimezone(zone)
    if text.lower() in DAYS:
        return midnight(now + timedelta(days=DAYS[text.lower()]), zone)
    clock = None
    with suppress(ValueError):
        clock = time.fromisoformat(text) if ":" in text and "-" not in text else None
    if clock is not None and clock.tzinfo is None:
        return _on_the_clock(clock, now, zone, ahead=ahead)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _on_the_clock(clock: time, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime:
    days = [now.date() + timedelta(days=number) for number in (-1, 0, 1)]
    moments = [datetime.combine(day, clock, zone).astimezone(UTC) for day in days]
    if ahead:
        return min(moment for moment in moments if moment > now)
    return max(moment for moment in moments if moment <= now)


def midnight(day: datetime, zone: ZoneInfo) -> datetime:
    """When that day begins there, in UTC."""
    return datetime.combine(day.date(), time(), zone).astimezone(UTC)


def duration(text: str, option: str) -> timedelta:
    """Raises click.BadParameter."""
    try:
        return length(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def length(text: str) -> timedelta:
    """Raises ValueError."""
    from reaper.core.model.duration import Duration

    return Duration.parse(text).delta
