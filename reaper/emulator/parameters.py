"""The query parameters, as the OpenAPI document states them; an unknown one is refused."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from .session import SORTABLE

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _moment(given: object) -> datetime | None:
    if given is None:
        return None
    if not isinstance(given, str) or not _RFC3339.fullmatch(given):
        raise ValueError("a time is written as RFC 3339 has it, as in 2026-01-31T12:00:00Z")
    fraction = re.sub(r"\.(\d{6})\d+", r".\1", given.upper())
    try:
        return datetime.fromisoformat(fraction).astimezone(UTC)
    except OverflowError:
        return _EARLIEST if given < "5" else _LATEST


def _day(given: object) -> object:
    if given is not None and not (isinstance(given, str) and _DATE.fullmatch(given)):
        raise ValueError("a day is written as in 2026-01-31")
    return given


Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Day = Annotated[
    date | None, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})
]
Text = Annotated[str | None, WithJsonSchema({"type": "string"})]

_ONE_FIELD = f"-?({'|'.join(SORTABLE)})"


class Page(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    offset: int = Field(0, ge=0, description="How many to leave out.")
    limit: int = Field(100, ge=1, le=1000, description="How many to answer at most.")


class SessionQuery(Page):
    """Every filter must hold. `_cs` minds the case, `_ci` does not.

    `_in` and `_not_in` do, with commas between.
    """

    sort: str = Field(
        "-created_at",
        pattern=f"^{_ONE_FIELD}(,{_ONE_FIELD})*$",
        description="Fields with commas between; `-` before one sorts it descending.",
    )
    created_at_from: Moment = Field(None, description="Inclusive.")
    created_at_to: Moment = Field(None, description="Exclusive.")

    id_equal_cs: Text = None
    id_equal_ci: Text = None
    id_contain_cs: Text = None
    id_contain_ci: Text = None
    id_in: Text = None
    id_not_in: Text = None
    name_equal_cs: Text = None
    name_equal_ci: Text = None
    name_contain_cs: Text = None
    name_contain_ci: Text = None
    name_in: Text = None
    name_not_in: Text = None
    state_equal_cs: Text = None
    state_equal_ci: Text = None
    state_contain_cs: Text = None
    state_contain_ci: Text = None
    state_in: Text = None
    state_not_in: Text = None
    environment_name_equal_cs: Text = None
    environment_name_equal_ci: Text = None
    environment_name_contain_cs: Text = None
    environment_name_contain_ci: Text = None
    environment_name_in: Text = None
    environment_name_not_in: Text = None
    user_name_equal_cs: Text = None
    user_name_equal_ci: Text = None
    user_name_contain_cs: Text = None
    user_name_contain_ci: Text = None
    user_name_in: Text = None
    user_name_not_in: Text = None
    app_name_equal_cs: Text = None
    app_name_equal_ci: Text = None
    app_name_contain_cs: Text = None
    app_name_contain_ci: Text = None
    app_name_in: Text = None
    app_name_not_in: Text = None
    app_version_equal_cs: Text = None
    app_version_equal_ci: Text = None
    app_version_contain_cs: Text = None
    app_version_contain_ci: Text = None
    app_version_in: Text = None
    app_version_not_in: Text = None


class LogFilter(BaseModel):
    """Which lines of a log."""

    model_config = ConfigDict(extra="forbid")

    begin: Moment = Field(None, description="The earliest time, inclusive.")
    end: Moment = Field(None, description="The latest time, exclusive.")
    contains: Text = Field(None, description="A part of the message, case-sensitive.")


class LogQuery(LogFilter, Page):
    """Which lines of a log, in which order."""

    sort: str = Field("index", pattern="^-?index$", description="`index` or `-index`.")


class TaskQuery(Page):
    """Which tasks of an application."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    app_name: str = Field(alias="appName")
    app_version: Text = Field(None, alias="appVersion")
    before: Day = Field(None, description="Created before this day.")
    after: Day = Field(None, description="Created on or after this day.")


class GroupQuery(BaseModel):
    """Which of a recurring group."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    group_index: int = Field(0, ge=0, le=2**31 - 1, alias="groupIndex")


class NoQuery(BaseModel):
    """No parameter at all."""

    model_config = ConfigDict(extra="forbid")
