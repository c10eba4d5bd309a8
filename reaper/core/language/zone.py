"""Time zones by their IANA names: places, whose clocks change as that place decides."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from reaper.core.language.selector import problem

_ABBREVIATED = re.compile(r"[A-Z]{2,5}([+-][\d:]+|\d[A-Z]{3})?", re.ASCII)
_UTC = "UTC"  # needs no look through the machine's list of places


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name, like Europe/Amsterdam or UTC.

    Raises PydanticCustomError with the nearest right name. An abbreviation like CET or EST is
    refused: it names
    several clocks, or one that never changes.
    """
    if name == _UTC or name in _places():
        return ZoneInfo(name)
    if _ABBREVIATED.fullmatch(name):
        why = (
            "; such a name can mean several clocks, or one that is never set; write the place "
            "whose clock is meant"
        )
        raise problem(
            "zone", f"'{name}' is not a time zone here{why}, like Europe/Amsterdam, or UTC"
        )
    near = _near(name)
    meant = f"did you mean '{near}'?" if near else "write a name like Europe/Amsterdam, or UTC"
    raise problem("zone", f"'{name}' is not a time zone; {meant}")


@cache
def _places() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name) | {_UTC}


def _near(name: str) -> str | None:
    """The place that was probably meant: of the whole name, or of the city alone."""
    whole = {place.lower(): place for place in sorted(_places())}
    cities = {place.rpartition("/")[2].lower(): place for place in sorted(_places(), reverse=True)}
    written = name.lower().replace(" ", "_")
    for names in (whole, cities):
        if matches := get_close_matches(written, names, 1, 0.8):
            return names[matches[0]]
    return None
