"""Whom a person means: selectors and exemptions, checked so that none can be written that could
never match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, Self
from unicodedata import category

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from reaper.core.model.kinds import (
    COMPUTING,
    EVERY_KIND,
    KINDS,
    RUNNING_STATES,
    USUAL_KIND,
    WAITING_STATES,
)
from reaper.core.model.matching import FIELDS, Match, SessionTest, is_glob, is_regex, matcher, regex
from reaper.core.model.names import folded, folded_glob, oddities
from reaper.core.model.suggestions import did_you_mean, quoted

_UNSEEN = frozenset({"Cc", "Zl", "Zp"})
_NEGATED = re.compile(r"not\s+|!=?\s*", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*[,;]\s*|\s+or\s+|\s+and\s+")
_EARLIEST = 2000  # the year; at the beginning of time, no zone has a day before


def problem(kind: str, message: str, *at: int | str) -> PydanticCustomError:
    """An error whose text is already written for a person; `at` leads from what is checked to what
    is wrong in it.
    """
    return PydanticCustomError(kind, "{why}", {"why": message, "at": at})


def said(value: object) -> object:
    if value is None:
        raise problem("nothing", "the value is missing; write a value, or leave the key out")
    return value


SAID = BeforeValidator(said)
"""For a key that may be left out, but not left empty: what is forgotten there must not be an absent
restraint.
"""


class Written(BaseModel):
    """The base of all that is written by hand: unknown keys are errors, nothing changes after
    loading.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


Way = tuple[int | str, ...]
"""The keys and positions that lead to a value in a file; pydantic's `loc` is one."""


def _pattern(value: object) -> Match:
    return _match(value, ())


def _match(value: object, at: Way) -> Match:
    match value:
        case str():
            return _text(value, at)
        case []:
            raise problem("pattern", "an empty list matches nothing; name at least one value", *at)
        case list():
            return [_simple(one, (*at, number)) for number, one in enumerate(value)]
        case {"not": inner, **rest} if not rest:
            return {"not": _match(inner, (*at, "not"))}
        case int() | float():
            raise problem(
                "pattern", "this is a number or truth value to YAML; put it in quotes", *at
            )
        case _:
            how = "write a name, a pattern with * and ?, a /regex/, a list of them, or {not: ...}"
            raise problem("pattern", how, *at)


def _text(value: str, at: Way) -> str:
    hidden = next((character for character in value if category(character) in _UNSEEN), None)
    if hidden is not None:
        why = (
            f"a control character (U+{ord(hidden):04X}) is in this text, mostly by a \\ between "
            "double quotes"
        )
        raise problem("pattern", f"{why}; write 'single quotes' around it", *at)
    if is_regex(value):
        return _compiles(value, at)
    if not folded(value) or value.strip() != value:
        raise problem(
            "pattern", f"'{value}' can never match; write a name without spaces around it", *at
        )
    if negated := _NEGATED.match(value):
        why = (
            f"'{value}' would be a name that begins with '{negated[0].strip()}'; for all others "
            "write"
        )
        raise problem("pattern", f"{why} {{not: '{value[negated.end() :]}'}}", *at)
    return value


def _compiles(value: str, at: Way) -> str:
    try:
        regex(value, fold=False)
    except ValueError as error:
        instead = (
            "; for all that does not match, write {not: /.../}"
            if "(?!" in value
            else "; only RE2 syntax is supported"
        )
        raise problem(
            "pattern", f"'{value}' is not a valid regular expression: {error}{instead}", *at
        ) from None
    return value


def _simple(value: object, at: Way) -> str:
    if isinstance(value, str):
        return _text(value, at)
    if isinstance(value, dict | list):
        raise problem(
            "pattern",
            "a list holds names and patterns; put {not: [...]} around the whole list",
            *at,
        )
    return str(_match(value, at))  # which refuses it


def names_in(pattern: Match, at: Way = ()) -> Iterator[tuple[Way, str]]:
    """Every name or pattern that a match mentions, each with its way."""
    match pattern:
        case str():
            yield at, pattern
        case list():
            yield from (((*at, number), one) for number, one in enumerate(pattern))
        case dict():
            yield from names_in(pattern["not"], (*at, "not"))


def _lower(pattern: Match) -> Match:
    """Kinds and states are told in lower case, so that a negated one must be, too."""
    match pattern:
        case str():
            return _lowered(pattern)
        case list():
            return [_lowered(one) for one in pattern]
        case dict():
            return {"not": _lower(pattern["not"])}


def _lowered(name: str) -> str:
    return name if is_regex(name) else folded_glob(name)


