"""Durations as people write them, with a unit that cannot be left out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError, core_schema

from reaper.core.model.suggestions import quoted

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WRITTEN = re.compile(
    r"(?:(\d{1,99})w)?(?:(\d{1,99})d)?(?:(\d{1,99})h)?(?:(\d{1,99})m)?(?:(\d{1,99})s)?", re.ASCII
)
_ALMOST = re.compile(
    r"(\d{1,9}(?:[.,]\d{1,9})?)\s*(weeks?|[wW]|days?|[dD]|hours?|hrs?|[hH]|minutes?|mins?|m|seconds?|secs?|[sS])(?![A-Za-z])",
    re.ASCII,
)
_LONGEST = timedelta(days=3_650)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, kept as it was written: `90m`, `1h30m`, `2d`. `seconds` is its length."""

    text: str
    seconds: int

    @property
    def delta(self) -> timedelta:
        return timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, text: object) -> Duration:
        """Read `2h`, `90m`, `1d12h`; raises ValueError that says what would be right."""
        if isinstance(text, Duration):
            return text
        written = str(text).strip()
        match = _WRITTEN.fullmatch(written)
        if not isinstance(text, str) or not written or match is None:
            raise ValueError(f"{quoted(text)} is not a valid duration; {_meant(written)}")
        seconds = sum(int(n) * s for n, s in zip(match.groups("0"), _SECONDS.values(), strict=True))
        if not 0 < seconds <= _LONGEST.total_seconds():
            raise ValueError(
                f"'{text}' is out of range; a duration is longer than 0s and at most 3650d"
            )
        return cls(written, seconds)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _validated, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        pattern = r"^(?=\d)(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?$"
        return {"type": "string", "pattern": pattern, "examples": ["90m", "2h", "1h30m", "2d"]}


def is_duration(text: str) -> bool:
    try:
        Duration.parse(text)
    except ValueError:
        return False
    return True


def _meant(written: str) -> str:
    """What would be right in the place of a text that is not a valid duration."""
    if written.isdigit() and written.strip("0"):
        return f"write a number with its unit: '{written}h' or '{written}m'?"
    parts = _ALMOST.findall(written)
    if not parts or _ALMOST.sub("", written).strip(" ,"):
        return "write a number with its unit, like 90m, 2h, 1h30m or 2d"
    seconds = round(
        sum(float(number.replace(",", ".")) * _SECONDS[unit[0].lower()] for number, unit in parts)
    )
    number, unit = parts[0]
    whole = len(parts) == 1 and number.isdigit()
    return f"did you mean '{f'{number}{unit[0].lower()}' if whole else _exactly(seconds)}'?"


def _exactly(seconds: int) -> str:
    """So many seconds as a person would write them, the largest unit first."""
    text = ""
    for unit, size in list(_SECONDS.items())[1:]:
        text += f"{seconds // size}{unit}" if seconds >= size else ""
        seconds %= size
    return text or "1s"


def _validated(value: object) -> Duration:
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise PydanticCustomError("duration", "{why}", {"why": str(error)}) from None


_SPOKEN = (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1))


def spoken(seconds: float) -> str:
    """A length of time in seconds for people.

    The largest unit and the next, like `2d 3h`, `1h 12m` or `45s`.
    """
    whole = int(abs(seconds))
    for large, size, small, part in _SPOKEN:
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size}{large} {rest}{small}" if rest else f"{whole // size}{large}"
    return f"{whole}s"
