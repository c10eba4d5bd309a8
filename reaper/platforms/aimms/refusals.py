"""A key that is refused is not tried on every log: the vendor blocks whoever goes on failing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reaper.core.model.session import Activity

if TYPE_CHECKING:
    from collections.abc import Callable

    from reaper.core.model.session import Session
    from reaper.ports import Clock

_ENOUGH = 3  # refusals, where no log was read: one session may be closed to a key, all are not


class RefusalGuard:
    """Reads the logs of one look until the key is refused again and again. Threads share it."""

    def __init__(self, read: Callable[[Session], Activity], clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._refusals: list[str] = []
        self._answered = False

    def last_activity(self, session: Session) -> Activity:
        """Its last activity, or why nobody asked for it."""
        if len(self._refusals) >= _ENOUGH and not self._answered:
            why = self._refusals[0]
            return Activity(session.id, None, self._clock.now(), why, refused=True)
        found = self._read(session)
        if found.refused:
            self._refusals.append(found.source)
        elif found.at is not None:
            self._answered = True
        return found
