"""What people are told of offenders: once each, in words and as fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from reaper.core.judging.verdict import Verdict
from reaper.foreign_text import visible

_LONGEST = 50  # offenders that a text names; the fields have all


class DeliveryStatus(StrEnum):
    """What became of a notice. What was not told is told by the next run."""

    TOLD = "told"
    NOT_TOLD = "not-told"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class ReportedOffender:
    """An offender of a policy that tells, and since when it is one."""

    verdict: Verdict
    since: datetime

    @property
    def key(self) -> tuple[str, str]:
        """The session's id and the policy's name."""
        return self.verdict.session.id, self.verdict.policy.name

    @property
    def fields(self) -> dict[str, str | None]:
        """For programs; times in ISO 8601, UTC."""
        session = self.verdict.session
        who = {
            "session": session.id,
            "kind": session.kind,
            "owner": session.owner,
            "app": session.app,
        }
        return {
            **who,
            "policy": self.key[1],
            "reason": self.verdict.reason,
            "since": self.since.isoformat(),
        }

    def __str__(self) -> str:
        session = self.verdict.session
        app = f", app {session.app}" if session.app else ""
        who = f"{session.kind} session {session.id} of {session.owner or 'nobody known'}{app}"
        return f"{who}: {self.verdict.reason}; an offender since {self.since:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Notice:
    """One message to one target: what is new to it in one account."""

    account: str
    at: datetime
    reported: tuple[ReportedOffender, ...]

    @property
    def subject(self) -> str:
        count = len(self.reported)
        return (
            f"reaper: {count} {'session' if count == 1 else 'sessions'} of {self.account} to look "
            "at"
        )

    @property
    def text(self) -> str:
        """Plain text; whatever a server sent stays on its line, and shows no control character."""
        return "\n".join(map(visible, self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.subject}."
        for policy, reported in groupby(self.reported[:_LONGEST], lambda c: c.verdict.policy):
            yield ""
            yield (
                f"{policy.name}: {policy.description}" if policy.description else f"{policy.name}:"
            )
            yield from (f"- {conviction}" for conviction in reported)
        if (more := len(self.reported) - _LONGEST) > 0:
            yield f"... and {more} more"
        yield ""
        yield (
            "Nothing is ended by this. Please close what is no longer needed. What is to stay "
            "needs an exemption with "
            "a reason; the operator of the reaper can add one (`reaper exempt add`)."
        )

    @property
    def fields(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "account": self.account,
            "at": self.at.isoformat(),
            "sessions": [c.fields for c in self.reported],
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notice to a target.

    `detail` is one line for a person, and holds no secret.
    """

    target: str
    notice: Notice
    result: DeliveryStatus
    detail: str = ""
