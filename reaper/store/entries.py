"""What the record says, as values: each has the names that people see, and is made by keyword.

`entry` makes every one of them from a row whose columns bear the names of its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from reaper.core.planning.holds import Holds
from reaper.store.tables import runs

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Entry = TypeVar("_Entry", bound="DataclassInstance")

Position = tuple[int | str, ...]
"""What orders the entries of a list and is unique to each."""

PLANNED = "planned"
"""The outcome of a step that was never begun."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """Something on record about a session: when, by which run, and by which policy."""

    at: datetime
    run: int
    account: str
    session: str
    kind: str
    owner: str | None
    app: str | None
    policy: str


@dataclass(frozen=True, kw_only=True)
class HistoryEntry(SessionRecord):
    """A decision (`event` is its ruling), something that happened to a step (`event` is what), or a
    notice.

    `reason` is why, and `evidence` what that rests on, in each row of a step; `detail` is what this
    event itself says, like how a session was seen to end.
    """

    event: str
    action: str | None = None
    reason: str
    detail: str = ""
    policy_hash: str | None = None
    evidence: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class DecisionEntry(SessionRecord):
    """A verdict as it was recorded when it was taken; it stands until another one is."""

    policy_hash: str
    ruling: str
    reason: str
    evidence: dict[str, Any]

    @property
    def position(self) -> Position:
        return self.run, self.session, self.policy


@dataclass(frozen=True, kw_only=True)
class StepEvent:
    """Something that happened to a step: it was intended, or came to an outcome."""

    at: datetime
    event: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class StepEntry(SessionRecord):
    """What was to be done about a session.

    `outcome` is its last event, or `planned` where it was never begun.
    """

    id: int
    action: str
    reason: str
    outcome: str
    events: list[StepEvent]

    @property
    def position(self) -> Position:
        return (self.id,)


@dataclass(frozen=True, kw_only=True)
class CurrentVerdict:
    """The verdict of one policy that stands now, and the run that took it."""

    policy: str
    policy_hash: str
    ruling: str
    reason: str
    run: int
    at: datetime
    offender_since: datetime | None


@dataclass(frozen=True, kw_only=True)
class SessionEntry:
    """A session as the last complete look at its account judged it.

    `ruling` is the gravest of its verdicts.
    """

    account: str
    session: str
    kind: str
    owner: str | None
    app: str | None
    ruling: str
    last_activity: datetime | None
    verdicts: list[CurrentVerdict]

    @property
    def position(self) -> Position:
        return self.account, self.session


@dataclass(frozen=True, kw_only=True)
class PolicyEntry:
    """A text of a policy that some run judged by. `hash` is what decisions name it by."""

    name: str
    hash: str
    first_seen_at: datetime
    text: str

    @property
    def position(self) -> Position:
        return self.name, self.hash


@dataclass(frozen=True, kw_only=True)
class PlannedSteps:
    """How many steps a run planned, by action and by each policy that asks for them.

    `within_limits` is how many of the oldest no limit stood against.
    """

    actions: dict[str, int]
    policies: dict[str, int]
    within_limits: int


@dataclass(frozen=True, kw_only=True)
class RunEntry:
    """A pass, what it planned, and how many of its steps came to each end.

    `finished_at` is None where it broke off or goes on, `planned` where an earlier version made it.
    `concerns` are what of it needs a person, each with its `check` and the `reason`, `judged` how
    many sessions had which verdict of each policy that was in force. `blocked`
    tells why none of its steps was to be taken, `request` what a person asked of it. It is
    `latched` where nothing is ended before a person acknowledges it, and then perhaps
    `acknowledged`. Of steps that an earlier run withheld alike, there are no `outcomes`.
    """

    id: int
    account: str
    started_at: datetime
    finished_at: datetime | None
    enforcing: bool
    complete: bool
    doubts: list[str]
    concerns: list[dict[str, str]]
    judged: dict[str, dict[str, int]]
    halted: list[str]
    latched: bool
    acknowledged: bool
    planned: PlannedSteps | None
    blocked: str | None
    request: str | None
    sessions: int
    compliant: int
    offenders: int
    exempt: int
    undetermined: int
    probes: int
    version: str
    actor: str
    outcomes: dict[str, int]

    @property
    def position(self) -> Position:
        return (self.id,)

    @property
    def holds(self) -> Holds:
        """What still waits for a person since this run."""
        return Holds(halted_run=self.id if self.latched and not self.acknowledged else None)


@dataclass(frozen=True, kw_only=True)
class PastLook:
    """The last run that read the whole list of the account by then.

    `policies` are the hashes of its texts, by name.
    """

    id: int
    at: datetime
    enforcing: bool
    complete: bool
    doubts: list[str]
    halted: list[str]
    policies: Mapping[str, str]
    version: str
    actor: str


def select_about(
    table: sa.Table, at: sa.ColumnElement[datetime], *own: sa.ColumnElement[Any]
) -> sa.Select[Any]:
    """The columns of a SessionRecord and some `own` ones, of a table that is joined with `runs`."""
    return sa.select(
        at.label("at"),
        table.c.run_id.label("run"),
        runs.c.account,
        table.c.session_id.label("session"),
        table.c.kind,
        table.c.owner,
        table.c.app,
        table.c.policy,
        *own,
    )


def entry(kind: type[_Entry], row: sa.RowMapping, **instead: object) -> _Entry:
    """The row as such an entry. What is given by name stands instead of the row's column."""
    named = {field.name for field in fields(kind)} & row.keys()
    return kind(**{name: row[name] for name in named} | instead)
