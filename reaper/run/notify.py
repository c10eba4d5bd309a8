"""Notifies people of offenders: each target of what is new to it, and in a dry run nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Event

from reaper.core.judging.verdict import Observation
from reaper.core.planning.memory import Memory
from reaper.core.planning.notice import Delivery, DeliveryStatus, Notice, ReportedOffender
from reaper.core.planning.plan import DRY_RUN, Outcome, Plan
from reaper.ports import Notifier, RunObserver, RunRecord

MOST_MESSAGES = 10
"""To one target in a run: a chat room that is flooded is read by nobody."""


class DryRunNotifier:
    """Tells nobody. It holds nothing that could do otherwise."""

    def __init__(self, target: str) -> None:
        self.target = target

    def fits(self, notice: Notice) -> bool:  # noqa: ARG002 - the port's
        return True

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
    """What is new to each target, in messages that it takes; no more once `stop` is set."""
    for notifier in notifiers:
        new = tuple(
            r
            for r in reported
            if notifier.target not in memory.notified_targets.get(r.key, frozenset())
        )
        if new:
            yield from _in_parts(notifier, Notice(observation.account, observation.now, new), stop)


def _in_parts(notifier: Notifier, notice: Notice, stop: Event) -> Iterator[Delivery]:
    """One message after the other until one is not taken: then nothing of the rest is told."""
    rest: Notice | None = notice
    for _ in range(MOST_MESSAGES):
        if rest is None or stop.is_set():
            return
        part, after = rest.split(notifier.fits)
        delivery = notifier.tell(part)
        if delivery.result is DeliveryStatus.NOT_TOLD:
            yield replace(delivery, notice=rest)
            return
        yield delivery
        rest = after
    if rest is not None:
        why = f"no more than {MOST_MESSAGES} messages a run are sent"
        yield Delivery(notifier.target, rest, DeliveryStatus.NOT_TOLD, why)
