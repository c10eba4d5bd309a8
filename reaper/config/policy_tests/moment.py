"""A moment as a person writes it in a case.

A day, a time and a zone, so that the clock changes can be tried.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

from reaper.core.language.selector import problem
from reaper.core.language.zone import zone_of

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)\s*(\S*)", re.ASCII)
_OFFSET = re.compile(r"Z|[+-]\d\d:\d\d", re.ASCII)
_HINT = "write one like 2026-03-29T12:30Z or 2026-03-29T12:30 Europe/Amsterdam"


def parse_moment(value: object) -> datetime:
    """A moment in UTC from `2026-03-29T12:30Z` or `2026-03-29T12:30 Europe/Amsterdam`.

    Raises PydanticCustomError where it is none, and where the zone's clocks show that time not at
    all or twice.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    match = _WRITTEN.fullmatch(str(value).strip())
    if match is None:
        raise problem("moment", f"'{value}' is not a valid time; {_HINT}")
    day, clock, zone = match.groups()
    if not zone:
        raise problem("moment", f"'{value}' has no time zone; {_HINT}")
    try:
        local = datetime.fromisoformat(f"{day}T{clock}{zone if _OFFSET.fullmatch(zone) else ''}")
    except ValueError as error:
        raise problem("moment", f"'{value}' is not a valid time: {error}; {_HINT}") from None
    return local.astimezone(UTC) if local.tzinfo else _in_zone(local, zone)


Moment = Annotated[datetime, BeforeValidator(parse_moment, json_schema_input_type=str)]


def shown(moment: datetime) -> str:
    """The moment in UTC as it can be written in a case."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").replace(":00Z", "Z")


def _in_zone(local: datetime, name: str) -> datetime:
    zone = zone_of(name)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first < second:
        raise problem(
            "moment",
            f"{local:%Y-%m-%d} has {local:%H:%M} twice in {name}; write {shown(first)} or "
            f"{shown(second)}",
        )
    early, late = (at.astimezone(zone).strftime("%H:%M") for at in (second, first))
    raise problem(
        "moment",
        f"{local:%Y-%m-%d} has no {local:%H:%M} in {name}, where the clocks go forward; "
        f"write {shown(second)} ({early} there) or {shown(first)} ({late})",
    )
