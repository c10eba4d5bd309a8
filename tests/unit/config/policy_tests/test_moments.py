"""A moment is written with its zone, and a time that the zone's clocks do not show once
is refused.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from reaper.config.policy_tests.moment import parse_moment, shown


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-29T02:30Z", "2026-03-29T02:30Z"),
        ("2026-03-29 12:30:15Z", "2026-03-29T12:30:15Z"),
        ("2026-03-29T12:30 UTC", "2026-03-29T12:30Z"),
        ("2026-03-29T12:30+02:00", "2026-03-29T10:30Z"),
        ("2026-03-29T01:59 Europe/Amsterdam", "2026-03-29T00:59Z"),
        ("2026-03-29T03:00 Europe/Amsterdam", "2026-03-29T01:00Z"),
        ("2026-10-25T01:59 Europe/Amsterdam", "2026-10-24T23:59Z"),
        ("2026-10-25T03:00 Europe/Amsterdam", "2026-10-25T02:00Z"),
    ],
)
def test_a_moment(written: str, utc: str) -> None:
    """A time is UTC, has an offset or a named zone, and is told in UTC."""
    assert shown(parse_moment(written)) == utc


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("2026-03-29T02:30 Europe/Amsterdam",
         "no 02:30 in Europe/Amsterdam, where the clocks go forward; write 2026-03-29T00:30Z (01:30 there) or 2026-"),
        ("2026-10-25T02:30 Europe/Amsterdam",
         "2026-10-25 has 02:30 twice in Europe/Amsterdam; write 2026-10-25T00:30Z or 2026-10-25T01:30Z"),
        ("2026-10-25T02:30", "'2026-10-25T02:30' has no time zone; write one like"),
        ("2026-10-25T02:30 Europe/Amsterdm", "not a time zone; did you mean 'Europe/Amsterdam'?"),
        ("2026-10-25T02:30 Europe", "'Europe' is not a time zone"),
        ("2026-10-25T02:30 ../passwd", "not a time zone; write a name like Europe/Amsterdam, or UTC"),
        ("2026-02-30T02:30Z", "is not a valid time: day is out of range for month; write one like"),
        ("tomorrow", "'tomorrow' is not a valid time; write one like 2026-03-29T12:30Z"),
        ("2026-10-25", "'2026-10-25' is not a valid time"),
    ],
)  # fmt: skip
def test_no_moment(written: str, message: str) -> None:
    """What is not a valid time, or not exactly one, is refused with what would be right."""
    with pytest.raises(PydanticCustomError) as told:
        parse_moment(written)
    assert message in str(told.value)


# local times, of some zone
LOCAL = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001


@given(LOCAL, st.sampled_from(["Europe/Amsterdam", "Asia/Kolkata"]))
def test_a_moment_is_its_local_time(local: datetime, zone: str) -> None:
    """A moment that is taken shows the written time on that zone's clocks.

    A refused one is a change of clocks.
    """
    local = local.replace(second=0, microsecond=0)
    try:
        found = parse_moment(f"{local:%Y-%m-%dT%H:%M} {zone}")
    except PydanticCustomError:
        near = [
            (local + timedelta(hours=n)).replace(tzinfo=ZoneInfo(zone)).utcoffset() for n in (-2, 2)
        ]
        assert near[0] != near[1]
        return
    assert found.tzinfo is UTC
    assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
