"""When passes are due, also where clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.clock import NOW

from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import OwnSettings, load_settings
from reaper.config.settings.schedule import Cron, Every, Schedule
from reaper.core.model.duration import Duration
from reaper.daemon.backoff import Backoff
from reaper.errors import ConfigurationError

SPRING = datetime(
    2026, 3, 28, 23, tzinfo=UTC
)  # Europe/Amsterdam leaps from 02:00 to 03:00 at 01:00 UTC
AUTUMN = datetime(2026, 10, 24, 21, tzinfo=UTC)  # and falls back from 03:00 to 02:00 at 01:00 UTC
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def due(line: str, after: datetime, count: int, zone: str = "Europe/Amsterdam") -> list[str]:
    """The next so many, as the clocks of the zone show them and in UTC."""
    schedule, found = Cron(cron=line, zone=zone), [after]
    while len(found) <= count:
        found.append(schedule.next_after(found[-1]))
    return [f"{moment:%d %H:%M}" for moment in found[1:]]


@given(moments, moments, st.timedeltas(timedelta(seconds=1), timedelta(days=400)))
def test_an_interval_goes_on_whatever_the_clock_says(
    first: datetime, now: datetime, interval: timedelta
) -> None:
    """The next pass is due within the interval, also by a clock that was set far forwards
    or back.
    """
    found = Every(interval, first).next_after(now)
    assert timedelta() < found - now <= interval
    assert (found - first) % interval == timedelta()


def test_a_line_in_utc() -> None:
    """Weekdays by name; the next one after a Monday at noon is Tuesday's."""
    assert Cron(cron="0 7 * * mon-fri").next_after(NOW) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert Cron(cron="0 7 * * sat,sun").next_after(NOW) == datetime(2026, 11, 28, 7, tzinfo=UTC)


def test_a_time_in_a_zone_follows_its_clocks() -> None:
    """Seven in Amsterdam is six in UTC in winter and five in summer."""
    assert due("0 7 * * *", SPRING - timedelta(days=1), 3) == ["28 06:00", "29 05:00", "30 05:00"]
    assert due("0 7 * * *", AUTUMN - timedelta(days=1), 3) == ["24 05:00", "25 06:00", "26 06:00"]


def test_a_time_that_is_leapt_over_comes_once() -> None:
    """02:30 is not there in the night in which clocks are set forward: the pass comes at 03:30."""
    assert due("30 2 * * *", SPRING, 2) == ["29 01:30", "30 00:30"]


def test_a_time_that_comes_twice_is_taken_once() -> None:
    """02:30 is there twice in the night in which clocks are set back: the first one counts."""
    assert due("30 2 * * *", AUTUMN, 2) == ["25 00:30", "26 01:30"]


@pytest.mark.parametrize("night", [SPRING, AUTUMN])
def test_every_half_hour_goes_on_through_both_changes(night: datetime) -> None:
    """A line for any hour never pauses and never hurries."""
    found = due("*/30 * * * *", night, 12)
    times = [datetime.strptime(one, "%d %H:%M").replace(tzinfo=UTC) for one in found]
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(minutes=30)}


@given(moments, st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 0 29 feb *", "15 2-4 * * sun"]))
def test_the_next_is_always_later(now: datetime, line: str) -> None:
    """In UTC, and at a full minute."""
    found = Cron(cron=line, zone="Europe/Amsterdam").next_after(now)
    assert (found > now, found.tzinfo, found.second, found.microsecond) == (True, UTC, 0, 0)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("0 7 * * 1-5", "'1-5' names a day of the week by a number"),
        ("0 7 * * 0", "write names, like mon-fri"),
        ("0 7 * *", "has 4 fields; a schedule has five"),
        ("61 * * * *", r"'61 \* \* \* \*' is not a valid schedule: .*61"),
        ("0 7 * * moo", "moo"),
        ("0 7 31 2 *", "never occurs"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, why: str) -> None:
    """A number as a day of the week most of all: it means another day to other programs."""
    with pytest.raises(ValidationError, match=why):
        Cron(cron=line)


def test_the_settings_say_where_a_schedule_is_wrong(tmp_path: Path) -> None:
    """By line and column, like all that a person writes; so too for a zone."""
    file = tmp_path / "reaper.yaml"
    file.write_text('schedule:\n  cron: "0 7 * * 1"\n  zone: Europe/Amstredam\n', "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(file)
    number, zone = str(refused.value).splitlines()
    assert "reaper.yaml:2:9: '1' names a day of the week by a number" in number
    assert (
        "reaper.yaml:3:9: 'Europe/Amstredam' is not a time zone; did you mean 'Europe/Amsterdam'?"
        in zone
    )


def account(name: str, **more: object) -> AccountSettings:
    return AccountSettings.model_validate(
        {"name": name, "url": f"https://{name}.example", "api_key": "k", **more}
    )


def test_an_account_has_a_pace_of_its_own_or_that_of_all() -> None:
    """Its interval or schedule first, then the schedule of all, then the interval of all."""
    all_, own = Cron(cron="0 1 * * *"), Cron(cron="0 2 * * *")
    plain, quick, nightly = account("a"), account("b", interval="1m"), account("c", schedule=own)
    whole = OwnSettings(
        accounts=(plain, quick, nightly), schedule=all_, interval=Duration.parse("9m")
    )
    assert [whole.pace(one) for one in whole.accounts] == [all_, timedelta(minutes=1), own]
    assert OwnSettings(interval=Duration.parse("9m")).pace(plain) == timedelta(minutes=9)
    with pytest.raises(ValidationError, match="two ways to say when"):
        account("d", interval="1m", schedule=own)


@pytest.mark.parametrize(
    ("schedule", "patience", "turn"),
    [
        (Every(timedelta(seconds=10), NOW), timedelta(minutes=1), timedelta(seconds=5)),
        (Every(timedelta(hours=2), NOW), timedelta(hours=2), timedelta(hours=1)),
        (Cron(cron="0 7 * * *"), timedelta(hours=1), timedelta(minutes=3, seconds=20)),
    ],
)
def test_what_late_means(schedule: Schedule, patience: timedelta, turn: timedelta) -> None:
    """How late a pass may begin and still end sessions.

    How old the run may be that serves in its place.
    """
    assert (schedule.patience, schedule.turn(timedelta(minutes=3))) == (patience, turn)


@pytest.mark.parametrize(
    "schedule",
    [Every(timedelta(seconds=10), NOW), Cron(cron="* * * * *"), Cron(cron="0 7 * * *")],
)
def test_no_run_serves_in_the_place_of_the_next(schedule: Schedule) -> None:
    """Also one that began a little late.

    Else a daemon by itself would make every other run only.
    """
    due = schedule.next_after(NOW)
    assert (
        schedule.next_after(due) - schedule.turn(timedelta())
        > due + (schedule.next_after(due) - due) / 3
    )


def test_the_longest_gap_of_a_week() -> None:
    """From Friday to Monday."""
    assert Cron(cron="0 7 * * mon-fri").longest_gap(NOW) == timedelta(days=3)


def test_what_fails_is_left_alone_for_longer_each_time() -> None:
    """Within the bounds, never quite in step with others, and from the beginning again once it
    worked.
    """
    backoff = Backoff(1.0, 10.0)
    for longest in (1.0, 2.0, 4.0, 8.0, 10.0, 10.0):
        assert longest / 2 <= backoff.failed() <= longest
    backoff.worked()
    assert backoff.failed() <= 1.0
