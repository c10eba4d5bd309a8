"""`reaper run`: one pass; a dry run unless told otherwise."""

import json
import re
from pathlib import Path

import pytest
from support.cli_tools import (
    IDLE,
    POLICIES,
    Cli,
    Open,
    ended,
    is_one_line,
    write_policies,
    write_settings,
)

from reaper.emulator import Emulator

RUN_KEYS = {"id", "account", "enforce", "complete", "sessions", "steps"}
STEP_KEYS = {"session", "kind", "owner", "policy", "action", "outcome", "reason"}
DEAD = "http://127.0.0.1:9"


def test_json_has_the_documented_shape(reaper: Cli, acme: Emulator) -> None:
    """`-o json` prints the runs on standard output, and nothing else anywhere."""
    result = reaper("run", "-o", "json")
    (run,) = result.json["runs"]
    (step,) = run["steps"]
    assert (result.code, result.err) == (0, "")
    assert run.keys() >= RUN_KEYS
    assert step.keys() >= STEP_KEYS
    assert (run["account"], run["enforce"], run["complete"], run["sessions"]) == (
        "acme",
        False,
        True,
        5,
    )
    assert [step[key] for key in ("session", "kind", "owner", "policy", "action", "outcome")] == [
        IDLE,
        "webui",
        "anna@Planning",
        "idle-webui",
        "terminate",
        "withheld",
    ]
    assert step["reason"].startswith("idle 5h")
    assert ended(acme) == []


def test_a_dry_run_is_the_default(reaper: Cli, acme: Emulator) -> None:
    """Without a word about it nothing is ended, and the table says so."""
    result = reaper("run")
    assert result.code == 0
    assert "dry run: nothing was ended; --enforce would end 1" in result.out
    assert ended(acme) == []


@pytest.mark.parametrize("generation", [1, 2])
def test_enforce_ends_the_offenders_of_enforcing_policies(
    reaper: Cli, tenant: Open, generation: int
) -> None:
    """`--enforce` ends the idle session and no other, in both generations."""
    account = tenant(generation=generation)
    write_policies()
    write_settings(acme=account.url)
    result = reaper("run", "--enforce", "-o", "json")
    (run,) = result.json["runs"]
    assert result.code == 0
    assert [(s["session"], s["outcome"]) for s in run["steps"]] == [(IDLE, "terminated")]
    assert [(v["owner"], v["policy"]) for v in run["observed"]] == [("carl@Supply", "old-tasks")]
    assert ended(account) == [IDLE]


def test_an_observing_policy_ends_nothing(reaper: Cli, acme: Emulator) -> None:
    """`--enforce` is one yes; without `mode: enforce` the other is missing, and that is told."""
    write_policies(POLICIES.replace("mode: enforce", "mode: observe"))
    result = reaper("run", "--enforce", "-o", "json")
    assert (result.code, result.json["runs"][0]["steps"], ended(acme)) == (6, [], [])


def test_the_settings_can_say_enforce(reaper: Cli, acme: Emulator) -> None:
    """With `enforce: true` in the settings plain `reaper run` enforces."""
    write_settings(acme=acme.url, more="enforce: true\n")
    assert reaper("run", "-o", "json").json["runs"][0]["enforce"] is True
    assert ended(acme) == [IDLE]


