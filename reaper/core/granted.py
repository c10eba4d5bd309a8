"""Exemptions that a person gave by hand, while the policies stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from pydantic import Field

from reaper.core.matching import Match, SessionTest
from reaper.core.selector import Exemption, Text


class Granted(Exemption):
    """An exemption from all policies, given by a person; `ends` is the moment it ends, None for never.

    `session` matches a session's id.
    """

    session: Text = Field(None, description="the session's id")
    id: int = 0
    by: str = ""
    at: datetime | None = None
    account: str | None = Field(None, description="only in this account; in all of them otherwise")
    ends: datetime | None = None

    def matches(self) -> dict[str, Match]:
        """The fields that were given, the session's id first."""
        own = {} if self.session is None else {"id": self.session}
        return {**own, **super().matches()}

    def holds_at(self, now: datetime) -> bool:
        return self.ends is None or now < self.ends

    @cached_property
    def test(self) -> SessionTest:
        return SessionTest(self.matches(), fold=True)

    @property
    def whom(self) -> str:
        """What it names, as it was given: `owner anna@Planning, app Planner`."""
        return ", ".join(f"{'session' if field == 'id' else field} {value}" for field, value in self.matches().items())

    def __str__(self) -> str:
        until = f", until {self.ends.astimezone(UTC):%Y-%m-%d %H:%M}Z" if self.ends else ""
        return f"#{self.id} by {self.by}: {self.reason}{until}"
