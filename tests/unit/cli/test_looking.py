"""`reaper sessions`, `history` and `runs`: what is, and what was."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from support.cli_tools import IDLE, Cli, Open, is_one_line, write_policies, write_settings

from reaper.emulator import Emulator


def events(reaper: Cli, *filters: str) -> list[str]:
    return [entry["event"] for entry in reaper("history", *filters, "-o", "json").json["history"]]


@pytest.fixture
def recorded(reaper: Cli, acme: Emulator) -> Emulator:
    """An account of which an enforcing run is recorded."""
    assert reaper("run", "--enforce", "-o", "json").code == 0
    return acme


@pytest.mark.usefixtures("acme")
def test_sessions_tells_each_verdict_and_where_idle_was_learnt(reaper: Cli) -> None:
    """JSON has one entry a session, with the verdict of each policy that selects it."""
    (account,) = reaper("sessions", "-o", "json").json["accounts"]
    found = {s["owner"]: s for s in account["sessions"]}
    rulings = {owner: [v["verdict"] for v in s["verdicts"]] for owner, s in found.items()}
    assert rulings == {
        "anna@Planning": ["offender"],
        "ben@Supply": ["compliant"],
        "admin@ROOT": ["exempt"],
        "eva@Supply": ["undetermined"],
        "carl@Supply": ["offender"],
    }
    assert found["anna@Planning"]["idle_seconds"] == pytest.approx(5 * 3600, abs=60)
    assert found["anna@Planning"]["idle_learnt"].startswith("log line 2 of 2")


@pytest.mark.usefixtures("acme")
def test_sessions_shows_the_offenders_first(reaper: Cli) -> None:
    """The table begins with whom a policy convicts, and says why each of the others stays."""
    lines = reaper("sessions").out.splitlines()
    assert {line.split()[3] for line in lines[2:4]} == {"anna@Planning", "carl@Supply"}
    assert "exempt: operations" in "\n".join(lines)
    assert "unknown, the log is empty" in "\n".join(lines)


def test_sessions_records_nothing(reaper: Cli, acme: Emulator) -> None:
    """Looking leaves no run, and ends nothing."""
    reaper("sessions")
    assert reaper("runs", "-o", "json").json["runs"] == []
    assert acme.world.terminated == []


def test_sessions_of_a_dead_account_cost_the_other_nothing(reaper: Cli, acme: Emulator) -> None:
    """The account that answers is shown, the other is one line on standard error and exit
    code 3.
    """
    write_settings(dead="http://127.0.0.1:9", acme=acme.url)
    result = reaper("sessions", "-o", "json")
    assert (result.code, [a["account"] for a in result.json["accounts"]]) == (3, ["acme"])
    assert is_one_line(result)


@pytest.mark.usefixtures("recorded")
def test_history_tells_decision_intent_and_end(reaper: Cli) -> None:
    """Of the session that was ended the history knows the verdict, the intent and what was seen,
    newest first.
    """
    entries = reaper("history", "--session", IDLE[:8], "-o", "json").json["history"]
    assert [e["event"] for e in entries] == ["terminated", "intended", "offender"]
    assert all(e["policy"] == "idle-webui" and e["owner"] == "anna@Planning" for e in entries)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--outcome", "terminated"), ["terminated"]),
        (("--outcome", "exempt"), ["exempt"]),
        (("--outcome", "compliant"), ["compliant"]),
        (("--owner", "*@planning"), ["terminated", "intended", "offender"]),
        (("--owner", "nobody@*"), []),
        (("--policy", "old-tasks"), ["offender"]),
        (("--account", "other"), []),
        (("--limit", "1"), ["terminated"]),
        (("--since", "2h", "--policy", "old-tasks"), ["offender"]),
        (("--until", "2h"), []),
        (("--since", "2020-01-01", "--until", "2020-01-02T10:00"), []),
    ],
)
def test_history_is_filtered(reaper: Cli, filters: tuple[str, ...], expected: list[str]) -> None:
    """Each filter leaves what fits it."""
    assert events(reaper, *filters) == expected


@pytest.mark.usefixtures("recorded")
def test_history_leaves_the_compliant_out_unless_asked(reaper: Cli) -> None:
    """`--all` adds why a session was left alone."""
    assert "compliant" not in events(reaper)
    assert "compliant" in events(reaper, "--all")


@pytest.mark.usefixtures("recorded")
def test_a_moment_may_have_a_zone(reaper: Cli) -> None:
    """`--since` takes any zone, and UTC where none is named."""
    later = datetime(2999, 1, 1, tzinfo=UTC)
    assert events(reaper, "--since", later.isoformat()) == []
    assert events(
        reaper, "--until", (later - timedelta(days=1)).strftime("%Y-%m-%d"), "--limit", "1"
    ) == ["terminated"]


@pytest.mark.usefixtures("recorded")
def test_a_misspelt_outcome_is_answered_with_a_guess(reaper: Cli) -> None:
    """An outcome that there is not is a usage error, not an empty answer."""
    result = reaper("history", "--outcome", "trminated")
    assert result.code == 2
    assert "did you mean 'terminated'?" in result.err


@pytest.mark.usefixtures("recorded")
def test_history_as_csv(reaper: Cli) -> None:
    """CSV has a header and a line an entry."""
    rows = list(csv.DictReader(io.StringIO(reaper("history", "-o", "csv").out)))
    assert [row["event"] for row in rows if row["session"] == IDLE] == [
        "terminated",
        "intended",
        "offender",
    ]
    assert all(datetime.fromisoformat(row["at"]).tzinfo for row in rows)


@pytest.mark.parametrize("app", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_csv_holds_no_formula(reaper: Cli, tenant: Open, app: str) -> None:
    """What a server sent is text to any spreadsheet that opens the file."""
    write_policies()
    write_settings(
        acme=tenant({"owner": "=cmd()@Planning", "age": "9h", "idle": "5h", "app": app}).url
    )
    reaper("run")
    rows = list(csv.DictReader(io.StringIO(reaper("history", "-o", "csv").out)))
    lone = {"\tx": r"\tx", "\rx": r"\rx"}  # written out, they begin nothing
    assert {row["app"] for row in rows} == {lone.get(app, f"'{app}")}
    assert {row["owner"] for row in rows} == {"'=cmd()@Planning"}


def test_history_of_nothing(reaper: Cli, acme: Emulator) -> None:
    """An empty record is said in words, and is an empty list to programs."""
    assert acme.url
    assert reaper("history").out == "no matching records\n"
    assert events(reaper) == []
    assert reaper("runs").out == "no runs recorded yet\n"


@pytest.mark.usefixtures("recorded")
def test_runs_tells_what_came_of_each_pass(reaper: Cli) -> None:
    """A run has its account, its way, its counts and its outcomes."""
    reaper("run")
    dry, enforcing = reaper("runs", "-o", "json").json["runs"]
    assert (enforcing["enforcing"], enforcing["sessions"], enforcing["outcomes"]) == (
        True,
        5,
        {"terminated": 1},
    )
    assert (dry["enforcing"], dry["outcomes"]) == (False, {})
    assert enforcing["finished_at"] is not None
    assert "1 terminated" in reaper("runs").out
    assert [run["id"] for run in reaper("runs", "--limit", "1", "-o", "json").json["runs"]] == [2]
    assert reaper("runs", "--account", "other", "-o", "json").json["runs"] == []


@pytest.mark.usefixtures("recorded")
def test_a_second_pass_adds_no_decision(reaper: Cli) -> None:
    """What did not change is not recorded again."""
    before = events(reaper, "--all")
    reaper("run")
    assert events(reaper, "--all") == before
