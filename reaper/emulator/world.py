"""The account as it goes on by itself: who is there at first, and what they do from then on."""

import time
from collections.abc import Callable

from . import fleet, life
from .account import Account
from .config import Config
from .scenario import Scenario, load_scenario


class World(Account):
    """An account with the sessions of a scenario, or of the seed where there is none."""

    def __init__(
        self,
        config: Config | None = None,
        scenario: Scenario | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        config = config or Config()
        if scenario is None and config.scenario is not None:
            scenario = load_scenario(config.scenario)
        super().__init__(config, scenario or Scenario(), monotonic)
        self._populate(scenario)

    def _populate(self, scenario: Scenario | None) -> None:
        if scenario is None:
            fleet.populate(self, self.config.sessions)
            life.begin(self)
            return
        for spec in scenario.sessions:
            self._add(spec)
        if scenario.alive:
            life.begin(self)

    def page_answered(self) -> None:
        """Between two pages: sessions come and go, by churn and by the hook of a test."""
        if self.churn and self.churn_rng.random() < self.churn:
            life.churn(self)
        if self.between_pages is not None:
            self.between_pages()
