"""What a command tells of what it does, when it is asked to."""

import json
from typing import Any, get_args

import click
import pytest
from support.cli_tools import IDLE, Cli, Open, write_policies, write_settings

from reaper.cli import cli
from reaper.config.settings.model import LogSettings
from reaper.emulator import DEFAULT_KEY, Emulator


def events(err: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.usefixtures("acme")
def test_a_run_tells_what_it_does(reaper: Cli) -> None:
    """With --log-level each event is a line of JSON on standard error.

    Standard output stays the report.
    """
    result = reaper("--log-level", "info", "run", "--enforce", "-o", "json")
    (run,) = result.json["runs"]
    told = events(result.err)
    assert [e["event"] for e in told] == ["run begun", "step intended", "step settled", "run ended"]
    assert {(e["account"], e["run"], e["level"]) for e in told} == {("acme", run["id"], "info")}
    begun, intended, settled, ended = told
    assert (begun["sessions"], begun["offender"], begun["steps"], begun["enforcing"]) == (
        5,
        2,
        1,
        True,
    )
    of_the_step = ("session", "kind", "owner", "policy", "action")
    expected = [IDLE, "webui", "anna@Planning", "idle-webui", "terminate"]
    assert (
        [intended[key] for key in of_the_step] == [settled[key] for key in of_the_step] == expected
    )
    assert settled["outcome"] == "terminated"
    assert (ended["result"], ended["outcomes"]) == ("done", {"terminated": 1})
    assert ended["seconds"] >= 0


def test_a_command_is_silent_unless_asked(reaper: Cli, acme: Emulator) -> None:
    """Whatever the settings say of the daemon's log, another command's standard error
    stays empty.
    """
    write_settings(acme=acme.url, more="log: {level: debug}\n")
    assert reaper("run", "--enforce").err == ""


@pytest.mark.usefixtures("acme")
def test_a_dry_run_repeats_nothing(reaper: Cli) -> None:
    """What a dry run withholds is told in sum; step by step only with `debug`."""
    told = events(reaper("--log-level", "info", "run").err)
    assert [e["event"] for e in told] == ["run begun", "run ended"]
    assert told[-1]["outcomes"] == {"withheld": 1}
    assert "step settled" in reaper("--log-level", "debug", "run").err


def test_doubts_and_halts_are_warnings(reaper: Cli, acme: Emulator, tenant: Open) -> None:
    """A look that is not acted upon says why, and so does a plan over a limit."""
    write_settings(acme=acme.url, more="limits: {run: {sessions: 0}}\n")
    halted = events(
        reaper("--log-level", "warning", "run", "--enforce").err.partition("reaper: ")[0]
    )
    assert [e["event"] for e in halted] == ["halted"]
    write_settings(acme=tenant(faults="skew:+90s").url)
    doubtful = events(reaper("--log-level", "warning", "run").err)
    assert [e["event"] for e in doubtful] == ["observing only"]
    assert "clock" in doubtful[0]["doubt"]


def test_repeated_requests_are_told(reaper: Cli, tenant: Open) -> None:
    """A read that is repeated says of which account, how often, and why.

    The key is in none of it.
    """
    write_policies()
    write_settings(acme=tenant(faults="500:1").url)
    result = reaper("--log-level", "info", "run")
    repeated = [
        e for e in events(result.err.rpartition("reaper: ")[0]) if e["event"] == "request repeated"
    ]
    assert repeated
    assert {e["account"] for e in repeated} == {"acme"}
    assert {e["attempt"] for e in repeated} == {2, 3, 4}
    assert all("500" in e["because"] for e in repeated)
    assert DEFAULT_KEY not in result.err


@pytest.mark.parametrize("form", ["console", "json"])
def test_the_settings_choose_the_form(reaper: Cli, acme: Emulator, form: str) -> None:
    """`log.format` makes it JSON on a terminal, or a console where there is none."""
    write_settings(acme=acme.url, more=f"log: {{format: {form}}}\n")
    first = reaper("--log-level", "info", "run").err.splitlines()[0]
    assert first.startswith("{") is (form == "json")
    assert "run begun" in first


def test_the_option_knows_the_levels_of_the_settings() -> None:
    """--log-level takes what `log.level` takes."""
    (option,) = [p for p in cli.params if p.name == "log_level"]
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == get_args(LogSettings.model_fields["level"].annotation)
