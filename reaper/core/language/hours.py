"""When a policy may act: its windows, without the days that are taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from reaper.core.language.holidays import Holidays
from reaper.core.language.selector import Day, Written, problem
from reaper.core.language.window import LIKE, Spell, Window, named_zone

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

_HORIZON = 800  # days; whatever has not opened by then never does


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _zoned(value: object) -> object:
    """Each window with the zone that the others name, where that is only one."""
    written = value if isinstance(value, list | tuple) else [value]
    if not written:
        raise problem("window", f"an empty list is never open; write a window {LIKE}")
    zones = {zone for one in written if (zone := named_zone(one))}
    zone = zones.pop() if len(zones) == 1 else None
    return [one if isinstance(one, Window) else (one, zone) for one in written]


def _window(value: object) -> Window:
    return value if isinstance(value, Window) else Window.parse(*value)  # type: ignore[misc]


Line = Annotated[
    Window,
    PlainValidator(_window, json_schema_input_type=str),
    PlainSerializer(str, return_type=str),
]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_zoned, json_schema_input_type=str | list[str])]
Countries = Annotated[
    tuple[Holidays, ...], BeforeValidator(_listed, json_schema_input_type=Holidays | list[Holidays])
]


class OnlyDuring(Written):
    """One window, a list of them, or with days on which none of them begins."""

    windows: Lines = Field(
        description="a window, or a list of them",
        examples=[
            "Mon-Fri 19:00-07:00 Europe/Amsterdam",
            ["weekends Europe/Amsterdam", "daily 22:00-06:00"],
        ],
    )
    except_: tuple[Day, ...] = Field(
        (),
        alias="except",
        description="days on which no window begins",
        examples=[["2026-12-24", "2026-12-31"]],
    )
    holidays: Countries = Field(
        (),
        description="countries, like NL or DE-BY, on whose holidays no window begins",
        examples=["NL", ["NL", "DE-BY"]],
    )

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, value: Any) -> Any:  # noqa: ANN401 - whatever was written
        return value if isinstance(value, dict | OnlyDuring) else {"windows": value}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = handler.resolve_ref_schema(handler(schema))
        short = whole["properties"]["windows"]
        return {
            "anyOf": [*short["anyOf"], whole],
            "description": whole["description"],
            "examples": short["examples"],
        }

    def __str__(self) -> str:
        return ", ".join(map(str, self.windows))

    def is_open(self, now: datetime) -> bool:
        return any(window.is_open(now, self._begins) for window in self.windows)

    def opens_after(self, now: datetime) -> datetime | None:
        """The first moment from `now` on at which it is open, `now` itself where it is; None when
        there is none.
        """
        moments = [moment for window in self.windows if (moment := self._first(window, now))]
        return min(moments, default=None)

    def closes_after(self, now: datetime) -> datetime | None:
        """The first moment from `now` on at which it is closed; None when it is not within two
        years.
        """
        at, horizon = now, now + timedelta(days=_HORIZON)
        while at < horizon:
            ends = [
                end
                for window in self.windows
                for start, end in self._around(window, at)
                if start <= at < end
            ]
            if not ends:
                return at
            at = max(ends)
        return None

    def state_at(self, now: datetime) -> str:
        """Whether it is open then, and until when, in words."""
        if self.is_open(now):
            closes = self.closes_after(now)
            return f"open until {self.shown(closes)}" if closes else "always open"
        opens = self.opens_after(now)
        return f"opens {self.shown(opens)}" if opens else "does not open again"

    def shown(self, moment: datetime) -> str:
        """A moment on the clock of the first window's place: `Mon 2026-11-23 19:00
        Europe/Amsterdam`.
        """
        zone = self.windows[0].zone
        return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"

    @cached_property
    def _left_out(self) -> frozenset[date]:
        return frozenset(self.except_)

    def _begins(self, day: date) -> bool:
        return day not in self._left_out and not any(day in holidays for holidays in self.holidays)

    def _first(self, window: Window, now: datetime) -> datetime | None:
        """Two days are weighed together, for where clocks are set back at midnight the later one
        can begin first.
        """
        today = now.astimezone(window.zone).date().toordinal()
        last = min(
            max([today, *(day.toordinal() for day in self.except_)]) + _HORIZON,
            date.max.toordinal() - 4,
        )
        for day in range(today - 2, last):
            spells = (*self._spells(window, day), *self._spells(window, day + 1))
            if starts := [max(start, now) for start, end in spells if end > now]:
                return min(starts)
        return None

    def _around(self, window: Window, now: datetime) -> Iterator[Spell]:
        today = now.astimezone(window.zone).date().toordinal()
        for day in range(today - 2, today + 2):
            yield from self._spells(window, day)

    def _spells(self, window: Window, day: int) -> Iterator[Spell]:
        return window.spells(date.fromordinal(day), self._begins)