def test_dry_run_wins_over_the_settings(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--dry-run` keeps a run from ending anything, whatever the settings and the
    environment say.
    """
    write_settings(acme=acme.url, more="enforce: true\n")
    monkeypatch.setenv("REAPER_ENFORCE", "true")
    assert reaper("run", "--dry-run", "-o", "json").json["runs"][0]["enforce"] is False
    assert ended(acme) == []


def test_a_dry_run_reports_what_an_enforcing_run_does(reaper: Cli, acme: Emulator) -> None:
    """The two reports name the same sessions for the same policies."""
    dry = reaper("run", "-o", "json").json["runs"][0]["steps"]
    real = reaper("run", "--enforce", "-o", "json").json["runs"][0]["steps"]
    assert [(s["session"], s["policies"]) for s in dry] == [
        (s["session"], s["policies"]) for s in real
    ]
    assert ended(acme) == [IDLE]


@pytest.mark.parametrize("order", [("dead", "acme"), ("acme", "dead")])
def test_a_dead_account_costs_the_other_nothing(
    reaper: Cli, acme: Emulator, order: tuple[str, str]
) -> None:
    """One of two accounts is unreachable: the other is looked after, and the exit code is 3."""
    urls = {"dead": DEAD, "acme": acme.url}
    write_settings(**{name: urls[name] for name in order})
    result = reaper("run", "--enforce", "-o", "json")
    runs = {run["account"]: run for run in result.json["runs"]}
    assert result.code == 3
    assert is_one_line(result)
    assert (runs["dead"]["complete"], runs["dead"]["sessions"], runs["dead"]["steps"]) == (
        False,
        0,
        [],
    )
    assert [s["outcome"] for s in runs["acme"]["steps"]] == ["terminated"]
    assert ended(acme) == [IDLE]


def test_only_the_named_account_is_looked_at(reaper: Cli, acme: Emulator) -> None:
    """`--account` leaves the others alone."""
    write_settings(dead=DEAD, acme=acme.url)
    result = reaper("run", "--account", "acme", "-o", "json")
    assert (result.code, [run["account"] for run in result.json["runs"]]) == (0, ["acme"])


@pytest.mark.usefixtures("acme")
def test_an_unknown_account_is_a_usage_error(reaper: Cli) -> None:
    """A misspelt account is answered with those that there are."""
    result = reaper("run", "--account", "acne")
    assert (result.code, result.err) == (2, "reaper: no account is named 'acne'; there is acme\n")


@pytest.mark.usefixtures("acme")
def test_other_policies_can_be_named(reaper: Cli) -> None:
    """`--policies` replaces those of the settings."""
    path = write_policies(POLICIES.replace("idle: 2h", "idle: 20h"), "other/one.yaml")
    assert reaper("run", "--policies", str(path), "-o", "json").json["runs"][0]["steps"] == []


def test_a_session_that_will_not_end_gives_exit_code_1(reaper: Cli, tenant: Open) -> None:
    """A server that says yes and does nothing is found out: unconfirmed, not terminated."""
    account = tenant(faults="deaf:1")
    write_policies()
    write_settings(acme=account.url)
    result = reaper("run", "--enforce", "-o", "json")
    assert (result.code, [s["outcome"] for s in result.json["runs"][0]["steps"]]) == (
        1,
        ["unconfirmed"],
    )


@pytest.mark.usefixtures("acme")
def test_the_report_explains_itself(reaper: Cli) -> None:
    """The table names session, owner, policy, reason and outcome, and who was only observed."""
    result = reaper("run", "--enforce")
    assert re.search(
        r"11111111 +webui +anna@Planning .* idle-webui +idle 5h .*; seen \w+ +terminated",
        result.out,
    )
    assert "offenders of policies in mode observe, left alone:" in result.out
    assert "carl@Supply" in result.out


@pytest.mark.usefixtures("acme")
def test_who_is_ended_is_not_left_alone(reaper: Cli) -> None:
    """What an observing policy says of a session that another policy ends is not left alone.

    Programs are told.
    """
    second = (
        POLICIES.replace("mode: enforce", "mode: observe")
        .replace("idle-webui", "second")
        .replace("old", "older")
    )
    write_policies(second, "policies/second.yaml")
    shown, told = reaper("run").out, reaper("run", "-o", "json").json["runs"][0]
    assert "anna@Planning" not in shown.partition("left alone:")[2]
    assert ("anna@Planning", "second") in [
        (one["owner"], one["policy"]) for one in told["observed"]
    ]


def test_no_key_is_ever_written(reaper: Cli, tenant: Open, tmp_path: Path) -> None:
    """Neither the output, nor the errors, nor the database of whole runs hold the API key."""
    key = "k3y-that-nobody-may-see"
    account = tenant(keys=[{"key": key}])
    write_policies()
    write_settings(acme=account.url, dead=DEAD, key=key)
    results = [
        reaper("run", "--enforce"),
        reaper("run", "-o", "json"),
        reaper("sessions", "-o", "json"),
        reaper("history", "--all", "-o", "json"),
        reaper("runs", "-o", "json"),
        reaper("doctor", "-o", "json"),
    ]
    account.world.keys.clear()
    results += [reaper("run", "--enforce"), reaper("doctor")]
    written = [text for result in results for text in (result.out, result.err)]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("reaper.db*"))
    assert ended(account) == [IDLE]
    assert len(stored) > 10_000
    assert not [text for text in written if key in text]
    assert key.encode() not in stored


def test_what_a_server_sends_cannot_dress_up_the_table(reaper: Cli, tenant: Open) -> None:
    """Markup in a session's app is shown as text, and comes out of JSON as it was."""
    app = "[bold red]fake[/] :bomb:"
    write_policies()
    write_settings(
        acme=tenant({"owner": "anna@Planning", "age": "9h", "idle": "5h", "app": app}).url
    )
    assert app in reaper("run").out
    assert app in json.dumps(reaper("sessions", "-o", "json").json)
