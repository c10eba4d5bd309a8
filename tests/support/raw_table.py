"""The table of what each answer costs, for docs/safety.md: `python -m support.raw_table` in tests/.

Seconds and MiB are the most that any of the requests took, with the timeout that is named; a read
with all its repetitions may take six of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from threading import Event

from support.raw_answers import ANSWERS
from support.raw_requests import REQUESTS, Cost, Where, cost_of
from support.raw_server import number_of, play, raw_server


def costs(
    timeout: float, names: tuple[str, ...] = tuple(ANSWERS)
) -> Iterator[tuple[str, dict[str, Cost]]]:
    """Of each answer, what each request cost."""
    with raw_server() as port:
        for name in names:
            play(port, name)
            url = f"http://127.0.0.1:{port}/{number_of(name)}"
            where = Where(url, port, timeout, Event())
            yield name, {what: cost_of(ask, where) for what, ask in REQUESTS.items()}


def rows(timeout: float) -> Iterator[str]:
    yield f"| answer | most seconds, of a timeout of {timeout:g} s | most MiB |"
    yield "|---|---|---|"
    for name, each in costs(timeout):
        slowest = max(each, key=lambda what: each[what].seconds)
        largest = max(each, key=lambda what: each[what].mebibytes)
        seconds = f"{each[slowest].seconds:.1f} ({slowest})"
        yield f"| {name} | {seconds} | {each[largest].mebibytes:.0f} ({largest}) |"


if __name__ == "__main__":
    for row in rows(float(sys.argv[1]) if sys.argv[1:] else 1.0):
        print(row, flush=True)  # noqa: T201 - it is a program
