"""Public holidays of countries and their parts, from the package `holidays`, which is an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reaper.core.language.holidays import DaysOf

_EXTRA = (
    "public holidays need a package that is not installed: pip install 'aimms-reaper[holidays]'"
)


def calendar_of(name: str) -> DaysOf:
    """The public holidays of a country, like `NL`, or of a part of one, like `DE-BY`.

    Raises LookupError that says what would be right, also where the package is missing.
    """
    country, _, part = name.partition("-")
    countries = _countries()
    if country not in countries:
        raise LookupError(
            f"no public holidays are known of '{country}'; write a country's two letters, like NL "
            "or GB"
        )
    if part and part not in countries[country]:
        raise LookupError(f"'{country}' has no part '{part}'{_listed(part, countries[country])}")

    @cache
    def days_of(year: int) -> frozenset[date]:
        from holidays import country_holidays  # noqa: PLC0415 - an extra

        return frozenset(country_holidays(country, subdiv=part or None, years=year))

    return days_of


def _countries() -> Mapping[str, Sequence[str]]:
    try:
        from holidays import list_supported_countries  # noqa: PLC0415 - an extra
    except ImportError:
        raise LookupError(_EXTRA) from None
    return list_supported_countries(include_aliases=False)


def _listed(part: str, names: Sequence[str]) -> str:
    near = get_close_matches(part, names, 1)
    if not names:
        return "; leave it out"
    return f"; did you mean '{near[0]}'?" if near else f"; its parts are {', '.join(names)}"
