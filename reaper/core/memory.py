"""What earlier passes left behind that the present one must know: plain values, read from the ledger at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reaper.core.action import Action
from reaper.core.lasting import Lasting
from reaper.core.session import Activity


@dataclass(frozen=True, slots=True)
class Streak:
    """How long a session has been an offender of a policy, in every complete look: since when, in how many looks."""

    policy_hash: str
    since: datetime
    looks: int


@dataclass(frozen=True, slots=True)
class Asked:
    """The last thing the server was asked to do with a session. `result` is None while nobody has seen its end."""

    action: Action
    at: datetime
    result: str | None


@dataclass(frozen=True)
class Memory:
    """`streaks` by session id and policy name, the rest by session id; `asked` of the offenders.

    `seen_over` is when a look first showed a session to be over, of those that do not tell when they ended.

    `told` are the targets that know of an offender, by session id and policy name.

    `recent` are the sessions that anyone asked the account to end within the last hour. `fleet` is how many sessions
    the last complete look showed, None when there was none.
    """

    activity: Mapping[str, Activity] = field(default_factory=dict)
    streaks: Mapping[tuple[str, str], Streak] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)
    recent: frozenset[str] = frozenset()
    fleet: int | None = None
    seen_over: Mapping[str, datetime] = field(default_factory=dict)
    lasting: Lasting = field(default_factory=dict)
    told: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
