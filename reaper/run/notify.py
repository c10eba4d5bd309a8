"""Notifies people of offenders: each target of what is new to it, and in a dry run nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from threading import Event

from reaper.core.judging.verdict import Observation
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice, ReportedOffender
from reaper.core.planning.plan import DRY_RUN, Outcome, Plan
from reaper.ports import Notifier, RunObserver, RunRecord


class DryRunNotifier:
    """Tells nobody. It holds nothing that could do otherwise."""

    def __init__(self, target: str) -> None:
        self.target = target

    def tell(self, notice: Notice) -> Delivery:
        return Delivery(self.target, notice, DeliveryStatus.WITHHELD, DRY_RUN)


def notify(
    notifiers: Sequence[Notifier],
    observation: Observation,
    plan: Plan,
    outcomes: Mapping[str, Outcome],
    memory: Memory,
    *,
    record: RunRecord,
    stop: Event,
    observer: RunObserver,
) -> list[Delivery]:
    """Tell of the offenders that are still there, and commit who was told.

    It comes after all that is to be ended, so that nobody who answers slowly holds that up. Raises
    StoreError.
    """
    over = {id_ for id_, outcome in outcomes.items() if outcome.result.is_over}
    there = [r for r in plan.to_tell if r.verdict.session.id not in over]
    deliveries = []
    for delivery in _deliver(notifiers, observation, there, memory, stop):
        deliveries.append(delivery)
        if delivery.result is not DeliveryStatus.WITHHELD:
            observer.notified(delivery)
            record.record_delivery(delivery)
    return deliveries


def _deliver(
    notifiers: Sequence[Notifier],
    observation: Observation,
    reported: Sequence[ReportedOffender],
    memory: Memory,
    stop: Event,
) -> Iterator[Delivery]:
    """One message to each target that does not know of all; no more once `stop` is set."""
    for notifier in notifiers:
        new = tuple(
            r
            for r in reported
            if notifier.target not in memory.notified_targets.get(r.key, frozenset())
        )
        if new and not stop.is_set():
            yield notifier.tell(Notice(observation.account, observation.now, new))
