"""A whole reaper against an emulated account on a real socket, with a database and a clock of its
own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import PolicySet
from reaper.emulator import Emulator
from reaper.ports import RunObserver
from reaper.run.log import RunLog
from reaper.run.pipeline import Report
from reaper.store import Database, HistoryFilter, entries
from support.clock import Clock
from support.harness import wired

UNLIMITED = Limits(run=Limit(), hour=Limit(), policy=Limit(), delete=Limit(), fleet_change=None)
OLD = {"name": "old", "mode": "enforce", "select": "all", "terminate_when": {"age": "1d"}}


@dataclass
class House:
    """An account, a record, and passes over the one into the other."""

    emulator: Emulator
    store: Database
    clock: Clock
    limits: Limits = UNLIMITED
    stop: Event = field(default_factory=Event)
    per_minute: int = 0
    reread: Callable[[], PolicySet] | None = None
    before_step: Callable[[], object] = lambda: None
    observer: RunObserver = field(default_factory=lambda: RunLog("acme"))

    def once(self, rules: PolicySet, *, enforce: bool = True, **options: Any) -> Report:  # noqa: ANN401 - of run_once
        """One pass by a reaper made for it, a second after whatever was before."""
        self.clock.wait(1)
        with wired(
            self.emulator.url,
            rules,
            self.store,
            self.clock,
            enforce=enforce,
            limits=self.limits,
            stop=self.stop,
            reread=self.reread,
            per_minute=self.per_minute,
        ) as made:
            enforcer: Any = _Meanwhile(made.enforcer, self)
            return replace(made, enforcer=enforcer, observer=self.observer).run_once(**options)

    def outcomes(self, report: Report) -> dict[str, str]:
        """What came of each step, by the name of its session."""
        names = {s.id: s.name for s in self.emulator.world.sessions}
        return {names[id_]: outcome.result.value for id_, outcome in report.outcomes.items()}

    @property
    def ended(self) -> list[str]:
        """The names of the sessions that the account was made to end, in order."""
        names = {s.id: s.name for s in self.emulator.world.sessions}
        return [names[id_] for id_, _ in self.emulator.world.terminated]

    def history(self, **wanted: Any) -> list[str]:  # noqa: ANN401 - of a history filter
        return [entry.event for entry in entries(self.store, HistoryFilter(limit=1000, **wanted))]

    def requests(self, method: str) -> int:
        return sum(1 for request in self.emulator.requests if request.method == method)


class _Meanwhile:
    """An enforcer that lets a test change the world just before each second look."""

    def __init__(self, enforcer: Any, house: House) -> None:  # noqa: ANN401 - either enforcer
        self._enforcer = enforcer
        self._house = house

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the enforcer has
        return getattr(self._enforcer, name)

    def await_turn(self) -> None:
        self._enforcer.await_turn()
        self._house.before_step()


MakeHouse = Callable[..., House]
