"""Windows as people write them.

What each text means, and what is refused with what would be right.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.core_builders import a_policy

from reaper.core.language.holidays import CALENDARS, DaysOf
from reaper.core.language.hours import OnlyDuring
from reaper.core.language.policy import Policy
from reaper.core.language.window import NAMES, Window

ZONES = ["UTC", "Europe/Amsterdam", "America/St_Johns", "Australia/Lord_Howe", "Etc/GMT+5"]
HOUR = timedelta(hours=1)


def calendars(name: str) -> DaysOf:
    if name != "NL":
        raise LookupError(f"nobody has heard of {name}")
    return lambda year: frozenset({date(year, 4, 27)})


def hours(written: object) -> OnlyDuring:
    return OnlyDuring.model_validate(written, context={CALENDARS: calendars})


def refused(written: object) -> list[str]:
    with pytest.raises(ValidationError) as told:
        hours(written)
    return [error["msg"] for error in told.value.errors()]


@pytest.mark.parametrize(
    ("text", "days", "begin", "end"),
    [
        ("Mon-Fri 19:00-07:00 UTC", "01234", 19, 31),
        ("mon - friday  19:00 - 07:00  UTC", "01234", 19, 31),
        ("Mon\N{EN DASH}Fri 19:00\N{EN DASH}7:00 UTC", "01234", 19, 31),
        ("weekdays 08:00-18:00 UTC", "01234", 8, 18),
        ("weekends UTC", "56", 0, 24),
        ("Sat,Sun UTC", "56", 0, 24),
        ("Fri-Mon UTC", "4560", 0, 24),
        ("Wed-Wed UTC", "2", 0, 24),
        ("weekends, Wed 22:00-00:00 UTC", "562", 22, 24),
        ("daily 22:00-24:00 UTC", "0123456", 22, 24),
        ("22:00-06:00 UTC", "0123456", 22, 30),
    ],
)
def test_what_a_text_means(text: str, days: str, begin: int, end: int) -> None:
    """Days are names, ranges and words, in any case; times may run over midnight.

    Without them it is whole days.
    """
    window = Window.parse(text)
    assert window.days == {int(day) for day in days}
    assert (window.begin, window.end) == (begin * HOUR, end * HOUR)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("weekdays", "'weekdays' has no time zone; add one, like Europe/Amsterdam or UTC (the"),
        ("UTC", "'utc' is not a valid day"),
        (["Mon UTC", "Tue Asia/Tokyo", "Wed"], "'Wed' has no time zone"),
        ("19:00-19:00 UTC", "'19:00-19:00' is never open; for the whole day leave the times out"),
        ("00:00-00:00 UTC", "'00:00-00:00' is never open"),
        ("24:00-07:00 UTC", "'24:00-07:00' begins at the end of the day; write 00:00"),
        ("19:00-24:01 UTC", "'24:01' is not a valid time of day; a day is from 00:00 to 24:00"),
        ("19:60-20:00 UTC", "'19:60' is not a valid time of day"),
        ("7pm-9pm UTC", "'7pm-9pm' are not valid times; write from and until, like 19:00-07:00"),
        ("19-7 UTC", "'19-7' are not valid times"),
        ("Mon-Fry UTC", "'fry' is not a valid day; did you mean 'friday'? days are Mon to Sun, weekdays, weekends"),
        ("weekend UTC", "'weekend' is not a valid day; did you mean 'weekends'?"),
        ("Mon,,Tue UTC", "'' is not a valid day"),
        ("Mon Tue UTC", "'Mon Tue UTC' is not a valid window; write one like 'Mon-Fri 19:00-07:00 Europe/Amsterdam'"),
        ("", "'' is not a valid window"),
        (5, "'5' is not a valid window"),
        ([], "an empty list is never open; write a window like"),
        ("Mon Europe/Amsterdm", "'Europe/Amsterdm' is not a time zone; did you mean 'Europe/Amsterdam'?"),
        ("Mon Amsterdam", "'Amsterdam' is not a time zone; did you mean 'Europe/Amsterdam'?"),
        ("Mon america/new_york", "'america/new_york' is not a time zone; did you mean 'America/New_York'?"),
        ("Mon Mars/Olympus", "'Mars/Olympus' is not a time zone; write a name like Europe/Amsterdam, or UTC"),
        ("Mon localtime", "'localtime' is not a time zone"),
        ("Mon CET", "'CET' is not a time zone here; such a name can mean several clocks, or one that is never set"),
        ("Mon EST5EDT", "'EST5EDT' is not a time zone here"),
        ("Mon UTC+2", "'UTC+2' is not a time zone here"),
        ({"windows": "daily UTC", "except": ["24.12."]}, "'24.12.' is not a valid day; write one like 2026-12-31"),
        ({"windows": "daily UTC", "holidays": "nl"}, "'nl' is not a country code; write its two letters"),
        ({"windows": "daily UTC", "holidays": ["NL", "XX"]}, "nobody has heard of XX"),
    ],
)  # fmt: skip
def test_what_is_no_window(written: object, message: str) -> None:
    """What is no window, never opens, or leaves open on whose clock, is refused with what would be
    right.
    """
    assert refused(written)[0].startswith(message)


def test_each_mistake_of_a_list_is_told() -> None:
    """Of several windows, each that is wrong is told."""
    assert len(refused(["Mon UTC", "Tus UTC", "Wed 1-2 UTC"])) == 2


def test_a_window_without_a_zone_is_in_that_of_the_others() -> None:
    """A zone that is named once holds for the whole list, wherever it stands."""
    found = hours(["weekends", "Mon-Fri 19:00-07:00 Europe/Amsterdam"]).windows
    assert [window.zone.key for window in found] == ["Europe/Amsterdam"] * 2


def test_nothing_is_no_window() -> None:
    """A key that is left empty is refused.

    What was forgotten there must not let the policy act at any time.
    """
    with pytest.raises(ValidationError, match="the value is missing"):
        a_policy({"age": "1h"}, only_during=None)


def test_holidays_want_a_calendar() -> None:
    """Where no calendar is at hand, a policy that asks for holidays does not load."""
    with pytest.raises(ValidationError, match="the public holidays of 'NL' are not known here"):
        OnlyDuring.model_validate({"windows": "daily UTC", "holidays": "NL"})


DAYS = st.lists(
    st.sampled_from([*NAMES, "Mon", "Fri-Mon", "weekends", "weekdays"]), min_size=1, max_size=3
)
TIMES = st.tuples(st.integers(0, 1439), st.integers(0, 1440)).filter(
    lambda two: two[0] != two[1] % 1440
)


@st.composite
def texts(draw: st.DrawFn, zones: list[str] = ZONES) -> str:
    days, zone = draw(st.just("daily") | DAYS.map(",".join)), draw(st.sampled_from(zones))
    if draw(st.booleans()):
        return f"{days} {zone}"
    begin, end = (f"{at // 60:02}:{at % 60:02}" for at in draw(TIMES))
    return f"{days} {begin}-{end} {zone}"


@given(texts())
def test_a_window_is_shown_as_it_was_written(text: str) -> None:
    """A window's text is its author's, and reads back as the same window."""
    assert str(Window.parse(text)) == text
    assert Window.parse(str(Window.parse(text))) == Window.parse(text)


@given(
    st.lists(texts(["UTC"]), min_size=1, max_size=3),
    st.lists(st.dates(date(2026, 1, 1)), max_size=2),
)
def test_what_is_recorded_reads_back(windows: list[str], days: list[date]) -> None:
    """What a record keeps of a policy's windows means the same windows."""
    policy = a_policy(
        {"age": "1h"}, only_during={"windows": windows, "except": list(map(str, days))}
    )
    again = Policy.model_validate_json(policy.model_dump_json(by_alias=True, exclude_none=True))
    assert again.only_during == policy.only_during
    assert again.hash == policy.hash


