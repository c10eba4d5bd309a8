"""Telling people of offenders: each target what is new to it, and in a dry run nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

from reaper.core.memory import Memory
from reaper.core.notice import Conviction, Notice, Receipt, Telling
from reaper.core.plan import DRY_RUN
from reaper.core.verdict import Pass
from reaper.ports import Messenger


class Silent:
    """Tells nobody. It holds nothing that could do otherwise."""

    def __init__(self, target: str) -> None:
        self.target = target

    def tell(self, notice: Notice) -> Receipt:
        return Receipt(self.target, notice, Telling.WITHHELD, DRY_RUN)


def inform(
    messengers: Sequence[Messenger], seen: Pass, convictions: Sequence[Conviction], memory: Memory, stop: Event
) -> Iterator[Receipt]:
    """One message to each target that does not know of all, and what became of it; no more once `stop` is set."""
    for messenger in messengers:
        new = tuple(c for c in convictions if messenger.target not in memory.told.get(c.key, frozenset()))
        if new and not stop.is_set():
            yield messenger.tell(Notice(seen.account, seen.now, new))
