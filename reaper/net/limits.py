"""How long is waited, and how much is taken in: by an exchange, a look, a pass, and after a stop."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from threading import Event

from reaper.net.faults import SLOW, BadAnswer, NoAnswer, NotSent

GRACE = 5.0  # seconds that are left for reads once the program is told to stop
_TURN = 0.25  # seconds between two looks whether to wait any longer
_BESIDES = 1024 * 1024  # bytes of headers and framing that may come along with a body

_RUN_OVER = "this pass has lasted longer than `pass_within`: the rest is left to the next one"
_LOOK_OVER = "this look at the account has lasted longer than `look_within`"
_STOPPED = "broken off: the program was told to stop"


class Horizon:
    """The moment beyond which nobody waits for one account any more. Threads share it.

    `seconds` is how long the pass may last, `stop` tells when it is to be broken off.
    """

    def __init__(self, seconds: float = math.inf, stop: Event | None = None) -> None:
        self._pass_ends = time.monotonic() + seconds
        self._look_ends = self._stop_ends = math.inf
        self._stop = stop or Event()

    def begin_look(self, seconds: float) -> None:
        """What is read from now on is one look, which may last so long."""
        self._look_ends = time.monotonic() + seconds

    def break_off(self) -> None:
        """Nobody needs what is still read."""
        self._stop_ends = 0.0

    def end(self) -> tuple[float, str]:
        """The nearest end, and why it is one."""
        if self._stop_ends == math.inf and self._stop.is_set():
            self._stop_ends = time.monotonic() + GRACE
        return min(
            (self._stop_ends, _STOPPED),
            (self._pass_ends, _RUN_OVER),
            (self._look_ends, _LOOK_OVER),
        )

    def rest(self, seconds: float) -> bool:
        """Wait so long; whether that was done, and not in vain: for there is time left then."""
        left = self.end()[0] - time.monotonic()
        return left > seconds and not self._stop.wait(seconds)


@dataclass(frozen=True)
class Bounds:
    """Of one exchange: seconds for all of it, seconds of silence, and bytes of the body.

    Of an answer whose body nobody needs `most` is 0. A `patient` exchange is waited for though the
    program is told to stop, or the pass is over: what was sent may be done, and the answer says so.
    """

    seconds: float
    silence: float
    most: int = 0
    patient: bool = False


@dataclass
class Limit:
    """The bounds of the exchange that is under way, on one connection after the other."""

    horizon: Horizon = field(default_factory=Horizon)
    most: int = 0
    _ends_at: float = 0.0
    _silence: float = 0.0
    _bytes: int = 0
    _patient: bool = False

    def begin(self, bounds: Bounds) -> None:
        """Raises NotSent where there is no time left to begin anything."""
        ends_at, why = self.horizon.end()
        if ends_at <= time.monotonic():
            raise NotSent(why)
        self._ends_at, self._silence = time.monotonic() + bounds.seconds, bounds.silence
        self.most, self._bytes = bounds.most, bounds.most + _BESIDES
        self._patient = bounds.patient

    def hurry(self) -> None:
        """What is still to come is worth no more than one silence."""
        self._ends_at = min(self._ends_at, self.silent_until())

    def silent_until(self) -> float:
        return time.monotonic() + self._silence

    def turn(self, until: float) -> float:
        """How long to wait now before this is asked again. Raises NoAnswer when it is over."""
        ends_at, why = min((self._ends_at, SLOW), (until, SLOW))
        if not self._patient:
            ends_at, why = min((ends_at, why), self.horizon.end())
        left = ends_at - time.monotonic()
        if left <= 0:
            raise NoAnswer(why)
        return min(left, _TURN)

    def take(self, count: int) -> None:
        """So many bytes came. Raises BadAnswer when that is too many."""
        self._bytes -= count
        if self._bytes < 0:
            raise BadAnswer(f"the answer is longer than {self.most:,} bytes")
