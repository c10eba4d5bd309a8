"""Telling people of offenders: each target what is new to it, and in a dry run nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

from reaper.core.judging.verdict import Observation
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice, ReportedOffender
from reaper.core.planning.plan import DRY_RUN
from reaper.ports import Notifier


class DryRunNotifier:
    """Tells nobody. It holds nothing that could do otherwise."""

    def __init__(self, target: str) -> None:
        self.target = target

    def tell(self, notice: Notice) -> Delivery:
        return Delivery(self.target, notice, DeliveryStatus.WITHHELD, DRY_RUN)


def notify(
    notifiers: Sequence[Notifier],
    seen: Observation,
    reported: Sequence[ReportedOffender],
    memory: Memory,
    stop: Event,
) -> Iterator[Delivery]:
    """One message to each target that does not know of all, and what became of it.

    No more once `stop` is set.
    """
    for notifier in notifiers:
        new = tuple(
            c for c in reported if notifier.target not in memory.told.get(c.key, frozenset())
        )
        if new and not stop.is_set():
            yield notifier.tell(Notice(seen.account, seen.now, new))
