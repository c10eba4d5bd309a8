"""The ordinary program in a process of its own, which may die or stop at a chosen crossing.

A crossing is the moment before or after a commit or a changing request, named like
`before:commit:3` or `after:send:1`. The product knows nothing of it: what commits and what sends is
wrapped here, from outside. Each crossing is noted in a file before anything else happens.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import reaper.run.enforce
import reaper.store.database
from reaper.cli import main
from reaper.clock import SystemClock
from reaper.net.limits import Horizon
from reaper.platforms.aimms import connection
from reaper.platforms.aimms.connection import Connection
from reaper.store import Database


@dataclass(frozen=True)
class Job:
    """What to run. At the crossing `point` the process sends itself the signal `number`.

    A `hurried` one does not wait between repeated reads, looks at a session only once before it
    goes on, waits two seconds for a database that is held, and may keep others waiting for five.
    `ahead` is by how many seconds the clock of its machine is fast.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    point: str | None = None
    number: int = signal.SIGKILL
    hurried: bool = True
    ahead: float = 0.0

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def err(self) -> Path:
        return self.folder / "err"

    @property
    def crossings(self) -> Path:
        return self.folder / "crossings"


@dataclass
class Crossings:
    """Notes each crossing; at the chosen one the process goes no further."""

    job: Job
    counts: Counter[str] = field(default_factory=Counter)

    def __call__(self, what: str) -> None:
        self.counts[what] += 1
        name = f"{what}:{self.counts[what]}"
        with self.job.crossings.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        if name == self.job.point:
            os.kill(os.getpid(), self.job.number)


def run(job: Job) -> None:
    """Be the program; to be called in a process made for it."""
    os.chdir(job.folder)
    os.environ.clear()
    os.environ.update(job.environment)
    for path, number in ((job.out, 1), (job.err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    wrap(Crossings(job))
    true = SystemClock.now
    SystemClock.now = lambda self: true(self) + timedelta(seconds=job.ahead)  # type: ignore[method-assign]
    if job.hurried:
        reaper.run.enforce._SHORT_LOOK = 0.0
        reaper.store.database._BUSY_SECONDS = 2
        reaper.store.database._STALLED_SECONDS = 5
        connection.ATTEMPTS = 2
        Horizon.rest = lambda self, seconds: True  # type: ignore[method-assign]  # noqa: ARG005
    sys.argv = ["reaper", *job.arguments]
    main()


def wrap(cross: Crossings) -> None:
    """Let whatever commits or sends cross before and after."""
    writing, send = Database.writing, Connection.send

    @contextmanager
    def crossed_writing(self: Database) -> Iterator[sa.Connection]:
        with writing(self) as connection:
            yield connection
            cross("before:commit")
        cross("after:commit")

    # whatever it takes
    def crossed_send(self: Connection, *arguments: Any, **more: Any) -> None:  # noqa: ANN401
        cross("before:send")
        try:
            send(self, *arguments, **more)
        finally:
            cross("after:send")

    Database.writing = crossed_writing  # type: ignore[method-assign]
    Connection.send = crossed_send  # type: ignore[method-assign]
