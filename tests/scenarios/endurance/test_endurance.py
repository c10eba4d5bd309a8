"""A daemon among servers that fail one request in ten in every known way, for minutes or an hour.

`make endure MINUTES=60` is the long form; without REAPER_ENDURE_MINUTES it is a minute's work.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from support.bad_weather import Climate, weather
from support.endurance import CLOCK, Place, longest_gaps, recorded, settled, unsound, watch
from support.unattended import Daemon, until

from reaper.store import open_database

MINUTES = float(os.environ.get("REAPER_ENDURE_MINUTES", "1"))
LONG = MINUTES > 2
ACCOUNTS, SESSIONS, DUE = (20, 500, 100) if LONG else (4, 60, 12)
STEADY = MINUTES * 30  # seconds
KILLS = max(3, round(MINUTES * 200 / 60))  # over each database
PATIENCE = 300.0 + MINUTES * 10
pytestmark = [pytest.mark.slow, pytest.mark.timeout(MINUTES * 120 + 1200)]


def climate(seconds: float) -> Climate:
    return Climate(ACCOUNTS, SESSIONS, DUE, seconds, share=0.1)


def due(of: Climate) -> set[str]:
    """Every session that was to be ended, by now."""
    probed = [n for n in range(of.due, of.due + 10) if n % 2]
    numbers = [*range(of.due), *probed]
    return {f"{account:04x}{n:028x}" for account in range(of.accounts) for n in numbers}


def test_a_daemon_in_bad_weather_stays_as_it_was(tmp_path: Path) -> None:
    """It neither crashes nor grows; each account has its pass within twice its interval; what was
    due is ended once, and is on record.
    """
    of = climate(STEADY)
    with weather(of) as sky:
        place = Place(tmp_path, f"sqlite:///{tmp_path / 'reaper.db'}", sky, 60 if LONG else 10)
        place.write()
        daemon = place.daemon("daemon")
        try:
            until(lambda: daemon.told("run ended"), within=PATIENCE)
            figures = watch(daemon, STEADY)
            gaps = longest_gaps(daemon)
            sky.become(0)
            settled(place, due(of), PATIENCE)
            assert daemon.stop() == 0
        finally:
            daemon.process.kill()
        report, steps = sky.report(), recorded(place.database_url)
    passes, failed = len(daemon.told("run ended")), len(daemon.told("pass failed"))
    requests = sum(account["asked"] for account in report)
    print(f"\nin bad weather for {STEADY:.0f} s: {passes} passes ended, {failed} failed;")  # noqa: T201
    print(f"{requests} requests, {len(due(of))} sessions ended; {figures};")  # noqa: T201
    print(f"longest from pass to pass {max(gaps.values()):.1f} s of {place.interval}")  # noqa: T201
    assert unsound(report, steps) == []
    assert "Traceback" not in daemon.text()
    assert len(gaps) == of.accounts
    assert max(gaps.values()) <= 2 * place.interval
    if LONG:  # in half a minute the daemon only warms up
        assert figures.growth(figures.threads) <= 1.25
        assert figures.growth(figures.handles) <= 1.25
        assert figures.growth(figures.kib) <= 1.25


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_at_random_it_ends_nothing_twice_and_forgets_nothing(
    tmp_path: Path, database: str, request: pytest.FixtureRequest
) -> None:
    """`kill -9` in the same weather, over and over: what it left is settled by looking."""
    url = f"sqlite:///{tmp_path / 'reaper.db'}"
    if database == "postgresql":
        url = request.getfixturevalue("migrated_postgresql_url")
    open_database(url).close()
    of, rng = climate(KILLS * 4), random.Random(database)  # noqa: S311
    with weather(of) as sky:
        place = Place(tmp_path, url, sky, 10)
        place.write()
        for _ in range(KILLS):
            killed(place.daemon("killed"), rng.uniform(0.0, 4.0))
        sky.become(0)
        last = place.daemon("last")
        try:
            settled(place, due(of), PATIENCE)
            assert last.stop() == 0
        finally:
            last.process.kill()
        report, steps = sky.report(), recorded(url)
    print(f"\nkilled {KILLS} times over {database}: {len(steps)} sessions with steps,")  # noqa: T201
    torn = sum(len(all_) > 1 for all_ in steps.values())
    print(f"of which {torn} took more than one run")  # noqa: T201
    assert unsound(report, steps) == []


def killed(daemon: Daemon, after: float) -> None:
    """So many seconds after it began to look at the first account."""
    until(lambda: not daemon.lives or daemon.told("run begun"), within=PATIENCE)
    CLOCK.wait(after)
    assert daemon.lives, daemon.text()[-4000:]
    daemon.process.kill()
    daemon.process.wait()
