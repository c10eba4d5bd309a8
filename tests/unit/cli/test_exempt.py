"""`reaper exempt`: sessions are left alone because a person says so, for as long as they say."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from support.cli_tools import IDLE, Cli, Open, ended, write_policies, write_settings

from reaper.emulator import Emulator

OTHER = "22222222-2222-4222-8222-222222222222"
TWO = ({"id": IDLE, "owner": "anna@Planning", "age": "9h", "idle": "5h"},
       {"id": OTHER, "owner": "ben@Supply", "age": "9h", "idle": "6h", "app": "Other"})  # fmt: skip


@pytest.fixture
def two(tenant: Open) -> Emulator:
    """An account whose two sessions are both to go."""
    account = tenant(*TWO)
    write_policies()
    write_settings(acme=account.url)
    return account


@pytest.mark.parametrize(
    "whom",
    [
        ("--owner", "anna@Planning"), ("--owner", "ANNA@*"), ("--session", IDLE), ("--session", IDLE[:8]),
        ("--environment", "Planning"),
        ("--app", "/^Demand/", "--owner", "anna@*"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_whom_it_names_is_left_alone(reaper: Cli, two: Emulator, whom: tuple[str, ...]) -> None:
    """The others end; the history names the exemption with its number, author and reason."""
    given = reaper("exempt", "add", *whom, "--until", "3d", "--reason", "year end", "--by", "eva")
    assert (given.code, given.out.startswith("exemption 1: ")) == (0, True)
    reaper("run", "--enforce")
    assert ended(two) == [OTHER]
    (decided,) = [
        d for d in reaper("history", "--all", "-o", "json").json["history"] if d["session"] == IDLE
    ]
    assert decided["reason"].startswith("exempt: #1 by eva: year end, until ")


@pytest.mark.parametrize("owner", ["An\u200bna@PLANNING", "\uff21NNA@*", "an\u00adna@Planning"])
def test_whom_it_reads_like_is_left_alone(reaper: Cli, two: Emulator, owner: str) -> None:
    """However the name is spelt; and what nobody sees in it is said."""
    given = reaper("exempt", "add", "--owner", owner, "--until", "3d", "--reason", "year end")
    assert ("is invisible" in given.err) is (owner[0] != "\uff21")
    reaper("run", "--enforce")
    assert ended(two) == [OTHER]


def test_sessions_and_plans_show_it(reaper: Cli, two: Emulator) -> None:
    """Whoever looks sees why a session stays."""
    reaper("exempt", "add", "--owner", "anna@*", "--until", "3d", "--reason", "year end")
    assert two.url
    assert "year end" in reaper("sessions").out
    assert "1 to end" in reaper("plan").out


def test_removed_it_holds_no_more(reaper: Cli, two: Emulator) -> None:
    """From then on the session is judged as ever.

    The exemption stays on record with who took it back.
    """
    reaper("exempt", "add", "--owner", "*@*", "--until", "3d", "--reason", "x", "--by", "eva")
    reaper("run", "--enforce")
    assert ended(two) == []
    removed = reaper("exempt", "remove", "1", "--reason", "done", "--by", "ben")
    assert removed.out.startswith("exemption 1 removed\ndatabase: ")
    reaper("run", "--enforce")
    assert len(ended(two)) == 2
    assert reaper("exempt", "list", "-o", "json").json == {"exemptions": []}
    (kept,) = reaper("exempt", "list", "--all", "-o", "json").json["exemptions"]
    assert (kept["state"], kept["by"], kept["removed_by"], kept["removed_because"]) == (
        "removed",
        "eva",
        "ben",
        "done",
    )


def test_the_list_tells_which_were_of_use(reaper: Cli, two: Emulator) -> None:
    """One that decided a verdict has a time, and one that never did says so."""
    assert two.url
    reaper("exempt", "add", "--owner", "anna@*", "--until", "3d", "--reason", "used")
    reaper("exempt", "add", "--owner", "nobody@*", "--forever", "--reason", "unused")
    reaper("run")
    listed = reaper("exempt", "list", "-o", "json").json["exemptions"]
    assert [bool(one["last_used"]) for one in listed] == [True, False]
    shown = reaper("exempt", "list").out
    assert "never" in shown
    assert "for ever" in shown


def test_an_account_of_its_own(reaper: Cli, two: Emulator) -> None:
    """Given for another account it changes nothing here."""
    write_settings(acme=two.url, other="https://other.example")
    reaper(
        "exempt", "add", "--owner", "anna@*", "--account", "other", "--until", "3d", "--reason", "x"
    )
    reaper("run", "--enforce", "--account", "acme")
    assert len(ended(two)) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--until", "3d"), "specify what to exempt: one or more of --owner, --session"),
        (("--owner", "anna@*"), "specify how long: --until WHEN, or --forever if necessary"),
        (
            ("--owner", "anna@*", "--until", "3d", "--forever"),
            "--until and --forever are mutually exclusive; use one",
        ),
        (("--owner", "anna@*", "--until", "2020-01-01"), "'2020-01-01' is already in the past"),
        (
            ("--owner", "anna@*", "--until", "2020-01-01T08:00"),
            "'2020-01-01T08:00' is already in the past",
        ),
        (
            ("--owner", "anna@*", "--until", "9999-12-31"),
            "more than ten years ahead; write --forever",
        ),
        (("--owner", "anna@*", "--until", "soon"), "'soon' is not a valid time"),
        (
            ("--owner", "anna", "--until", "3d"),
            "'anna' is not a valid owner; an owner is user@environment",
        ),
        (("--kind", "web", "--until", "3d"), "no session has the kind 'web'"),
        (
            ("--owner", "anna@*", "--until", "3d", "--account", "nobody"),
            "no account is named 'nobody'",
        ),
    ],
)
def test_nonsense_is_refused_kindly(
    reaper: Cli, two: Emulator, options: tuple[str, ...], said: str
) -> None:
    """Nothing is written, and the line says what would be right."""
    assert two.url
    refused = reaper("exempt", "add", *options, "--reason", "x")
    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert reaper("exempt", "list").out == "no exemptions were added with `reaper exempt add`\n"


def test_what_cannot_be_removed(reaper: Cli, two: Emulator) -> None:
    """An unknown number, and one that was removed before."""
    assert two.url
    assert "no exemption 7" in reaper("exempt", "remove", "7", "--reason", "x").err
    reaper("exempt", "add", "--owner", "a@b", "--forever", "--reason", "x")
    reaper("exempt", "remove", "1", "--reason", "x", "--by", "eva")
    again = reaper("exempt", "remove", "1", "--reason", "x")
    assert (again.code, "removed already, by eva" in again.err) == (2, True)


@pytest.mark.parametrize(
    ("until", "ends"),
    [("2026-11-30", "2026-12-01T00:00:00Z"), ("2026-11-30T18:00+01:00", "2026-11-30T17:00:00Z"),
     ("1d12h", "2026-11-25T00:00:00Z")],
)  # fmt: skip
def test_a_day_counts_whole_as_in_a_policy_file(
    reaper: Cli, two: Emulator, until: str, ends: str
) -> None:
    """A moment is a moment, with its own zone, and a duration counts from now on."""
    assert two.url
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        reaper("exempt", "add", "--app", "Planner", "--reason", "x", "--until", until)
    assert [e["ends"] for e in reaper("exempt", "list", "-o", "json").json["exemptions"]] == [ends]


@pytest.mark.parametrize(
    ("whom", "warned"),
    [(("--owner", "*@*"), True), (("--kind", "*"), True), (("--app", "/./", "--name", "*"), True),
     (("--kind", "webui"), False), (("--owner", "*@Planning"), False), (("--owner", "*", "--app", "Planner"), False)],
    ids=str,
)  # fmt: skip
def test_an_exemption_of_everybody_is_warned_of(
    reaper: Cli, two: Emulator, whom: tuple[str, ...], warned: bool
) -> None:
    """However it is written; it is given all the same, for to spare too many can be undone."""
    assert two.url
    given = reaper("exempt", "add", *whom, "--forever", "--reason", "x")
    assert (given.code, "it exempts every session; to end nothing for a while" in given.err) == (
        0,
        warned,
    )
    assert len(reaper("exempt", "list", "-o", "json").json["exemptions"]) == 1


def test_the_list_keeps_apart_what_is_of_no_use(reaper: Cli, two: Emulator) -> None:
    """First what decides, then what never did, then what has ended.

    What was removed only on request, with by whom.
    """
    assert two.url
    for whom in ("gone@*", "nobody@*", "anna@*"):
        reaper("exempt", "add", "--owner", whom, "--forever", "--reason", "x")
    with time_machine.travel(timedelta(hours=-3)):
        reaper("exempt", "add", "--owner", "late@*", "--until", "1h", "--reason", "x")
    reaper("exempt", "remove", "1", "--reason", "left", "--by", "bob")
    reaper("run")

    def shown(*more: str) -> list[str]:
        lines = [line.split() for line in reaper("exempt", "list", *more).out.splitlines()]
        return [
            line[0] if line[0].isdigit() else " ".join(line) for line in lines if line[0] != "NO"
        ]

    now = ["in force", "3", "in force, never used so far", "2", "ended", "4"]
    assert (shown(), shown("--all")) == (now, [*now, "removed", "1"])
    assert "x; removed by bob: left" in reaper("exempt", "list", "--all").out


def test_the_list_is_there_for_programs(reaper: Cli, two: Emulator) -> None:
    """As CSV with a header."""
    assert two.url
    reaper(
        "exempt",
        "add",
        "--owner",
        "anna@*",
        "--kind",
        "webui",
        "--forever",
        "--reason",
        "x",
        "--by",
        "eva",
    )
    (row,) = csv.DictReader(io.StringIO(reaper("exempt", "list", "-o", "csv").out))
    assert (row["id"], row["whom"], row["by"], row["decided"]) == (
        "1",
        "kind webui, owner anna@*",
        "eva",
        "0",
    )
