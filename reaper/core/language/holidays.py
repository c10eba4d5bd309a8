"""Public holidays as a policy names them: a country, or a part of one. Which days these are, comes
from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

from reaper.core.language.selector import problem
from reaper.core.model.suggestions import quoted

DaysOf = Callable[[int], frozenset[date]]
"""The public holidays of a year."""

_Calendars = Callable[[str], DaysOf]
"""From `NL` or `DE-BY` to its holidays. Raises LookupError that says what would be right."""

CALENDARS = "calendars"
"""Under this key the validation context brings the calendars."""

_WRITTEN = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Holidays:
    """The public holidays of a country, like `NL`, or of a part of one, like `DE-BY`."""

    name: str
    days_of: DaysOf = field(compare=False, repr=False)

    def __contains__(self, day: date) -> bool:
        return day in self.days_of(day.year)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(
            _found, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": f"^{_WRITTEN.pattern}$", "examples": ["NL", "DE-BY"]}


def _found(value: object, info: ValidationInfo) -> Holidays:
    if isinstance(value, Holidays):
        return value
    if not isinstance(value, str) or not _WRITTEN.fullmatch(value):
        raise problem(
            "holidays",
            f"{quoted(value)} is not a country code; write its two letters, like NL, or a part, like DE-BY",
        )
    calendars: _Calendars | None = (info.context or {}).get(CALENDARS)
    if calendars is None:
        raise problem("holidays", f"the public holidays of '{value}' are not known here")
    try:
        return Holidays(value, calendars(value))
    except LookupError as error:
        raise problem("holidays", str(error)) from None
