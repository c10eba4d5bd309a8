"""`reaper exempt`: sessions are left alone because a person says so, for as long as they say."""

import pytest
from cli_tools import IDLE, Cli, Open, ended, write_policies, write_settings

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
    (decided,) = [d for d in reaper("history", "--all", "-o", "json").json["history"] if d["session"] == IDLE]
    assert decided["reason"].startswith("exempt: #1 by eva: year end, until ")


def test_sessions_and_plans_show_it(reaper: Cli, two: Emulator) -> None:
    """Whoever looks sees why a session stays."""
    reaper("exempt", "add", "--owner", "anna@*", "--until", "3d", "--reason", "year end")
    assert two.url
    assert "year end" in reaper("sessions").out
    assert "1 to end" in reaper("plan").out


def test_removed_it_holds_no_more(reaper: Cli, two: Emulator) -> None:
    """From then on the session is judged as ever; the exemption stays on record with who took it back."""
    reaper("exempt", "add", "--owner", "*@*", "--until", "3d", "--reason", "x", "--by", "eva")
    reaper("run", "--enforce")
    assert ended(two) == []
    assert reaper("exempt", "remove", "1", "--reason", "done", "--by", "ben").out == "exemption 1 removed\n"
    reaper("run", "--enforce")
    assert len(ended(two)) == 2
    assert reaper("exempt", "list", "-o", "json").json == {"exemptions": []}
    (kept,) = reaper("exempt", "list", "--all", "-o", "json").json["exemptions"]
    assert (kept["state"], kept["by"], kept["removed_by"], kept["removed_because"]) == ("removed", "eva", "ben", "done")


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
    write_settings(acme=two.url, other=two.url)
    reaper("exempt", "add", "--owner", "anna@*", "--account", "other", "--until", "3d", "--reason", "x")
    reaper("run", "--enforce", "--account", "acme")
    assert len(ended(two)) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--until", "3d"), "say whom: one or more of --owner, --session"),
        (("--owner", "anna@*"), "say how long: --until WHEN; or --forever, if it must be"),
        (("--owner", "anna@*", "--until", "3d", "--forever"), "--until and --forever contradict; keep one"),
        (("--owner", "anna@*", "--until", "2020-01-01"), "'2020-01-01' is past already"),
        (("--owner", "anna@*", "--until", "soon"), "'soon' is no moment"),
        (("--owner", "anna", "--until", "3d"), "no owner is 'anna'; an owner is user@environment"),
        (("--kind", "web", "--until", "3d"), "no session has the kind 'web'"),
        (("--owner", "anna@*", "--until", "3d", "--account", "nobody"), "no account is named 'nobody'"),
    ],
)
def test_nonsense_is_refused_kindly(reaper: Cli, two: Emulator, options: tuple[str, ...], said: str) -> None:
    """Nothing is written, and the line says what would be right."""
    assert two.url
    refused = reaper("exempt", "add", *options, "--reason", "x")
    assert (refused.code, said in refused.err) == (2, True), refused.err
    assert reaper("exempt", "list").out == "no exemption was given by hand\n"


def test_what_cannot_be_removed(reaper: Cli, two: Emulator) -> None:
    """An unknown number, and one that was removed before."""
    assert two.url
    assert "there is no exemption 7" in reaper("exempt", "remove", "7", "--reason", "x").err
    reaper("exempt", "add", "--owner", "a@b", "--forever", "--reason", "x")
    reaper("exempt", "remove", "1", "--reason", "x", "--by", "eva")
    again = reaper("exempt", "remove", "1", "--reason", "x")
    assert (again.code, "removed already, by eva" in again.err) == (2, True)
