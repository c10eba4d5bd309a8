"""Daemons as processes of their own that nobody watches, and what they told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reaper.clock import SystemClock
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from reaper.store import RunEntry, list_runs, open_database

PROGRAM = str(Path(sys.executable).parent / "reaper")
POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
"""
NO_LIMIT = {"sessions": 1000, "percent": 100}
SETTINGS: dict[str, Any] = {
    "enforce": True,
    "lease": "2s",
    "timeout": "1s",
    "confirm_within": "2s",
    "per_minute": 6000,
    "limits": {**dict.fromkeys(("run", "hour", "policy"), NO_LIMIT), "fleet_change": None},
    "daemon": {"splay": None},
    "log": {"level": "info", "format": "json"},
}
PATIENCE = 40.0  # seconds; far beyond what anything here takes

Event = dict[str, Any]


def until(fact: Callable[[], object], *, within: float = PATIENCE) -> None:
    """Return as soon as it is so; fails when it is not within so many seconds."""
    clock = SystemClock()
    latest = clock.monotonic() + within
    while not fact():
        assert clock.monotonic() < latest, "it never came true"
        clock.wait(0.03)


@dataclass(frozen=True)
class Daemon:
    """A running `reaper daemon`; its log is a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """Ask it to stop, and wait; its exit code."""
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def told(self, event: str = "", **about: object) -> list[Event]:
        """The lines of its log of that event with these values."""
        lines = self.log.read_bytes().splitlines(keepends=True)
        found = [json.loads(line) for line in lines if line.endswith(b"\n")]
        return [e for e in found if event in ("", e["event"]) and about.items() <= e.items()]

    def text(self) -> str:
        return self.log.read_text("utf-8")


@dataclass
class House:
    """A folder with settings and policies, emulated accounts, and the daemons that were started
    there.

    `about` is what the settings say of each account besides.
    """

    folder: Path
    stack: ExitStack
    database_url: str
    accounts: dict[str, Emulator] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    def account(self, name: str, *sessions: dict[str, Any], **config: Any) -> Emulator:  # noqa: ANN401 - of a Config
        scenario = Scenario(sessions=[SessionSpec.model_validate(one) for one in sessions])
        emulator = self.stack.enter_context(Emulator(Config.model_validate(config), scenario))
        self.accounts[name] = emulator
        return emulator

    def write(self, name: str = "reaper.yaml", **more: Any) -> Path:  # noqa: ANN401 - settings
        """The settings file, and the policies that it names."""
        (self.folder / "policies.yaml").write_text(POLICIES, "utf-8")
        named = [
            {
                "name": name,
                "url": account.url,
                "api_key": DEFAULT_KEY,
                "generation": 2,
                **self.about,
            }
            for name, account in self.accounts.items()
        ]
        usual = {"accounts": named, "policies": "policies.yaml", "database_url": self.database_url}
        file = self.folder / name
        file.write_text(json.dumps({**usual, **SETTINGS, **more}), "utf-8")
        return file

    def daemon(self, settings: Path | None = None, **environment: str) -> Daemon:
        """Start one; it is ended at the end of the test, however it then is.

        Its log goes through a pipe.
        """
        log = self.folder / f"log{next(self._numbers)}.jsonl"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REAPER_")}
        with log.open("wb") as written:
            journal = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=written)
        assert journal.stdin is not None
        self.stack.callback(journal.wait)
        with journal.stdin as pipe:
            process = subprocess.Popen(
                [PROGRAM, "--settings", str(settings or self.write()), "daemon"],
                cwd=self.folder,
                env={**kept, **environment},
                stdout=pipe,
                stderr=pipe,
            )
        self.stack.callback(_end, process)
        return Daemon(process, log)

    def runs(self) -> list[RunEntry]:
        """All runs on record, oldest first."""
        database = open_database(self.database_url, upgrade=False)
        try:
            return list_runs(database, limit=10_000)[::-1]
        finally:
            database.close()

    def tell(self, statement: str) -> None:
        """Tell the database something, as another program."""
        engine = sa.create_engine(sa.make_url(self.database_url), poolclass=sa.NullPool)
        with engine.begin() as db:
            db.execute(sa.text(statement))

    def ended(self, name: str) -> list[str]:
        """The account's sessions that were ended over the API, in order."""
        return [session for session, _ in self.accounts[name].world.terminated]

    def asked(self, name: str) -> list[str]:
        """The paths of the requests that were to change something there."""
        return [one.path for one in self.accounts[name].requests if one.method != "GET"]


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()  # also ends one that is stopped
    process.wait()


def idle(number: int) -> dict[str, Any]:
    """A session that is to be ended."""
    return {"id": named(number), "owner": f"u{number}@Planning", "age": "9h", "idle": "5h"}


def busy(number: int) -> dict[str, Any]:
    """A session in use."""
    return {"id": named(number), "owner": f"u{number}@Supply", "age": "9h", "idle": "1m"}


def named(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def revoke(account: Emulator) -> None:
    """Its keys are known no more."""
    account.world.keys = {f"not {key}": one for key, one in account.world.keys.items()}


def restore(account: Emulator) -> None:
    account.world.keys = {key.removeprefix("not "): one for key, one in account.world.keys.items()}
