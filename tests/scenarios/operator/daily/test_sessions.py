"""`reaper sessions`: the ones that a person looks for."""

from __future__ import annotations

import csv
import io

import pytest
from support.safety_cli import Cli, Desk
from support.safety_house import idle

POLICIES = """\
policies:
  - name: idle
    select: {kind: webui, owner: '*@Planning'}
    terminate_when: {idle: 2h}
  - name: old
    select: {kind: webui, app: Planner}
    terminate_when: {age: 20h}
"""


@pytest.fixture
def fleet(desk: Desk) -> None:
    account = desk.account(
        idle("s1", "anna@Planning", app="Planner"),
        idle("s2", "ben@Planning", app="Other", idle="1h"),
        idle("s3", "carl@Supply", app="Planner", age="30h", idle="10m"),
        idle("s4", "dora@Supply", app="Other", log_entries=0, idle=None),
    )
    desk.write(POLICIES, acme=account)


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--owner", "*@PLANNING", "--app", "plan*"), ["s1"]),
        ((), ["s3", "s1", "s2", "s4"]),
        (("--owner", "*@planning"), ["s1", "s2"]),
        (("--policy", "old"), ["s3", "s1"]),
        (("--policy", "old", "--verdict", "compliant"), ["s1"]),
        (("--verdict", "offender"), ["s3", "s1"]),
        (("--verdict", "not-selected"), ["s4"]),
        (("--idle-over", "50m"), ["s1", "s2"]),
        (("--sort", "idle"), ["s1", "s2", "s3", "s4"]),
        (("--sort", "app", "--owner", "*@Supply"), ["s4", "s3"]),
    ],
)
def test_filters_and_order(reaper: Cli, filters: tuple[str, ...], expected: list[str]) -> None:
    """All filters hold together; JSON, CSV and the table have the same sessions in the same
    order.
    """
    (account,) = reaper("sessions", *filters, "-o", "json").json["accounts"]
    assert [one["session"] for one in account["sessions"]] == expected
    rows = list(csv.DictReader(io.StringIO(reaper("sessions", *filters, "-o", "csv").out)))
    assert [row["session"] for row in rows] == expected
    shown = [line.split()[0] for line in reaper("sessions", *filters).out.splitlines()]
    assert [word for word in shown if word.startswith("s")] == expected


@pytest.mark.usefixtures("fleet")
def test_what_a_filter_leaves_out_is_told(reaper: Cli) -> None:
    """How many there are in all, and how many are left out only because nobody knows their idle
    time.
    """
    shown = reaper("sessions", "--idle-over", "2h").out
    assert "acme: 1 of 4 sessions" in shown
    assert "their idle time is not known: 1" in shown


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("filters", "code", "words"),
    [
        (("--owner", "ana@Planning"), 0, "did you mean 'anna@Planning'?"),
        (("--app", "Plannner"), 0, "no live session has the app 'Plannner'; did you mean"),
        (("--policy", "idel"), 2, "no policy is named 'idel'; did you mean 'idle'?"),
        (("--verdict", "offenders"), 2, "did you mean 'offender'?"),
        (("--idle-over", "2"), 2, "--idle-over"),
    ],
)
def test_a_wrong_filter_suggests(
    reaper: Cli, filters: tuple[str, ...], code: int, words: str
) -> None:
    """What nobody can have is an error, what nobody has now a warning; both name the nearest."""
    result = reaper("sessions", *filters)
    assert (result.code, words in result.err) == (code, True)
