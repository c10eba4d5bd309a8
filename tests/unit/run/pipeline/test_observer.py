"""Whoever observes a pass hears all of it, in the order in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from support.policies import IDLE, rules

from reaper.ports import NullObserver

if TYPE_CHECKING:
    from support.run_house import Open

GONE = {"id": "gone", "idle": "3h"}


class Recorder:
    """An observer that remembers what it was told, and what progress."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.progressed: list[str] = []

    def progress(self, text: str) -> None:
        self.progressed.append(text)

    def __getattr__(self, event: str) -> Callable[..., None]:
        return lambda *_, **__: self.events.append(event)


def test_an_observer_hears_a_pass_from_its_beginning_to_its_end(house: Open) -> None:
    """The run begins, the step is intended and settled, and the run ends."""
    acme = house(GONE)
    acme.observer = recorder = Recorder()
    acme.once(rules(IDLE))
    assert recorder.events == ["run_begun", "step_intended", "step_settled", "run_ended"]
    assert recorder.progressed == [
        "acme: reading sessions",
        "acme: 1 sessions, reading the last activity of 1",
        "acme: step 1 of 1",
    ]


def test_a_pass_that_nobody_observes_does_the_same(house: Open) -> None:
    """Who listens changes nothing that is done."""
    acme = house(GONE)
    acme.observer = NullObserver()
    acme.once(rules(IDLE))
    assert acme.ended() == ["gone"]