def _one_of(what: str, names: frozenset[str]) -> AfterValidator:
    def check(pattern: Match) -> Match:
        for at, name in names_in(pattern):
            if not any(map(matcher(name, fold=True), names)):
                hint = did_you_mean(name, names) or ";"
                there = f"{hint} it is one of {', '.join(sorted(names))}"
                raise problem("never", f"no session has the {what} '{name}'{there}", *at)
        return _lower(pattern)

    return AfterValidator(check)


def _owner(pattern: Match) -> Match:
    for at, name in names_in(pattern):
        if len(several := _SEVERAL.split(name)) > 1 and all("@" in one for one in several):
            raise problem(
                "pattern", f"'{name}' is one text; write a list: [{', '.join(several)}]", *at
            )
        if "@" not in name and not is_regex(name) and not (is_glob(name) and name.endswith("*")):
            how = f"an owner is user@environment, like '{name}@ROOT' or '{name}@*'"
            raise problem("never", f"'{name}' is not a valid owner; {how}", *at)
    return pattern


def _day(value: object) -> object:
    if value is None or isinstance(value, date):
        return value
    try:
        day = datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise problem(
            "day", f"{quoted(value)} is not a valid day; write one like 2026-12-31"
        ) from None
    if day.year < _EARLIEST:
        raise problem("day", f"'{value}' is too long ago; write a day like 2026-12-31")
    return day


DAY = BeforeValidator(_day)
Day = Annotated[date, DAY]


class Unlike(Written):
    """Everything else."""

    not_: str | list[str] | Unlike = Field(
        alias="not",
        description="what must not match",
        examples=["svc-*@*", ["svc-*@*", "admin@ROOT"]],
    )


_Written = BeforeValidator(
    _pattern, json_schema_input_type=str | Annotated[list[str], Field(min_length=1)] | Unlike
)
Text = Annotated[Any, _Written]
Kind = Annotated[Any, _Written, _one_of("kind", frozenset(KINDS))]
State = Annotated[Any, _Written, _one_of("state", RUNNING_STATES | WAITING_STATES)]
Owner = Annotated[Any, _Written, AfterValidator(_owner)]


class Selector(Written):
    """Field matches that must all hold.

    A value is a name, a pattern with `*` and `?`, a `/regex/`, a list of these, or `{not: ...}`.
    """

    kind: Kind = Field(
        None, description=EVERY_KIND, examples=[USUAL_KIND, [k for k in KINDS if k in COMPUTING]]
    )
    state: State = Field(
        None,
        description="the state as the session-manager tells it, like running or queued",
        examples=["running"],
    )
    app: Text = Field(None, description="the application's name", examples=["Planner*"])
    app_version: Text = Field(None, description="the application's version", examples=["1.10"])
    owner: Owner = Field(
        None,
        description="user@environment, like admin@ROOT or *@Planning",
        examples=["*@Planning", {"not": "svc-*@*"}],
    )
    environment: Text = Field(None, description="the owner's environment", examples=["Planning"])
    name: Text = Field(None, description="the session's name", examples=["/^batch [0-9]+$/"])
    description: Text = Field(
        None, description="the session's description", examples=[{"not": "*keep*"}]
    )

    def matches(self) -> dict[str, Match]:
        """The fields that were written, in the order of the language."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name) is not None}

    def oddities(self) -> Iterator[tuple[Way, str]]:
        """What nobody can see in the names that were written, each with its way, in words."""
        for field, written in self.matches().items():
            for at, name in names_in(written):
                yield from (((field, *at), why) for why in oddities(name))

    def kinds(self) -> frozenset[str]:
        """The kinds that can be selected."""
        if self.kind is None:
            return frozenset(KINDS)
        return frozenset(filter(matcher(self.kind, fold=True), KINDS))


class Exemption(Selector):
    """Sessions that are left alone whatever a rule says; `until` is the last day it holds (UTC),
    whole.
    """

    reason: str = Field(
        min_length=1,
        description="the reason; shown wherever the exemption decides",
        examples=["operations"],
    )
    until: Annotated[date | None, DAY, SAID] = Field(
        None, description="the last day it holds, in UTC", examples=["2026-12-31"]
    )

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.matches():
            raise problem(
                "never", f"an exemption names what it protects: one or more of {', '.join(FIELDS)}"
            )
        return self

    def holds_at(self, now: datetime) -> bool:
        if self.until is None:
            return True
        return now.astimezone(UTC).date() <= self.until

    @cached_property
    def test(self) -> SessionTest:
        return SessionTest(self.matches(), fold=True)

    def __str__(self) -> str:
        until = f", until {self.until}" if self.until else ""
        return f"{self.reason}{until}"
