"""Times as people write and read them, on the clock of a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import time_machine
from support.cli_tools import Cli, write_policies, write_settings

from reaper.cli.times import future, written
from reaper.core.language.zone import zone_of

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # 13:30 in Amsterdam
AMSTERDAM, UTC_ = zone_of("Europe/Amsterdam"), zone_of("UTC")


@pytest.mark.parametrize(
    ("text", "zone", "last", "next_"),
    [
        ("14:05", UTC_, "22 14:05", "23 14:05"),
        ("14:05", AMSTERDAM, "22 13:05", "23 13:05"),
        ("13:30", AMSTERDAM, "23 12:30", "24 12:30"),
        ("00:15", AMSTERDAM, "22 23:15", "23 23:15"),
        ("yesterday", UTC_, "22 00:00", "22 00:00"),
        ("Today", AMSTERDAM, "22 23:00", "22 23:00"),
        ("tomorrow", AMSTERDAM, "23 23:00", "23 23:00"),
        ("2026-11-20", AMSTERDAM, "19 23:00", "19 23:00"),
        ("2026-11-20T10:00", AMSTERDAM, "20 09:00", "20 09:00"),
        ("2026-11-20T10:00+03:00", AMSTERDAM, "20 07:00", "20 07:00"),
    ],
)
def test_what_people_write(text: str, zone: object, last: str, next_: str) -> None:
    """On the clock of the zone; a time of the clock is the last one, or where something ends the
    next.
    """
    with time_machine.travel(NOW, tick=False):
        found = [f"{written(text, zone, ahead=ahead):%d %H:%M}" for ahead in (False, True)]  # type: ignore[arg-type]
    assert found == [last, next_]


@pytest.mark.parametrize("text", ["25:00", "14", "yesterdya", "2026-13-01", "", "--", "9999999d"])
def test_what_is_no_time(text: str) -> None:
    """It is told what would be."""
    with (
        pytest.raises(click.BadParameter, match="is not a valid time; write"),
        click.Context(click.Command("x")),
    ):
        future(text)


@pytest.fixture
def settings() -> None:
    write_policies()
    write_settings(acme="http://127.0.0.1:9", more="zone: Europe/Amsterdam\n")


@pytest.mark.usefixtures("settings")
def test_the_zone_of_the_settings_and_of_the_command(reaper: Cli) -> None:
    """The option wins; programs read UTC; an end of a day is that of the zone."""
    with time_machine.travel(NOW, tick=False):
        paused = reaper("pause", "--reason", "x", "--until", "14:00")
        assert "until 2026-11-23 14:00 CET" in paused.out
        assert (
            "until 2026-11-23 14:00Z"
            in reaper("pause", "--reason", "x", "--zone", "UTC", "--until", "14:00").out
        )
        reaper("exempt", "add", "--owner", "a@B", "--until", "2026-11-24", "--reason", "x")
        shown, listed = reaper("exempt", "list"), reaper("exempt", "list", "-o", "json").json
        assert "UNTIL (Europe/Amsterdam)" in shown.out
        assert "2026-11-25 00:00:00" in shown.out
        assert listed["exemptions"][0]["ends"] == "2026-11-24T23:00:00Z"
        assert "2026-11-24 23:00:00" in reaper("exempt", "list", "--zone", "UTC").out
        reaper("run")
        assert "2026-11-23 13:30:00" in reaper("runs").out
        assert len(reaper("runs", "-o", "json").json["runs"]) == 1


@pytest.mark.usefixtures("settings")
def test_a_zone_that_is_none_is_refused(reaper: Cli) -> None:
    """With the nearest name, on the command line and in the settings."""
    wrong = reaper("runs", "--zone", "Europe/Amsterdm")
    assert (wrong.code, "did you mean 'Europe/Amsterdam'?" in wrong.err) == (2, True)
    file = Path("reaper.yaml")
    file.write_text(file.read_text("utf-8").replace("Amsterdam", "Amsterdm"), "utf-8")
    wrong = reaper("history", "--since", "14:05")
    assert (wrong.code, "did you mean 'Europe/Amsterdam'?" in wrong.err) == (2, True)
