"""What proving the record costs."""

import gc
import time
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.test_parts import FLEET, TEN, fleet, record, seen
from support.measuring import Figures, least, policies

from reaper.store import open_database, verify

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(300)]


def test_verifying(figures: Figures, tmp_path: Path) -> None:
    """At least 50,000 decisions a second are compared with their leaves."""
    rules, sessions = policies(tmp_path, TEN), fleet(timedelta(hours=20))
    record(tmp_path / "reaper.db", seen(rules, sessions, timedelta(hours=3)))
    database = open_database(f"sqlite:///{tmp_path / 'reaper.db'}")
    gc.collect()
    assert verify(database).faults == []
    (taken,) = least(lambda: verify(database), repetitions=3, timer=time.process_time)
    database.close()
    a_second = FLEET * len(rules.policies) / taken
    figures.append(("decisions verified a second", f"{a_second:,.0f}", "50,000 or more"))
    assert a_second >= 50_000
