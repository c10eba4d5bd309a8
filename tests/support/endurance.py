"""What a daemon costs and records over a long time of bad weather."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from reaper.clock import SystemClock
from reaper.emulator import DEFAULT_KEY
from reaper.store import HistoryFilter, entries, open_database
from support.bad_weather import Weather
from support.unattended import NO_LIMIT, PROGRAM, Daemon

POLICIES = """\
policies:
  - {name: old, mode: enforce, steps: [terminate], select: {kind: [webui, task]}, terminate_when: {age: 24h}}
  - {name: idle, mode: enforce, select: {kind: webui, app: Probed}, terminate_when: {idle: 2h}}
"""
OPEN = {"intended", "unconfirmed"}
CLOCK = SystemClock()


@dataclass(frozen=True)
class Place:
    """A folder with settings for the accounts of this weather, and the daemons in it."""

    folder: Path
    database_url: str
    weather: Weather
    interval: int

    def write(self) -> None:
        (self.folder / "policies.yaml").write_text(POLICIES, "utf-8")
        accounts = [
            {"name": f"a{number:02}", "url": url, "api_key": DEFAULT_KEY, "generation": 2}
            for number, url in enumerate(self.weather.urls)
        ]
        settings = {
            "accounts": accounts,
            "policies": "policies.yaml",
            "database_url": self.database_url,
            "enforce": True,
            "interval": f"{self.interval}s",
            "lease": "4s",
            "timeout": "1s",
            "look_within": f"{self.interval // 3}s",
            "pass_within": f"{self.interval // 2}s",
            "confirm_within": "3s",
            "per_minute": 6000,
            "limits": {**dict.fromkeys(("run", "hour", "policy"), NO_LIMIT), "fleet_change": None},
            "daemon": {"splay": None},
            "log": {"level": "info", "format": "json"},
        }
        (self.folder / "reaper.yaml").write_text(json.dumps(settings), "utf-8")

    def daemon(self, name: str) -> Daemon:
        log = self.folder / f"{name}.jsonl"
        kept = {key: value for key, value in os.environ.items() if not key.startswith("REAPER_")}
        with log.open("wb") as written:
            process = subprocess.Popen(
                [PROGRAM, "--settings", "reaper.yaml", "daemon"],
                cwd=self.folder,
                env=kept,
                stdout=written,
                stderr=written,
            )
        return Daemon(process, log)


@dataclass
class Figures:
    """What the process had, one look after the other."""

    kib: list[int] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self, pid: int) -> None:
        status = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
        about = dict(line.split(":", 1) for line in status if ":" in line)
        self.kib.append(int(about["VmRSS"].split()[0]))
        self.threads.append(int(about["Threads"]))
        self.handles.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))

    def growth(self, values: list[int]) -> float:
        """The median of the last quarter by that of the second: the first is spent on warming up."""
        quarter = max(1, len(values) // 4)
        return median(values[-quarter:]) / median(values[quarter : 2 * quarter] or values)

    def __str__(self) -> str:
        named = {"memory KiB": self.kib, "handles": self.handles, "threads": self.threads}
        return "; ".join(
            f"{name} {min(values)} to {max(values)}, grown by {self.growth(values):.2f}"
            for name, values in named.items()
        )


def watch(daemon: Daemon, seconds: float, every: float = 2.0) -> Figures:
    """Look at the process for so long; it must live on."""
    figures, end = Figures(), CLOCK.monotonic() + seconds
    while CLOCK.monotonic() < end:
        CLOCK.wait(every)
        assert daemon.lives, daemon.text()[-4000:]
        figures.look(daemon.process.pid)
    return figures


def longest_gaps(daemon: Daemon) -> dict[str, float]:
    """By account, the most seconds from the end of a pass to the end of the next."""
    ends: dict[str, list[datetime]] = defaultdict(list)
    for event in daemon.told():
        if event["event"] in ("run ended", "pass failed"):
            ends[event["account"]].append(datetime.fromisoformat(event["timestamp"]))
    return {
        account: max(
            ((later - earlier).total_seconds() for earlier, later in pairwise(moments)),
            default=0.0,
        )
        for account, moments in ends.items()
    }


def recorded(database_url: str) -> dict[str, list[list[str]]]:
    """By session, what happened to each of its steps, in order; oldest step first."""
    with closing(open_database(database_url, upgrade=False)) as database:
        history = entries(database, HistoryFilter(limit=1_000_000, everything=True))[::-1]
    steps: dict[tuple[str, int], list[str]] = defaultdict(list)
    for entry in history:
        if entry.action is not None:
            steps[entry.session, entry.run].append(entry.event)
    by_session: dict[str, list[list[str]]] = defaultdict(list)
    for (session, _), events in steps.items():
        by_session[session.replace("-", "")].append(events)
    return by_session


def unsound(report: list[dict[str, Any]], steps: dict[str, list[list[str]]]) -> list[str]:
    """Each session that was ended twice, without a record, or of which nobody knows how it went."""
    ended = [session for account in report for session in account["ended"]]
    vain = [path for account in report for path in account["vain"]]
    return [
        *(f"{session} was ended twice" for session in set(ended) if ended.count(session) > 1),
        *(f"{path} was asked of what had ended" for path in vain),
        *(f"{session} has no record" for session in ended if session not in steps),
        *(f"{session}: {all_}" for session, all_ in steps.items() if all_[-1][-1] in OPEN),
        *(
            f"{session} was never ended: {all_}"
            for session, all_ in steps.items()
            if session not in ended
        ),
    ]


def settled(place: Place, due: set[str], within: float) -> None:
    """Return once everything that is due has ended, and the record says so."""
    end = CLOCK.monotonic() + within
    while True:
        report = place.weather.report()
        ended = {session for account in report for session in account["ended"]}
        left = due - ended
        steps = recorded(place.database_url)
        left |= {session for session, all_ in steps.items() if all_[-1][-1] in OPEN}
        if not left:
            return
        assert CLOCK.monotonic() < end, f"{len(left)} are left: {sorted(left)[:5]}"
        CLOCK.wait(1)