def test_holidays_and_days_close_it() -> None:
    """On a day that is excepted, and on a public holiday, no window begins.

    The night before goes on.
    """
    night = hours({"windows": "daily 19:00-07:00 UTC", "except": ["2026-12-25"], "holidays": "NL"})
    for day in (datetime(2026, 12, 25, tzinfo=UTC), datetime(2027, 4, 27, tzinfo=UTC)):
        open_at = [hour for hour in range(48) if night.is_open(day + hour * HOUR)]
        assert open_at == [*range(7), *range(24 + 19, 48)]
        assert night.closes_after(day) == day + 7 * HOUR
        assert night.opens_after(day + 7 * HOUR) == day + 43 * HOUR


def test_a_window_of_which_every_day_is_excepted() -> None:
    """Where all that lies ahead is excepted, it opens on the first day that is not."""
    mondays = [date(2026, 11, 23) + timedelta(weeks=n) for n in range(200)]
    late = hours({"windows": "Mon UTC", "except": [str(day) for day in mondays]})
    assert late.opens_after(datetime(2026, 11, 23, tzinfo=UTC)) == datetime(2030, 9, 23, tzinfo=UTC)


def test_a_window_that_never_closes() -> None:
    """What is open all the time has no moment at which it closes.

    At the end of time nothing opens any more.
    """
    always = hours(["weekdays UTC", "weekends UTC"])
    assert always.closes_after(datetime(2026, 11, 23, tzinfo=UTC)) is None
    assert hours("Mon 01:00-02:00 UTC").opens_after(datetime(9999, 12, 30, tzinfo=UTC)) is None
