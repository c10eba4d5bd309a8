"""Exemptions that a person gave by hand, while the policies stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from pydantic import Field

from reaper.core.language.selector import Exemption, Text
from reaper.core.model.kinds import KINDS
from reaper.core.model.matching import Answer, Match, SessionTest, is_glob, is_regex
from reaper.core.model.session import Session


class ManualExemption(Exemption):
    """An exemption from all policies, given by a person; `ends` is the moment it ends, None for
    never.

    `session` matches a session's id by its first characters, as other commands take it.
    """

    session: Text = Field(None, description="the session's id, or its first characters")
    id: int = 0
    by: str = ""
    at: datetime | None = None
    account: str | None = Field(None, description="only in this account; in all of them otherwise")
    ends: datetime | None = None

    def matches(self) -> dict[str, Match]:
        """The fields that were given, the session's id first."""
        return self._by_id() | super().matches()

    def _by_id(self) -> dict[str, Match]:
        if self.session is None:
            return {}
        pattern = is_glob(self.session) or is_regex(self.session)
        return {"id": self.session if pattern else f"{self.session}*"}

    def holds_at(self, now: datetime) -> bool:
        return self.ends is None or now < self.ends

    @cached_property
    def test(self) -> SessionTest:
        return SessionTest(self.matches(), fold=True)

    @property
    def covers_everything(self) -> bool:
        """Whether it covers even sessions that nobody would name."""
        return all(self.test(_nobody(kind)) is Answer.YES for kind in KINDS)

    @property
    def whom(self) -> str:
        """What it names, as it was given: `owner anna@Planning, app Planner`."""
        named = {"session": self.session, **super().matches()}
        return ", ".join(f"{field} {value}" for field, value in named.items() if value is not None)

    def __str__(self) -> str:
        until = f", until {self.ends.astimezone(UTC):%Y-%m-%d %H:%M}Z" if self.ends else ""
        return f"#{self.id} by {self.by}: {self.reason}{until}"


def _nobody(kind: str) -> Session:
    return Session(
        "7c0e9f1d",
        kind,
        "running",
        "u-52f8",
        "e-b3d1",
        app="a-90c7",
        app_version="v-6e2a",
        name="n-18d5",
    )
