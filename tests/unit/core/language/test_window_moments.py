"""When windows are open, against a clock on the wall that is looked at every minute, through both
clock changes.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.laws import examples

from reaper.core.language.hours import OnlyDuring

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Amsterdam", date(2026, 3, 29)),
    ("Europe/Amsterdam", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/St_Johns", date(2026, 11, 1)),
    ("America/St_Johns", date(2011, 3, 13)),  # one minute after midnight
    ("America/St_Johns", date(2010, 11, 7)),  # one minute after midnight, back into the day before
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Auckland", date(2026, 4, 5)),
    ("Pacific/Auckland", date(2026, 9, 27)),
    ("America/Santiago", date(2026, 4, 5)),  # at midnight, back into the day before
    ("America/Santiago", date(2026, 9, 6)),  # at midnight, which is not shown
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Asia/Kolkata", date(2026, 3, 29)),  # none
]
Scene = tuple[OnlyDuring, Callable[[datetime], bool], date]
NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def hours(*windows: str, **more: object) -> OnlyDuring:
    return OnlyDuring.model_validate({"windows": list(windows), **more})


def on_the_wall(
    zone: str, days: list[str], begin: int, end: int, closed: list[date]
) -> Callable[[datetime], bool]:
    """Whether a window of these days and minutes is open, by nothing but what a clock on the wall
    shows.
    """
    place = ZoneInfo(zone)

    def begins(day: date) -> bool:
        return NAMES[day.weekday()] in days and day not in closed

    def is_open(at: datetime) -> bool:
        shown = at.astimezone(place)
        minute, today = shown.hour * 60 + shown.minute, shown.date()
        if begin < end:
            return begin <= minute < end and begins(today)
        return (minute >= begin and begins(today)) or (
            minute < end and begins(today - timedelta(days=1))
        )

    return is_open


@st.composite
def scenes(draw: st.DrawFn) -> tuple[OnlyDuring, Callable[[datetime], bool], date]:
    """One or two windows through a clock change, and the clock on the wall that says when they are
    open.
    """
    zone, change = draw(st.sampled_from(CHANGES))
    near = [change + timedelta(days=n) for n in (-1, 0, 1)]
    closed = draw(st.lists(st.sampled_from(near), max_size=1))
    texts, walls = [], []
    for _ in range(draw(st.integers(1, 2))):
        days = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True) | st.just(NAMES))
        begin, end = draw(
            st.tuples(*[st.integers(0, 4 * 60) | st.integers(0, 1439)] * 2).filter(
                lambda b: b[0] != b[1]
            )
        )
        texts.append(
            f"{','.join(days)} {begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02} {zone}"
        )
        walls.append(on_the_wall(zone, days, begin, end, closed))
    found = hours(*texts, **{"except": [str(day) for day in closed]})
    return found, lambda at: any(wall(at) for wall in walls), change


@pytest.mark.slow
@examples(300)
@given(scenes(), st.integers(0, 1440))
def test_it_is_open_as_hundreds_of_clocks_say(scene: Scene, first: int) -> None:
    """The same, over many more windows."""
    _compare(scene, first)


@examples(10)
@given(scenes(), st.integers(0, 1440))
def test_it_is_open_whenever_the_clock_on_the_wall_says_so(scene: Scene, first: int) -> None:
    """For every minute of three days: open or not, when it opens next, and when it closes."""
    _compare(scene, first)


def _compare(scene: Scene, first: int) -> None:
    window, wall, change = scene
    midnight = datetime.combine(change, datetime.min.time(), UTC)
    minutes = [midnight + (n - 1440 + first) * MINUTE for n in range(3 * 1440)]
    shown = [wall(at) for at in minutes]
    assert [window.is_open(at) for at in minutes] == shown
    for start in (0, 700, 1500, 2300):
        _same(window.opens_after(minutes[start]), minutes, shown, start, wanted=True)
        _same(window.closes_after(minutes[start]), minutes, shown, start, wanted=False)


def _same(
    found: datetime | None, minutes: list[datetime], shown: list[bool], start: int, *, wanted: bool
) -> None:
    expected = next((n for n in range(start, len(shown)) if shown[n] is wanted), None)
    if expected is None:
        assert found is None or found > minutes[-1]
    else:
        assert found == minutes[expected]


def open_minutes(window: OnlyDuring, day: str, zone: str) -> int:
    """For how many minutes of real time it is open from noon of the day before until noon."""
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))
    at, until = (noon - timedelta(days=1)).astimezone(UTC), noon.astimezone(UTC)
    return sum(window.is_open(at + n * MINUTE) for n in range(int((until - at) / MINUTE)))


@pytest.mark.parametrize(
    ("text", "day", "minutes"),
    [
        ("19:00-07:00 Europe/Amsterdam", "2026-03-28", 12 * 60),
        ("19:00-07:00 Europe/Amsterdam", "2026-03-29", 11 * 60),
        ("19:00-07:00 Europe/Amsterdam", "2026-10-25", 13 * 60),
        ("02:00-03:00 Europe/Amsterdam", "2026-03-29", 0),
        ("02:00-03:00 Europe/Amsterdam", "2026-10-25", 2 * 60),
        ("02:30-05:00 Europe/Amsterdam", "2026-03-29", 2 * 60),
        ("22:00-02:30 Europe/Amsterdam", "2026-10-25", 5 * 60),
        ("00:00-06:00 Australia/Lord_Howe", "2026-04-05", 6 * 60 + 30),
        ("00:00-06:00 Australia/Lord_Howe", "2026-10-04", 5 * 60 + 30),
        ("00:00-06:00 America/St_Johns", "2026-11-01", 7 * 60),
        ("22:00-06:00 America/Santiago", "2026-04-05", 9 * 60),
        ("22:00-06:00 Pacific/Auckland", "2026-09-27", 7 * 60),
    ],
)
def test_lengths_are_those_of_real_time(text: str, day: str, minutes: int) -> None:
    """A night in which the clocks are set is longer or shorter by what they are set.

    A skipped hour never opens.
    """
    zone = text.rpartition(" ")[2]
    assert open_minutes(hours(text), day, zone) == minutes


def test_an_hour_that_is_shown_twice_opens_twice() -> None:
    """At 02:30 that comes twice, a window that ends there closes, and opens again when the clocks
    are set back.
    """
    window = hours("Sun 01:00-02:30 Europe/Amsterdam")
    closes = window.closes_after(datetime(2026, 10, 24, 23, 0, tzinfo=UTC))
    assert closes == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert window.opens_after(closes) == datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    assert window.closes_after(datetime(2026, 10, 25, 1, 0, tzinfo=UTC)) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_a_time_that_is_not_shown_opens_when_the_clocks_are_set() -> None:
    """At 02:30 that does not exist, a window that begins there opens as the clock shows 03:00."""
    window = hours("Sun 02:30-05:00 Europe/Amsterdam")
    assert window.opens_after(datetime(2026, 3, 29, 0, 0, tzinfo=UTC)) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )


def test_the_seconds_count() -> None:
    """It is open from its first moment, and closed at its last."""
    window, opens = hours("Mon 19:00-20:00 UTC"), datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert [window.is_open(opens + step) for step in (-tick, 0 * tick)] == [False, True]
    assert [window.is_open(opens + timedelta(hours=1) + step) for step in (-tick, 0 * tick)] == [
        True,
        False,
    ]


def test_a_moment_is_shown_on_the_clock_of_the_place() -> None:
    """When something becomes due is told as the people there read it."""
    window = hours("Mon-Fri 19:00-07:00 Europe/Amsterdam")
    assert (
        window.shown(datetime(2026, 11, 23, 18, 0, tzinfo=UTC))
        == "Mon 2026-11-23 19:00 Europe/Amsterdam"
    )
