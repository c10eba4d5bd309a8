"""What runs now, and what the policies say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from reaper.bootstrap import database
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Observation, Ruling, Verdict, gravest
from reaper.core.language.policy import PolicySet
from reaper.core.model.matching import star_reads_alike
from reaper.core.model.session import Activity, Session
from reaper.core.model.suggestions import did_you_mean
from reaper.errors import ConfigurationError
from reaper.ports import Tell
from reaper.run.observe import probe_also
from reaper.run.pipeline import Reaper
from reaper.usecases.accounts import Observed, observe_all
from reaper.usecases.snapshots import kept, write_fleets

__all__ = [
    "ORDERS",
    "UNSELECTED",
    "VERDICTS",
    "FleetView",
    "Observation",
    "Observed",
    "SessionFilter",
    "SessionRow",
    "observe",
    "strange_names",
    "view",
]

UNSELECTED = "not-selected"
VERDICTS = (*map(str, Ruling), UNSELECTED)
"""What a verdict of a filter may be."""


@dataclass(frozen=True)
class SessionRow:
    """A session of a look with what the chosen policies say of it."""

    session: Session
    verdicts: tuple[Verdict, ...]
    activity: Activity | None
    now: datetime

    @property
    def ruling(self) -> Ruling | None:
        """The gravest; None where none of the policies selects it."""
        return gravest(verdict.ruling for verdict in self.verdicts)

    @property
    def age(self) -> timedelta | None:
        return self.session.age(self.now)

    @property
    def idle(self) -> timedelta | None:
        """How long it has been idle, or at most, where that was not learnt in this look."""
        return self.activity.idle(self.now) if self.activity else None

    @property
    def fresh(self) -> bool:
        """Whether the idle time was learnt in this look."""
        return self.activity is not None and self.activity.learnt_at >= self.now


def _longest(length: timedelta | None) -> float:
    return -length.total_seconds() if length else 0


_ORDERS: dict[str, Callable[[SessionRow], Any]] = {
    "verdict": lambda row: (row.ruling is not Ruling.OFFENDER, _longest(row.age)),
    "age": lambda row: _longest(row.age),
    "idle": lambda row: _longest(row.idle),
    "owner": lambda row: (row.session.owner or "").casefold(),
    "app": lambda row: (row.session.app or "").casefold(),
}
ORDERS = tuple(_ORDERS)
"""What the sessions can be sorted by: `verdict` has the offenders first, then the oldest."""


@dataclass(frozen=True)
class SessionFilter:
    """Which sessions to show, and in which order.

    `owner` and `app` may hold `*`, and are compared as people read them. With `policy` only what
    that one says counts, and only of sessions that it judges.
    """

    owner: str | None = None
    app: str | None = None
    policy: str | None = None
    verdict: str | None = None
    idle_over: timedelta | None = None
    sort: str = "verdict"

    @property
    def asks_idle(self) -> bool:
        """Whether the idle time of every session counts, and not only where it decides."""
        return self.idle_over is not None or self.sort == "idle"


EVERYTHING = SessionFilter()


@dataclass(frozen=True)
class FleetView:
    """What is shown of a look.

    `idle_unknown` is how many are left out only because their idle time is not known.
    """

    observation: Observation
    rows: tuple[SessionRow, ...]
    idle_unknown: int = 0


def view(observation: Observation, wanted: SessionFilter = EVERYTHING) -> FleetView:
    """The sessions of the look that fit, in order."""
    verdicts: dict[str, list[Verdict]] = {}
    for verdict in observation.verdicts:
        if wanted.policy in (None, verdict.policy.name):
            verdicts.setdefault(verdict.session.id, []).append(verdict)
    activity, now = observation.activity, observation.now
    rows = [
        SessionRow(one, tuple(verdicts.get(one.id, ())), activity.get(one.id), now)
        for one in observation.snapshot.fleet
    ]
    matches = [row for row in rows if _fits(row, wanted)]
    over = wanted.idle_over
    idle = [row for row in matches if over is None or (row.idle is not None and row.idle >= over)]
    unknown = sum(row.idle is None for row in matches) if over is not None else 0
    return FleetView(observation, tuple(sorted(idle, key=_ORDERS[wanted.sort])), unknown)


def _fits(row: SessionRow, wanted: SessionFilter) -> bool:
    if wanted.policy is not None and not row.verdicts:
        return False
    if wanted.verdict is not None and (row.ruling or UNSELECTED) != wanted.verdict:
        return False
    names = ((wanted.owner, row.session.owner), (wanted.app, row.session.app))
    return all(
        pattern is None or (name is not None and star_reads_alike(pattern)(name))
        for pattern, name in names
    )


def strange_names(views: Sequence[FleetView], wanted: SessionFilter) -> list[str]:
    """In words which owner or app of the filter no live session has, one line each."""
    fleet = [one for shown in views for one in shown.observation.snapshot.fleet]
    owners, apps = {one.owner for one in fleet}, {one.app for one in fleet}
    named = (("owner", wanted.owner, owners), ("app", wanted.app, apps))
    return [
        f"no live session has the {what} '{pattern}'{did_you_mean(pattern, filter(None, there))}"
        for what, pattern, there in named
        if pattern is not None and not any(map(star_reads_alike(pattern), filter(None, there)))
    ]


def observe(
    settings: Settings,
    policies: PolicySet,
    names: tuple[str, ...] = (),
    *,
    wanted: SessionFilter = EVERYTHING,
    keep: Path | None = None,
    tell: Tell = lambda _: None,
) -> Observed[Observation]:
    """One look at each of the named accounts, or at all; nothing is recorded and nothing is ended.

    With `keep` the log of every session is read, and the fleets are written there to be judged
    again; it is read as well where `wanted` asks for idle times. Raises ConfigurationError and
    StoreError.
    """
    accounts = settings.chosen(names)
    _refuse_unknown(policies, wanted.policy)
    look = _look_at_all if keep is not None or wanted.asks_idle else _look
    with database(settings) as store:
        observed = observe_all(
            settings, accounts, policies, look, store, observation=lambda look: look, tell=tell
        )
    if keep is not None and observed.looks:
        write_fleets(keep, map(kept, observed.looks))
    return observed


def _look(reaper: Reaper) -> Observation:
    return reaper.look()[0]


def _look_at_all(reaper: Reaper) -> Observation:
    """A look that learns the last activity of every session, not only where it decides."""
    observation = _look(reaper)
    return probe_also(reaper.source, observation, observation.snapshot.fleet)


def _refuse_unknown(policies: PolicySet, name: str | None) -> None:
    known = [policy.name for policy in policies.policies]
    if name is not None and name not in known:
        hint = did_you_mean(name, known) or f"; there is {', '.join(known) or 'none'}"
        raise ConfigurationError(f"no policy is named '{name}'{hint}")
