"""Faults on demand: what goes wrong, how often, and for how long."""

import random
from dataclasses import dataclass, field
from datetime import timedelta

from .durations import parse_duration

SLOW = "slow"
DROP = "drop"
HTML = "html"
TRUNCATE = "truncate"
LOST = "lost"
DEAF = "deaf"
STUBBORN = "stubborn"

STATUSES = ("429", "500", "502", "503")
ON_ANY_REQUEST = (SLOW, *STATUSES, HTML, DROP, TRUNCATE)
ON_TERMINATIONS = (LOST, DEAF)
ON_INTERRUPTS = (STUBBORN,)
_KNOWN = (*ON_ANY_REQUEST, *ON_TERMINATIONS, *ON_INTERRUPTS)
_TIMED = (SLOW, "429", "503")
_DEFAULT_TIMES = {SLOW: 2.0, "429": 1.0, "503": 1.0}


@dataclass(frozen=True)
class Faults:
    """How often each fault happens (a share from 0 to 1 of the requests it can befall).

    - `429`, `500`, `502`, `503`: refused with that status, nothing is done; 429 and 503 carry
      `Retry-After`.
    - `html`: a gateway's page with status 200, nothing is done. `slow`: answered, but seconds
      later.
    - `drop`: carried out, then the connection is cut without an answer. `truncate`: carried out,
      half the body is sent.
    - `lost`: a termination is carried out but answers 500. `deaf`: it answers 200 but nothing is
      done.
    - `stubborn`: an interrupt answers 200 but nothing is done.

    `times` holds the seconds of `slow` (real ones) and of the `Retry-After` of 429 and 503; `skew`
    shifts the `Date` header.
    """

    shares: dict[str, float] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    skew: timedelta = timedelta(0)

    @classmethod
    def parse(cls, spec: str) -> "Faults":
        """Read `429:0.1,500:0.05,slow:0.02:5s,skew:+90s`.

        The third part is the time of slow, 429 or 503.

        Raises:
            ValueError: in words, when the text is not such a list.
        """
        shares: dict[str, float] = {}
        times: dict[str, float] = {}
        skew = timedelta(0)
        for item in filter(None, (part.strip() for part in spec.split(","))):
            name, *rest = item.split(":")
            if name == "skew":
                skew = _skew(item, rest)
            else:
                shares[name] = _share(item, name, rest)
                times |= _time(item, name, rest)
        return cls(shares, times, skew)

    def seconds(self, name: str) -> float:
        return self.times.get(name, _DEFAULT_TIMES[name])

    def roll(self, names: tuple[str, ...], rng: random.Random) -> str | None:
        """The first of the named faults that happens now; one draw for each that can."""
        happened = [
            name for name in names if (share := self.shares.get(name)) and rng.random() < share
        ]
        return happened[0] if happened else None


def _skew(item: str, rest: list[str]) -> timedelta:
    if len(rest) != 1:
        raise ValueError(f"fault {item!r}: write skew:+90s or skew:-2m")
    return parse_duration(rest[0])


def _share(item: str, name: str, rest: list[str]) -> float:
    if name not in _KNOWN:
        raise ValueError(f"fault {item!r} is unknown; there are {', '.join(_KNOWN)} and skew")
    try:
        share = float(rest[0])
    except (IndexError, ValueError):
        raise ValueError(
            f"fault {item!r}: write a share from 0 to 1 after the colon, as in {name}:0.1"
        ) from None
    if not 0 <= share <= 1:
        raise ValueError(f"fault {item!r}: the share must lie between 0 and 1")
    return share


def _time(item: str, name: str, rest: list[str]) -> dict[str, float]:
    match rest[1:]:
        case []:
            return {}
        case [time] if name in _TIMED:
            return {name: parse_duration(time).total_seconds()}
        case _:
            raise ValueError(
                f"fault {item!r}: only {', '.join(_TIMED)} take a time, as in slow:0.1:5s"
            )
