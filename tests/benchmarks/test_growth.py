"""What a year of runs costs: in space, and in the time of the run at its end."""

import gc
import statistics
import time
from datetime import timedelta
from pathlib import Path

import pytest
from support.growth import BEGIN, SESSIONS, Account, repeat
from support.measuring import TODAY, Figures

from reaper.config.policies.load import load_policies, ready_made
from reaper.store import open_database, prune

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]
DAY, YEAR = timedelta(days=1), 365
GIB = 1 << 30


def of_a_run(account: Account) -> float:
    """The median seconds of a run, over an hour of them."""
    taken = []
    for _ in range(12):
        gc.collect()
        start = time.perf_counter()
        account.pass_once()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def test_a_year_fits_and_slows_nothing(tmp_path: Path, figures: Figures) -> None:
    """2,000 sessions at a run every five minutes.

    With the lives of the sessions below 3 GiB, and the last run at most 1.2 times the first.
    """
    file = tmp_path / "reaper.db"
    database = open_database(f"sqlite:///{file}")
    account = Account(database, load_policies(ready_made(), TODAY).policies)
    account.live(timedelta(hours=6))  # what a first look writes is no day's usual growth
    at_its_start = of_a_run(account)
    account.live(DAY - timedelta(hours=7))
    repeat(database, YEAR)
    account.clock.at = BEGIN + DAY * YEAR
    account.live(timedelta(hours=1))
    at_its_end = of_a_run(account)
    size = file.stat().st_size
    figures += [
        ("a year's database, GiB", f"{size / GIB:.2f}", "3"),
        ("sessions a day in it", f"{account.made:,}", f"{SESSIONS:,} at a time"),
        ("a run after a year / the first day's", f"{at_its_end / at_its_start:.2f}", "1.2"),
        ("the first day's run, ms", f"{at_its_start * 1000:.0f}", "-"),
    ]
    started = time.perf_counter()
    prune(database, BEGIN + DAY * (YEAR - 30))
    figures.append(("pruning eleven months, s", f"{time.perf_counter() - started:.0f}", "-"))
    figures.append(("what is left, GiB", f"{file.stat().st_size / GIB:.2f}", "-"))
    database.close()
    assert size < 3 * GIB
    assert at_its_end < 1.2 * at_its_start
