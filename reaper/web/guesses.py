"""Who guesses tokens, and is not listened to for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from reaper.ports import Clock

MOST = 10
"""Wrong tokens of one peer within a minute."""

LOCKED_FOR = 60.0
_PEERS = 1_024  # the latest; who is forgotten begins anew
_TOKENS = 64


@dataclass
class _Peer:
    began: float
    wrong: int = 0
    locked_until: float = 0.0
    right: set[str] = field(default_factory=set)


class Guesses:
    """A peer that sent too many wrong tokens gets no answer about any other.

    Except about those that it had sent before and that were right: else whoever asks through the
    same proxy could keep a scraper from its metrics by guessing.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._peers: OrderedDict[str, _Peer] = OrderedDict()

    def locked_for(self, peer: str, hash_: str) -> float:
        """Seconds for which nothing is said about the token of this hash."""
        entry = self._peers.get(peer)
        if entry is None or hash_ in entry.right:
            return 0.0
        return max(0.0, entry.locked_until - self._clock.monotonic())

    def wrong(self, peer: str) -> int:
        """Count a wrong token; how many there were within the minute."""
        entry, now = self._of(peer), self._clock.monotonic()
        if now - entry.began > LOCKED_FOR:
            entry.began, entry.wrong = now, 0
        entry.wrong += 1
        if entry.wrong >= MOST:
            entry.locked_until = now + LOCKED_FOR
        return entry.wrong

    def right(self, peer: str, hash_: str) -> None:
        entry = self._of(peer)
        if len(entry.right) < _TOKENS:
            entry.right.add(hash_)

    def _of(self, peer: str) -> _Peer:
        entry = self._peers.setdefault(peer, _Peer(self._clock.monotonic()))
        self._peers.move_to_end(peer)
        if len(self._peers) > _PEERS:
            self._peers.popitem(last=False)
        return entry
