"""What lasts "for how long" lasts over trustworthy looks that follow one another, and over nothing
else.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.clock import NOW
from support.hostile_house import IDLE, LOST, ORPHANS, House
from support.hostile_server import no_date, stamp
from support.hostile_wire import refusal

OVER_AN_HOUR: dict[str, dict[str, Any]] = {
    "after": {**IDLE, "after": {"for": "1h"}},
    "orphan": {**ORPHANS, "terminate_when": {"orphan": "1h"}, "steps": ["terminate"]},
    "unreachable_for": {
        **LOST,
        "terminate_when": {"unreachable_for": "1h"},
        "steps": ["terminate"],
    },
}
IN_LOOKS = {**IDLE, "after": {"observations": 2}}


def fleet(house: House) -> None:
    """One session that each of the policies is about, and one whose log can be read."""
    house.session("idle", "ben@Supply")
    house.session("alone", "svc@Supply", "solve", log=[])
    house.session("lost", "eva@Supply", idle="1m")
    house.session("near", "eva@Supply", idle="1m")
    house.server.upon("log", lambda _: refusal(503), id_="lost", nth=0)
    house.server.upon("read", lambda _: refusal(503), id_="lost", nth=0)


SUBJECTS = {"after": "idle", "orphan": "alone", "unreachable_for": "lost"}


@pytest.mark.slow
@pytest.mark.parametrize("name", OVER_AN_HOUR)
def test_what_lasts_over_looks_that_follow_one_another_counts(house: House, name: str) -> None:
    """Seen every ten minutes for more than an hour: it is due, and not before."""
    house.may_end = {SUBJECTS[name]}
    fleet(house)
    planned = []
    for _ in range(8):
        planned.append(SUBJECTS[name] in house.run(OVER_AN_HOUR[name], enforce=False).planned)
        house.later("10m")
    assert planned == [False] * 6 + [True] * 2


@pytest.mark.slow
@pytest.mark.parametrize("gap", ["16m", "2h", "1d"])
@pytest.mark.parametrize("name", OVER_AN_HOUR)
def test_a_gap_in_which_nobody_looked_starts_the_count_over(
    house: House, name: str, gap: str
) -> None:
    """Seen for fifty minutes; then nobody looked for longer than three intervals.

    The count begins again.
    """
    fleet(house)
    for _ in range(6):
        house.run(OVER_AN_HOUR[name], enforce=False)
        house.later("10m")
    house.later(gap)
    house.run(OVER_AN_HOUR[name])
    assert house.server.ended == []
    house.later("10m")
    house.run(OVER_AN_HOUR[name])
    assert house.server.ended == []


@pytest.mark.parametrize("name", OVER_AN_HOUR)
def test_a_short_pace_makes_a_short_gap(house: House, name: str) -> None:
    """An account looked at every five seconds.

    23 s between two looks are a gap for a condition of 20 s.
    """
    house.account |= {"interval": "5s", "ready_within": "15s"}
    rule = {"orphan": "20s"} if name == "orphan" else {"unreachable_for": "20s"}
    short = {**OVER_AN_HOUR[name], "after": {"for": "20s"}} if name == "after" else None
    policy = short or {**OVER_AN_HOUR[name], "terminate_when": rule}
    fleet(house)
    house.run(policy)
    house.later("23s")
    house.run(policy)
    assert house.server.ended == []


@pytest.mark.slow
@pytest.mark.parametrize("name", OVER_AN_HOUR)
def test_a_record_restored_from_yesterdays_backup_ends_nobody(house: House, name: str) -> None:
    """Its first look after the restoration finds what the backup saw, too.

    Nothing is known of the day between.
    """
    fleet(house)
    for _ in range(6):
        house.run(OVER_AN_HOUR[name], enforce=False)
        house.later("10m")
    file = Path(house.database_url.removeprefix("sqlite:///"))
    shutil.copy(file, "backup.db")
    house.clock.wait(timedelta(hours=23).total_seconds())
    house.run(OVER_AN_HOUR[name], enforce=False)
    for left in file.parent.glob(f"{file.name}*"):
        left.unlink()
    shutil.copy("backup.db", file)
    house.later("1h")
    house.run(OVER_AN_HOUR[name])
    assert house.server.ended == []


def machine_behind(house: House) -> Callable[[], None]:
    house.clock.ahead = timedelta(days=-2)
    return lambda: setattr(house.clock, "ahead", timedelta(0))


def a_failing_list(house: House) -> Callable[[], None]:
    house.server.switches.gateway = lambda r: (
        refusal(500) if (r.what, r.kind) == ("list", "task") else None
    )
    return lambda: setattr(house.server.switches, "gateway", None)


def no_clock(house: House) -> Callable[[], None]:
    house.server.switches.dates = {"*": no_date}
    return lambda: setattr(house.server.switches, "dates", {})


def no_generation(house: House) -> Callable[[], None]:
    house.server.switches.openapi = lambda _: refusal(404)
    return lambda: setattr(house.server.switches, "openapi", None)


DOUBTS = {
    "a machine two days behind": machine_behind,
    "a list that failed": a_failing_list,
    "no Date": no_clock,
    "an unknown generation": no_generation,
}


@pytest.mark.slow
@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("name", OVER_AN_HOUR)
def test_a_doubtful_look_starts_nothing(house: House, name: str, doubt: str) -> None:
    """A doubtful look, and trustworthy ones every ten minutes from then on.

    The hour counts from the first of these.
    """
    fleet(house)
    house.write(OVER_AN_HOUR[name])
    restore = DOUBTS[doubt](house)
    assert not house.run(enforce=False).complete
    restore()
    for _ in range(6):
        house.later("10m")
        house.run()
    assert house.server.ended == []


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubtful_look_is_none_of_the_looks_that_are_counted(house: House, doubt: str) -> None:
    """Two looks are asked for, and the first was doubtful: the second is the first."""
    house.session("idle")
    house.write(IN_LOOKS)
    restore = DOUBTS[doubt](house)
    house.run()
    restore()
    house.later("5m")
    assert house.run().planned == set()


def test_the_right_clock_seconds_later_ends_nobody_at_once(house: House) -> None:
    """`after: {for: 24h}`, a look with the clock two days behind, and one with the right clock
    seconds after.
    """
    house.session("idle", age="4d", idle="3d")
    house.write({**IDLE, "after": {"for": "24h"}})
    restore = machine_behind(house)
    house.run()
    restore()
    house.later("5s")
    assert house.run().planned == set()


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_record_is_not_deleted_upon_what_a_doubtful_look_saw(house: House, doubt: str) -> None:
    """A WebUI session does not tell when it ended.

    Since a trustworthy look saw it over, by the right clock.
    """
    house.session("over", state="terminated", age="3d")
    house.write(
        {"name": "records", "mode": "enforce", "select": "all", "delete_when": {"ended": "1h"}}
    )
    restore = DOUBTS[doubt](house)
    house.run()
    restore()
    house.clock.wait(timedelta(minutes=59).total_seconds())
    house.run()
    house.later("2m")
    house.run()
    assert house.server.destroyed == []


def test_who_came_back_in_a_gap_is_ended_only_after_a_whole_count(house: House) -> None:
    """His owner worked while nobody looked, and was idle again before the next look."""
    house.session("idle", idle="3h")
    house.run(OVER_AN_HOUR["after"])
    house.later("10m")
    house.run()
    house.clock.wait(timedelta(hours=1).total_seconds())
    house.log_of("idle").append((house.clock.true(), "opened page Start"))
    house.clock.wait(timedelta(hours=3).total_seconds())
    assert house.run().planned == set()


def test_the_clock_of_the_tests_begins_at_noon(house: House) -> None:
    """So that windows and days are the same in each test."""
    assert stamp(house.clock.true()) == stamp(NOW)
