"""A whole reaper against an emulated account on a real socket, with a database and a clock of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from pydantic import SecretStr

from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import PolicyDocument, PolicySet
from reaper.emulator import DEFAULT_KEY, Emulator
from reaper.platforms.aimms import (
    DEFAULT_IGNORE,
    AccountEnder,
    AccountSource,
    Connection,
    compile_ignore,
)
from reaper.ports import RunObserver
from reaper.run.enforce import DryRun, Terminator
from reaper.run.log import RunLog
from reaper.run.pipeline import Reaper, Report
from reaper.store import Database, HistoryFilter, SqlLedger, entries
from support.clock import Clock

UNLIMITED = Limits(run=Limit(), hour=Limit(), policy=Limit(), delete=Limit(), fleet_change=None)
IDLE = {
    "name": "idle",
    "mode": "enforce",
    "select": {"kind": "webui"},
    "terminate_when": {"idle": "2h"},
}
OLD = {"name": "old", "mode": "enforce", "select": "all", "terminate_when": {"age": "1d"}}


def policies(*written: dict[str, Any], protect: Sequence[dict[str, Any]] = ()) -> PolicySet:
    document = PolicyDocument.model_validate({"policies": list(written), "protect": list(protect)})
    return PolicySet(document.policies, document.protect)


@dataclass
class House:
    """An account, a record, and passes over the one into the other."""

    emulator: Emulator
    store: Database
    clock: Clock
    limits: Limits = UNLIMITED
    stop: Event = field(default_factory=Event)
    gap: float = 0.0
    sentinel: Path | None = None
    lease: timedelta = timedelta(minutes=2)
    reread: Callable[[], PolicySet] | None = None
    before_step: Callable[[], object] = lambda: None
    observer: RunObserver = field(default_factory=lambda: RunLog("acme"))

    def ledger(self, who: str = "test@here") -> SqlLedger:
        return SqlLedger(self.store, self.clock, who, "0", self.lease)

    def once(self, rules: PolicySet, *, enforce: bool = True, **options: Any) -> Report:  # noqa: ANN401 - of run_once
        """One pass by a reaper made for it, a second after whatever was before."""
        clock = self.clock
        clock.wait(1)
        connection = Connection(
            "acme", self.emulator.url, SecretStr(DEFAULT_KEY), clock=clock, attempts=1
        )
        with AccountSource(
            connection, clock=clock, ignore=compile_ignore(DEFAULT_IGNORE)
        ) as source:
            enforcer: Any = DryRun()
            if enforce:
                ender = AccountEnder(source)
                enforcer = Terminator(
                    source, ender, clock, self.stop, gap=self.gap, sentinel=self.sentinel
                )
            reaper = Reaper(
                rules, source, self.ledger(), _Meanwhile(enforcer, self), clock, self.limits, self.stop,
                self.observer, reread=self.reread,
            )  # fmt: skip
            return reaper.run_once(**options)

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
