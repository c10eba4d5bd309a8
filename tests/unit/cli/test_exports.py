"""Exports are whole; tables say what they leave out."""

import csv
import io

import pytest
from support.cli_tools import Cli, Open, write_policies, write_settings

MANY = 30
ALL = ("run", "hour", "policy")
NONE = {"sessions": 1000, "percent": 100}


@pytest.fixture
def recorded(reaper: Cli, tenant: Open) -> None:
    """A record of 60 entries: a decision and an outcome of each of 30 sessions."""
    fleet = [{"owner": f"u{n}@Planning", "age": "9h", "idle": "5h"} for n in range(MANY)]
    write_policies()
    write_settings(acme=tenant(*fleet).url, more=f"limits: {dict.fromkeys(ALL, NONE)}")
    assert reaper("run").code == 0


@pytest.mark.usefixtures("recorded")
def test_programs_get_all_entries_and_tables_say_how_many_there_are(reaper: Cli) -> None:
    """JSON and CSV have no limit but the one that is asked for."""
    assert len(reaper("history", "-o", "json").json["history"]) == 2 * MANY
    assert len(reaper("history", "-o", "json", "--limit", "7").json["history"]) == 7
    rows = list(csv.DictReader(io.StringIO(reaper("history", "-o", "csv").out)))
    assert len(rows) == 2 * MANY
    assert "50 of 60, --all" in reaper("history").out
    assert "7 of 30, --all" in reaper("history", "--limit", "7", "--outcome", "withheld").out
    everything = reaper("history", "--all").out
    assert "--all" not in everything
    assert everything.count("withheld") == MANY


@pytest.mark.usefixtures("recorded")
def test_every_row_of_a_step_says_why(reaper: Cli) -> None:
    """Not only what came of it: its reason and evidence, also where it was never taken."""
    for row in reaper("history", "--outcome", "withheld", "-o", "json").json["history"]:
        assert row["reason"].startswith("idle 5h")
        assert row["detail"] == "dry run"
        assert row["evidence"]["findings"][0]["rule"] == "idle 2h"


@pytest.mark.usefixtures("acme")
def test_all_runs_are_there_for_programs(reaper: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table shows the newest, and says so."""
    monkeypatch.setattr("reaper.cli.runs._IN_A_TABLE", 2)
    monkeypatch.setattr("reaper.store.history._AT_ONCE", 2)
    for _ in range(3):
        reaper("run")
    assert [run["id"] for run in reaper("runs", "-o", "json").json["runs"]] == [3, 2, 1]
    assert len(reaper("runs", "-o", "json", "--limit", "1").json["runs"]) == 1
    assert "2 of 3, --all" in reaper("runs").out
    assert len(reaper("runs", "--all").out.splitlines()) == 4
