"""Tables fit the terminal, and hold nothing that could dress it up."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from support.cli_tools import Cli, Open, write_policies, write_settings

from reaper.cli.views import render
from reaper.emulator import Emulator

ROW = (
    "3c1a7547",
    "webui",
    "vera.costa@Planning",
    "Demand Forecasting",
    "idle-webui",
    "idle 8h " * 12,
    "terminated",
)


def shown(width: int) -> list[str]:
    rows = render.table("SESSION", "KIND", "OWNER", "APP", "POLICY", "REASON", "OUTCOME")
    rows.add_row(*ROW)
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(rows)
    return [line.rstrip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160])
def test_a_table_fits_the_terminal(width: int) -> None:
    """No line is longer than the terminal is wide, and the whole reason is there."""
    lines = shown(width)
    assert max(map(cell_len, lines)) <= width
    assert " ".join(lines).count("8h") == 12


def test_a_narrow_terminal_gets_two_lines_a_row() -> None:
    """At 80 columns the reason stands below its row, and ids and outcomes stay whole."""
    heading, row, reason, *_ = shown(80)
    assert "REASON" not in heading
    assert row.startswith("3c1a7547")
    assert row.endswith("terminated")
    assert reason.startswith("    idle 8h")


@pytest.mark.parametrize("width", [72, 80])
def test_the_minute_and_the_owner_stay(width: int) -> None:
    """Seconds go first; what has no room stands below, whole."""
    rows = render.table("AT (UTC)", "RUN", "SESSION", "KIND", "OWNER", "POLICY", "EVENT", "REASON")
    rows.add_row("2026-11-23 10:05:59", "1234", "3c1a7547", "webui", "vera.costa@Planning-North",
                 "idle-webui-of-everybody", "terminated", "idle 8h")  # fmt: skip
    text = io.StringIO()
    Console(file=text, width=width, highlight=False).print(rows)
    heading, row, below = [line.rstrip() for line in text.getvalue().splitlines()]
    assert max(map(cell_len, (heading, row, below))) <= width
    assert row.startswith("2026-11-23 10:05  1234  3c1a7547")
    assert "vera.costa@Planning-North" in row
    assert "idle-webui-of-everybody" in below
    assert row.endswith("terminated")
    assert below.endswith("idle 8h")


def test_a_wide_terminal_gets_one_line_a_row() -> None:
    """At 200 columns everything is in its column."""
    heading, row = shown(200)
    assert "REASON" in heading
    assert row.endswith("terminated")


@pytest.mark.parametrize("app", ["[bold red]fake[/] :bomb:", "[/]", "[link=https://x.y]z[/link]"])
def test_markup_of_the_server_is_shown_as_text(reaper: Cli, tenant: Open, app: str) -> None:
    """What a session is called cannot colour, link or break the table."""
    write_policies()
    write_settings(
        acme=tenant({"owner": "anna@Planning", "age": "9h", "idle": "5h", "app": app}).url
    )
    assert app in reaper("run").out
    assert reaper("sessions", "-o", "json").json["accounts"][0]["sessions"][0]["app"] == app


def test_control_sequences_of_the_server_never_reach_the_terminal(
    reaper: Cli, tenant: Open
) -> None:
    """An escape in a session's app is replaced, not obeyed."""
    write_policies()
    app = "a\x1b[2Jb\x07"
    write_settings(
        acme=tenant({"owner": "anna@Planning", "age": "9h", "idle": "5h", "app": app}).url
    )
    for command in ("sessions", "run", "history"):
        out = reaper(command).out
        assert "\x1b" not in out
        assert "\x07" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("history", "--outcome", "\x1b[2J\nForged"),
        ("history", "--\x1b[2J\nForged"),
        ("runs", "--limit", "\x1b[2J\nForged"),
        ("\x1b[2J\nForged",),
        ("explain", "\x1b[2J\nForged"),
    ],
)
def test_what_a_script_passes_on_is_shown_as_text(
    reaper: Cli, acme: Emulator, arguments: tuple[str, ...]
) -> None:
    """A usage error repeats an argument on one line, without obeying it."""
    assert acme.url
    told = reaper(*arguments)
    assert told.code == 2
    assert "\x1b" not in told.err
    assert "\nForged" not in told.err
    assert "Forged" in told.err
