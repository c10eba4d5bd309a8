"""Two reapers on one database whose machines do not agree what time it is."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from support.crash_tools import OFFENDERS, Stage, assert_sound

pytestmark = pytest.mark.slow
SetUp = Callable[..., Stage]
EVERYONE = {str(spec["id"]) for spec in OFFENDERS}
INTENDED = "after:commit:3"
FAST = 25.0  # seconds; a lookout for wrong clocks lets this pass
WRONG = 600.0


def test_a_fast_clock_takes_an_account_over_and_nothing_is_ended_twice(
    set_up: SetUp, url: str
) -> None:
    """To it the lease of the other is over at once: the other then asks nothing any more."""
    stage = set_up(url)
    held_up = stage.start("run", "--enforce", point=INTENDED, number=signal.SIGSTOP, lease="20s")
    held_up.wait_until_stopped()
    stage.enforce(ahead=FAST)
    asked = stage.asked()
    held_up.signal(signal.SIGCONT)
    done = held_up.wait()
    assert done.code == 4
    assert "another reaper took the account over" in done.err
    assert stage.asked() == asked
    stage.sleep(FAST)  # until the end of the lease by the slower clock
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)


def test_a_clock_that_is_wrong_beside_one_that_is_right_ends_nothing(
    set_up: SetUp, url: str
) -> None:
    """It takes the account, sees that its clock is not the server's, and only observes; what it
    wrote keeps the other from nothing.
    """
    stage = set_up(url)
    for ahead in (WRONG, -WRONG):
        (report,) = stage("run", "--enforce", "-o", "json", ahead=ahead).json["runs"]
        assert "clock" in " ".join(report["doubts"])
    assert stage.ended() == []
    stage.enforce_until_quiet()
    assert_sound(stage, EVERYONE)
