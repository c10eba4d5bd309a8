"""What can be asked of the record, as the OpenAPI document states it.

An unknown parameter is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from reaper.core.judging.verdict import Ruling
from reaper.core.planning.plan import Result
from reaper.store import HistoryFilter

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _moment(given: object) -> datetime | None:
    if given is None:
        return None
    if not isinstance(given, str) or not _RFC3339.fullmatch(given):
        raise ValueError("a time is written like 2026-11-23T10:00:00Z")
    fraction = re.sub(r"\.(\d{6})\d+", r".\1", given.upper())
    try:
        return datetime.fromisoformat(fraction).astimezone(UTC)
    except OverflowError:
        return _EARLIEST if given < "5" else _LATEST


Moment = Annotated[
    datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
_TEXT = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[^\x00]+$"}
Text = Annotated[
    str | None, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$"), WithJsonSchema(_TEXT)
]
_VERDICTS = tuple(ruling.value for ruling in Ruling)
_OUTCOMES = (*(result.value for result in Result), "intended", "planned")


def _among(words: tuple[str, ...]) -> AfterValidator:
    def known(given: str | None) -> str | None:
        if given is not None and given not in words:
            raise ValueError(f"not a known name; it is one of {', '.join(words)}")
        return given

    return AfterValidator(known)


Verdict = Annotated[
    str | None, _among(_VERDICTS), WithJsonSchema({"type": "string", "enum": list(_VERDICTS)})
]
Outcome = Annotated[
    str | None, _among(_OUTCOMES), WithJsonSchema({"type": "string", "enum": list(_OUTCOMES)})
]


class QueryParams(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="The maximum number of entries.")
    cursor: Text = Field(None, description="`next` of the page before.")


class PolicyParams(QueryParams):
    """Which texts of policies."""

    name: Text = Field(None, description="Only of this policy.")
    policy: Text = Field(
        None, description="The same as `name`, by the name that the other lists have for it."
    )


class RunParams(QueryParams):
    """Which runs."""

    account: Text = Field(None, description="Only of this account.")
    since: Moment = Field(None, description="Only from this time on.")
    until: Moment = Field(None, description="Only before this time.")


class _OfSessions(QueryParams):
    account: Text = Field(None, description="Only of this account.")
    session: Text = Field(None, description="Only this session; a prefix of its id is enough.")
    owner: Text = Field(None, description="Only of this owner; `*` stands for anything.")
    policy: Text = Field(None, description="Only by this policy.")

    def filter(self, outcome: str | None) -> HistoryFilter:
        """As the history takes it, for one entry more than a page has."""
        given = self.model_dump(include={"account", "session", "owner", "policy", "since", "until"})
        return HistoryFilter(**given, outcome=outcome, limit=self.limit + 1)


class SessionParams(_OfSessions):
    """Which sessions; each filter must hold of one of its verdicts."""

    ruling: Verdict = Field(None, description="Only with such a verdict.")
    outcome: Verdict = Field(
        None, description="The same as `ruling`, by the name that the history has for it."
    )
    since: Moment = Field(None, description="Only with a verdict taken from this time on.")
    until: Moment = Field(None, description="Only with a verdict taken before this time.")


class DecisionParams(_OfSessions):
    """Which decisions."""

    ruling: Verdict = Field(None, description="Only such verdicts.")
    outcome: Verdict = Field(
        None, description="The same as `ruling`, by the name that the history has for it."
    )
    since: Moment = Field(None, description="Only from this time on.")
    until: Moment = Field(None, description="Only before this time.")


class StepParams(_OfSessions):
    """Which steps."""

    outcome: Outcome = Field(
        None, description="Only steps that came to this; their last event counts."
    )
    since: Moment = Field(None, description="Only of runs from this time on.")
    until: Moment = Field(None, description="Only of runs before this time.")
