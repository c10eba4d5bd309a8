"""What people are told of offenders: once each, in words and as fields."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from reaper.core.judging.verdict import Verdict
from reaper.foreign_text import visible

_LONGEST_NAME = 200  # characters; what is longer is cut, so that one offender fits any message
_LONGEST_TEXT = 500


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
            "owner": session.owner and _cut(session.owner),
            "app": session.app and _cut(session.app),
        }
        return {
            **who,
            "policy": self.key[1],
            "reason": _cut(self.verdict.reason, _LONGEST_TEXT),
            "since": self.since.isoformat(),
        }

    def __str__(self) -> str:
        session, reason = self.verdict.session, _cut(self.verdict.reason, _LONGEST_TEXT)
        app = f", app {_cut(session.app)}" if session.app else ""
        owner = _cut(session.owner) if session.owner else "nobody known"
        who = f"{session.kind} session {session.id} of {owner}{app}"
        return f"{who}: {reason}; an offender since {self.since:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Notice:
    """One message to one target: what is new to it in one account.

    Where not all of it fits one message, it is the `number`-th, and `left` offenders follow.
    """

    account: str
    at: datetime
    reported: tuple[ReportedOffender, ...]
    number: int = 1
    left: int = 0

    def split(self, fits: Callable[[Notice], bool]) -> tuple[Notice, Notice | None]:
        """As much of it as fits one message, one offender at least, and the rest."""
        count = self._how_many(fits)
        rest = self.reported[count:]
        after = replace(self, reported=rest, number=self.number + 1) if rest else None
        return self._first(count), after

    def _how_many(self, fits: Callable[[Notice], bool]) -> int:
        """About as many as fit, found from below: messages are short, and lists may be long."""
        most, fitting, beyond = len(self.reported), 1, 2
        while beyond <= most and fits(self._first(beyond)):
            fitting, beyond = beyond, 2 * beyond
        if beyond > most and fits(self):
            return most
        step = max(fitting // 16, 1)
        counts = range(fitting + step, min(beyond, most), step)
        return fitting + step * bisect_left(counts, 1, key=lambda few: not fits(self._first(few)))

    def _first(self, count: int) -> Notice:
        return replace(self, reported=self.reported[:count], left=len(self.reported) - count)

    @property
    def subject(self) -> str:
        count = len(self.reported)
        part = f" (message {self.number})" if self.number > 1 or self.left else ""
        return (
            f"reaper: {count} {'session' if count == 1 else 'sessions'} of {self.account} to look "
            f"at{part}"
        )

    @property
    def text(self) -> str:
        """Plain text; whatever a server sent stays on its line, and shows no control character."""
        return "\n".join(map(visible, self._lines()))

    def _lines(self) -> Iterator[str]:
        yield f"{self.subject}."
        for policy, reported in groupby(self.reported, lambda c: c.verdict.policy):
            yield ""
            about = _cut(policy.description or "", _LONGEST_TEXT)
            yield f"{policy.name}: {about}" if about else f"{policy.name}:"
            yield from (f"- {conviction}" for conviction in reported)
        if self.left:
            yield ""
            yield f"... and {self.left} more, which further messages name"
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
            "message": self.number,
            "left": self.left,
            "sessions": [c.fields for c in self.reported],
        }


class TrialNotice(Notice):
    """A message that names nobody: whether it arrives is what somebody wants to know."""

    @property
    def subject(self) -> str:
        return "reaper: a test message"

    def _lines(self) -> Iterator[str]:
        yield f"{self.subject}."
        yield ""
        yield "Somebody tried whether messages of the reaper arrive here. Nothing is to be done."

    @property
    def fields(self) -> dict[str, Any]:
        return {**super().fields, "test": True}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notice to a target.

    `detail` is one line for a person, and holds no secret.
    """

    target: str
    notice: Notice
    result: DeliveryStatus
    detail: str = ""


def _cut(text: str, longest: int = _LONGEST_NAME) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
