"""The world as the rules see it. Times are aware datetimes in UTC; None means: not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar, dataclass_transform

from reaper.core.model.kinds import (
    OVER_STATES,
    RUNNING_STATES,
    TRAITS,
    WAITING_STATES,
    KindTraits,
    traits_of,
)

T = TypeVar("T")

AHEAD = "log time in the future"
"""How the cause begins where a log's clock runs ahead of ours: then one of them is wrong."""


class Phase(StrEnum):
    """What a state means to the rules; `unknown` never counts as running and never as over."""

    WAITING = "waiting"
    RUNNING = "running"
    OVER = "over"
    UNKNOWN = "unknown"


def phase_of(state: str | None) -> Phase:
    """The phase of a state as the contract lists them; the state is expected in lower case."""
    return _PHASES.get(state, Phase.UNKNOWN)


_PHASES: dict[str | None, Phase] = {
    **dict.fromkeys(WAITING_STATES, Phase.WAITING),
    **dict.fromkeys(RUNNING_STATES, Phase.RUNNING),
    **dict.fromkeys(OVER_STATES, Phase.OVER),
}


class TaskKey(NamedTuple):
    """What names one task: all tasks of a recurring group share an id.

    It is never the id of a session.
    """

    id: str
    group: int | None = None

    def __str__(self) -> str:
        return f"{self.id}, group index {self.group}," if self.group else self.id


class Problem(NamedTuple):
    """A field of a session that was sent and could not be read, and why not, for a person.

    What was not sent, or sent as null, is not known; that is no problem.
    """

    field: str
    why: str

    def __str__(self) -> str:
        return self.why


ALWAYS_RELIED_ON = frozenset(
    {"kind", "state", "user", "environment", "created_at", "started_at", "ended_at", "run_time"}
)
"""The fields without which no session is understood, whatever the policies say."""

_TIMES = ("created_at", "started_at", "ended_at")
CLOCKS_DIFFER = timedelta(seconds=60)  # a session may also begin while a look is taken

PARTS = {"owner": ("user", "environment")}
"""What a field is put together from, where it is not kept by itself."""

_NAMELESS = "?"
"""How the id of somebody without one begins; no session of a server can have it."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def _value(cls: type[T]) -> type[T]:
    """A dataclass that nobody changes.

    It is frozen to the type checker alone: at run time each session would take twice as long to
    make, and a look makes one for every entry of every page.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


@_value
class Session:
    """One session as one look at the account showed it.

    `state` is in lower case. `owner` is `user@environment`, as AIMMS PRO writes it, and None unless
    both are known. A field that the server did not send is None; one that it sent unreadably is
    None, too, and named in `problems`. An empty `name`, `description` or `message` is the empty
    string. `gb_hours` is what it has used so far: memory in GB times hours; `run_time` for how many
    seconds it has been running. `task` is the one task that runs in it, where a second look has
    just shown that.

    It is `half_read` where one of the unreadable fields is one that the policies rely on: then
    nothing is concluded from the others, and it counts like a session in an unknown state.
    """

    id: str
    kind: str
    state: str | None
    user: str | None = None
    environment: str | None = None
    app: str | None = None
    app_version: str | None = None
    name: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str | None = None
    problems: tuple[Problem, ...] = ()
    gb_hours: float | None = None
    task: TaskKey | None = None
    run_time: float | None = None
    half_read: bool = False
    phase: Phase = field(init=False, default=Phase.UNKNOWN)

    def __post_init__(self) -> None:
        phase = _PHASES.get(self.state, Phase.UNKNOWN)
        if phase is Phase.OVER or not (self.half_read or self.kind not in TRAITS):
            self.phase = phase  # type: ignore[misc]  # while it is made

    @property
    def owner(self) -> str | None:
        if self.user is None or self.environment is None:
            return None
        return f"{self.user}@{self.environment}"

    @property
    def traits(self) -> KindTraits:
        """What its kind is like."""
        return traits_of(self.kind)

    @property
    def of_unknown_kind(self) -> bool:
        """Whether nobody knows what its kind is like, and so what its states mean."""
        return self.kind not in TRAITS

    @property
    def nameless(self) -> bool:
        """Whether it stands for an entry that could not be read.

        It counts for others, and is never judged.
        """
        return self.id.startswith(_NAMELESS)

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the session was created; None when unknown or in the future."""
        if self.created_at is None or self.created_at > now:
            return None
        return now - self.created_at


@dataclass(frozen=True, slots=True)
class Activity:
    """What is known of a session's last activity.

    `at` is the last activity as of `learnt_at`; since then the session may have been active again,
    so an activity learnt before a look can acquit a session in it but never convict one. `source`
    says in words where it was learnt. `at` is None where the look failed; `source` then says why,
    `unreachable` that nothing answered there, and `refused` that the server refused the key.
    """

    session_id: str
    at: datetime | None
    learnt_at: datetime
    source: str
    unreachable: bool = False
    refused: bool = False

    def idle(self, now: datetime) -> timedelta | None:
        """Time since the last activity, never negative; None when unknown."""
        if self.at is None:
            return None
        return max(now - self.at, timedelta(0))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A list entry that could not be read as a session: reported, and never judged.

    `glimpse` is what could be read of it, None where nothing could: it is somebody, though nobody
    knows whom.
    """

    kind: str
    id: str | None
    problem: str
    glimpse: Session | None = None


