"""Durations as a person writes them: a number with its unit, always."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def parse_duration(text: str) -> timedelta:
    """`3h`, `1h30m`, `-1d`, `250ms`; ValueError without a unit."""
    sign, body = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    parts = _PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body:
        raise ValueError(
            f"{text!r} is not a valid duration: write a number with its unit (ms, s, m, h, d, w), as in "
            "90s or 1h30m"
        )
    return sign * timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def _read(given: object) -> timedelta:
    if isinstance(given, timedelta):
        return given
    if isinstance(given, str):
        return parse_duration(given)
    raise ValueError(f"{given!r} is not a valid duration: write a number with its unit, as in 90s")


def _read_unsigned(given: object) -> timedelta:
    duration = _read(given)
    if duration < timedelta(0):
        raise ValueError(f"{given!r} lies before zero")
    return duration


Duration = Annotated[timedelta, BeforeValidator(_read_unsigned)]
SignedDuration = Annotated[timedelta, BeforeValidator(_read)]
