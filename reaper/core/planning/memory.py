"""What earlier passes left behind that the present one must know.

Plain values, read from the ledger at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reaper.core.judging.persistence import COUNTED, ObservedSince
from reaper.core.model.action import Action
from reaper.core.model.session import Activity

_CLOCKS = timedelta(seconds=30)  # by which the clocks of replicas may differ


@dataclass(frozen=True, slots=True)
class Streak:
    """How long a session has been an offender of a policy, in every complete look.

    Since when, in how many looks.
    """

    policy_hash: str
    since: datetime
    looks: int


@dataclass(frozen=True, slots=True)
class LastAction:
    """The last thing the server was asked to do with a session.

    `result` is None while nobody has seen its end.
    """

    action: Action
    at: datetime
    result: str | None


@dataclass(frozen=True)
class Memory:
    """`streaks` by session id and policy name, the rest by session id; `last_actions` of the offenders.

    `seen_over` is when a look first showed a session to be over, of those that do not tell when
    they ended.

    `notified_targets` are the targets that know of an offender, by session id and policy name.

    `recent` are the sessions that anyone asked the account to end within the last hour. `fleet` is
    how many sessions the last complete look showed, None when there was none.

    `looked_at` is when the last look began that could be acted upon. `within` is how long after it
    another one may begin and still follow it; where the present one does not, `follows` is false,
    and all that lasts starts over.
    """

    activity: Mapping[str, Activity] = field(default_factory=dict)
    streaks: Mapping[tuple[str, str], Streak] = field(default_factory=dict)
    last_actions: Mapping[str, LastAction] = field(default_factory=dict)
    recent: frozenset[str] = frozenset()
    fleet: int | None = None
    seen_over: Mapping[str, datetime] = field(default_factory=dict)
    lasting: ObservedSince = field(default_factory=dict)
    notified_targets: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    looked_at: datetime | None = None
    within: timedelta = timedelta(0)
    follows: bool = True

    @property
    def lasted(self) -> ObservedSince:
        """What more than one look has shown to last."""
        once = self.once
        return {key: since for key, since in self.lasting.items() if key not in once}

    @property
    def once(self) -> frozenset[tuple[str, str]]:
        """What only the last look showed to last.

        Two moments tell nothing of the time between them.
        """
        last = self.looked_at
        if last is None:
            return frozenset()
        return frozenset(
            key for key, since in self.lasting.items() if since >= last and key[1] in COUNTED
        )

    def at(self, now: datetime, within: timedelta) -> Memory:
        """What of it counts in a look at that moment.

        Nothing that would have lasted while nobody looked.
        """
        last = self.looked_at
        if last is None or last - _CLOCKS <= now <= last + within:
            return replace(self, within=within)
        kept = {key: since for key, since in self.lasting.items() if key[1] not in COUNTED}
        return replace(self, within=within, follows=False, streaks={}, lasting=kept)