def somebody(entries: Iterable[Unreadable]) -> tuple[Session, ...]:
    """Each unreadable entry as a session that counts for others, is half read, and has no id of its
    own.
    """
    return tuple(
        replace(
            one.glimpse or Session("", one.kind, None),
            id=f"{_NAMELESS}{one.kind}{number}",
            half_read=True,
        )
        for number, one in enumerate(entries)
    )


def understood(
    sessions: Iterable[Session], relied_on: Collection[str], now: datetime
) -> list[Session]:
    """The same sessions.

    Those of which a field that is relied on could not be read are `half_read`, as are those that
    tell of a time that has yet to come.
    """
    latest = now + CLOCKS_DIFFER
    return [
        replace(session, half_read=True, problems=(*session.problems, *ahead))
        if (ahead := _ahead(session, latest))
        or (session.problems and any(problem.field in relied_on for problem in session.problems))
        else session
        for session in sessions
    ]


def _ahead(session: Session, latest: datetime) -> tuple[Problem, ...]:
    """The times of the session that lie in the future, whatever clock told them."""
    times = (session.created_at, session.started_at, session.ended_at)
    if all(at is None or at <= latest for at in times):
        return ()
    return tuple(
        Problem(field, f"{field}: {at.isoformat()} lies in the future")
        for field, at in zip(_TIMES, times, strict=True)
        if at is not None and at > latest
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at an account: every session that is not known to be over, and perhaps others.

    `doubts` names each reason why this look must not be acted upon (an incomplete list, an unknown
    generation); an empty tuple is a complete and trustworthy look. `unlisted` are those of them
    that say of a list why it could not be read to its end. `unseen` says why others than those that
    were listed may be there, though the look is complete as far as it goes.
    """

    account: str
    sessions: tuple[Session, ...]
    unreadable: tuple[Unreadable, ...] = ()
    doubts: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    unseen: str = ""

    @property
    def fleet(self) -> tuple[Session, ...]:
        """The sessions that are not over."""
        return tuple(s for s in self.sessions if s.phase is not Phase.OVER)

    @property
    def everybody(self) -> Sequence[Session]:
        """The sessions, and somebody for each entry that could not be read."""
        return (*self.sessions, *somebody(self.unreadable)) if self.unreadable else self.sessions

    @property
    def complete(self) -> bool:
        return not self.doubts

    @property
    def shows_everybody(self) -> bool:
        """Whether no session can be missing among those that were read."""
        return self.complete and not self.unreadable and not self.unseen
