"""Durations are written with a unit, and mean one length."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reaper.core.model.duration import Duration, spoken


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45s", timedelta(seconds=45)),
        ("90m", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1w2d3h4m5s", timedelta(weeks=1, days=2, hours=3, minutes=4, seconds=5)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_lengths(text: str, length: timedelta) -> None:
    """A duration is the sum of its parts, and is shown as it was written."""
    assert Duration.parse(text).delta == length
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "2",
            "h",
            "2x",
            "-2h",
            "+2h",
            "two hours",
            "PT2H",
            "1:30",
            "1M",
            "1y",
            "2h later",
            "1.h",
        ],
        *["0s", "0h", "3651d", "9" * 5000 + "s", "\u0662h", "2h\n3m"],
        *[2, 2.0, True, None, timedelta(hours=2), ["2h"]],
    ],
)
def test_what_is_no_duration(text: object) -> None:
    """A number without a unit, a wrong order, an unknown unit, nothing and too much are refused,
    with a way out.
    """
    with pytest.raises(ValueError, match=r"like 90m|'2h' or '2m'|at most 3650d"):
        Duration.parse(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *[
            ("2 h", "2h"),
            ("2H", "2h"),
            ("24 hours", "24h"),
            ("2 weeks", "2w"),
            ("90min", "90m"),
            ("1.5h", "1h30m"),
        ],
        *[
            ("2m1h", "1h2m"),
            ("1h1h", "2h"),
            ("1 day, 12 hrs", "1d12h"),
            ("0,5d", "12h"),
            ("0.1s", "1s"),
        ],
    ],
)
def test_what_is_almost_a_duration(text: str, meant: str) -> None:
    """Where it is plain what is meant, the right way to write it is told."""
    with pytest.raises(
        ValueError, match=f"'{text}' is not a valid duration; did you mean '{meant}'"
    ):
        Duration.parse(text)


@given(st.integers(1, 3650 * 86400))
def test_every_length_can_be_written(seconds: int) -> None:
    """Any number of seconds can be written in seconds and is read back as it was."""
    assert Duration.parse(f"{seconds}s").seconds == seconds


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3660, "1h 1m"),
        (86405, "1d"),
        (190000, "2d 4h"),
        (7200, "2h"),
    ],
)
def test_lengths_for_people(seconds: float, words: str) -> None:
    """A length is told in its two largest units."""
    assert spoken(seconds) == words
