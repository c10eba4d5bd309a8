"""`reaper terminate`: one session, by a person, through the same safety and record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.safety_cli import POLICIES, Cli, Desk, Result, ended
from support.safety_house import idle, task

from reaper.emulator import Emulator

BUSY = idle("busy", "anna@Planning", idle="1m")
ADMIN = idle("admin", "admin@ROOT", idle="1m")
PROTECTED = "protect: [{owner: admin@ROOT, reason: operations}]\n" + POLICIES


@pytest.fixture
def acme(desk: Desk) -> Emulator:
    """Nobody of these is an offender, and one is exempt."""
    account = desk.account(BUSY, ADMIN, task())
    desk.write(PROTECTED, acme=account)
    return account


def terminate(reaper: Cli, session: str, *more: str) -> Result:
    return reaper("terminate", session, "--reason", "asked for", "--by", "eva", *more)


def test_it_is_a_dry_run_unless_told_otherwise(reaper: Cli, desk: Desk, acme: Emulator) -> None:
    """Whatever the settings say."""
    desk.settings["enforce"] = True
    desk.write(PROTECTED, acme=acme)
    dry = terminate(reaper, "busy")
    assert (dry.code, ended(acme)) == (0, [])
    assert "--enforce would end 1" in dry.out


def test_it_ends_that_session_alone_and_the_record_tells_by_whom(
    reaper: Cli, acme: Emulator
) -> None:
    """The first characters of the id are enough; history, explanation and runs show a person's act,
    with the reason and the evidence.
    """
    acme.world.add_session(**idle("offender", "ben@Planning"))
    assert (terminate(reaper, "bus", "--enforce").code, ended(acme)) == (0, ["busy"])
    history = reaper("history", "--session", "busy", "-o", "json").json["history"]
    assert [(one["event"], one["policy"]) for one in history] == [
        (event, "(by hand)") for event in ("terminated", "intended", "offender")
    ] + [("compliant", "idle")]
    assert history[1]["reason"] == "by eva: asked for"
    assert history[1]["evidence"]["state"] == "running"
    told = reaper("explain", "busy").out
    assert "(by hand)" in told
    assert "by eva: asked for" in told
    (run,) = reaper("runs", "-o", "json").json["runs"]
    assert (run["request"], run["outcomes"]) == (
        "session busy, by eva: asked for",
        {"terminated": 1},
    )
    assert (reaper("run", "--enforce").code, ended(acme)) == (0, ["busy", "offender"])


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_means_nobody(reaper: Cli, desk: Desk, name: str) -> None:
    """An empty shell variable does not end the only session that runs."""
    account = desk.account(BUSY)
    desk.write(PROTECTED, acme=account)
    refused = terminate(reaper, name, "--enforce")
    assert (refused.code, refused.one_line, ended(account)) == (2, True, [])
    assert "the session's id is empty" in refused.err


def test_a_whole_id_never_means_another_session(reaper: Cli, acme: Emulator) -> None:
    """One that is over is over, though the id of another one that runs begins so."""
    assert terminate(reaper, "busy", "--enforce").code == 0
    acme.world.add_session(**idle("busybody", "carl@Planning"))
    late = terminate(reaper, "busy", "--enforce")
    assert (late.code, late.one_line, ended(acme)) == (2, True, ["busy"])
    assert "session busy of acme is over already" in late.err


@pytest.mark.parametrize(
    "command",
    [
        ("terminate", "busy", "--enforce"),
        ("pause",),
        ("exempt", "add", "--owner", "anna@*", "--forever"),
        ("exempt", "remove", "1"),
    ],
)
def test_a_reason_is_more_than_white_space(
    reaper: Cli, acme: Emulator, command: tuple[str, ...]
) -> None:
    """Whoever reads the record later is to learn why."""
    refused = reaper(*command, "--reason", " ")
    assert (refused.code, ended(acme)) == (2, [])
    assert "Invalid value for '--reason': it is empty" in refused.err


def test_an_exemption_refuses_unless_the_person_overrides_it(reaper: Cli, acme: Emulator) -> None:
    """Both say which one; the override is on record."""
    refused = terminate(reaper, "admin", "--enforce")
    assert (refused.code, refused.one_line, ended(acme)) == (2, True, [])
    assert "is exempt: operations; --despite-exemption ends it all the same" in refused.err
    despite = terminate(reaper, "admin", "--enforce", "--despite-exemption")
    assert (despite.code, ended(acme)) == (0, ["admin"])
    assert "warning: despite an exemption: operations" in despite.err
    done = reaper("history", "--session", "admin", "-o", "json").json["history"]
    assert "despite an exemption: operations" in done[1]["reason"]


OWN = POLICIES + "    exempt: [{owner: anna@*, reason: budget round}]\n"
GIVEN: dict[str, Any] = {"by hand": (POLICIES, True), "of the policy": (OWN, False)}


@pytest.mark.parametrize(("policies", "given"), list(GIVEN.values()), ids=list(GIVEN))
def test_every_kind_of_exemption_counts(
    reaper: Cli, desk: Desk, acme: Emulator, policies: str, *, given: bool
) -> None:
    """One given by hand as one that a policy has for those it selects."""
    desk.write(policies, acme=acme)
    if given:
        reaper("exempt", "add", "--owner", "anna@*", "--forever", "--reason", "budget round")
    refused = terminate(reaper, "busy", "--enforce")
    assert (refused.code, "budget round" in refused.err, ended(acme)) == (2, True, [])
    assert terminate(reaper, "busy", "--enforce", "--despite-exemption").code == 0
    assert ended(acme) == ["busy"]


@pytest.mark.parametrize("stop", ["pause", "file"])
def test_what_stops_everything_stops_it(reaper: Cli, desk: Desk, acme: Emulator, stop: str) -> None:
    """A pause and the stop file, with exit code 1 for a session that was to be ended and was not."""
    desk.settings["stop_file"] = "STOP"
    desk.write(PROTECTED, acme=acme)
    if stop == "pause":
        reaper("pause", "--reason", "year-end close")
    else:
        Path("STOP").touch()
    held = terminate(reaper, "busy", "--enforce")
    assert (held.code, ended(acme)) == (1, [])
    assert ("paused by" if stop == "pause" else "STOP forbids it") in held.out


def test_a_halt_does_not_hold_it_and_the_hour_does(reaper: Cli, desk: Desk) -> None:
    """A halt is for runs that nobody attends; a limit that it exceeds itself leaves no halt."""
    desk.settings["limits"] = {"run": {"sessions": 1}, "hour": {"sessions": 1}}
    account = desk.acme(idle("s1"), idle("s2", "ben@Planning"), BUSY, ADMIN)
    assert reaper("run", "--enforce").code == 5
    assert (terminate(reaper, "busy", "--enforce").code, ended(account)) == (0, ["busy"])
    assert reaper("acknowledge", "1").code == 0
    over = terminate(reaper, "admin", "--enforce")
    assert (over.code, ended(account)) == (5, ["busy"])
    assert "within the hour this would make 2 sessions, and at most 1 are allowed" in over.out
    assert reaper("acknowledge", "3").code == 2


def test_a_task_is_interrupted_first(reaper: Cli, acme: Emulator) -> None:
    """The gentlest step, one a time; what is waited for is told, and is no failure."""
    first, second = (terminate(reaper, "task", "--enforce") for _ in range(2))
    assert (first.code, second.code, ended(acme)) == (0, 0, [])
    assert len(acme.world.interrupted) == 1
    assert "not over yet" in first.out


def test_who_is_not_the_one_is_told_in_a_sentence(reaper: Cli, desk: Desk, acme: Emulator) -> None:
    """Unknown, over, of several sessions, of several accounts: exit code 2, and nothing ended."""
    terminate(reaper, "busy", "--enforce")
    slips = {
        "nobody": "no session id starts with 'nobody'",
        "busy": "session busy of acme is over already",
    }
    for session, why in slips.items():
        slip = terminate(reaper, session, "--enforce")
        assert (slip.code, slip.one_line, why in slip.err) == (2, True, True), slip.err
    globex = desk.account(ADMIN, task())
    desk.write(POLICIES, acme=acme, globex=globex)
    both = terminate(reaper, "admin", "--enforce")
    assert (both.code, both.one_line, "name one with --account" in both.err) == (2, True, True)
    assert terminate(reaper, "admin", "--enforce", "--account", "globex").code == 0
    assert (ended(acme), ended(globex)) == (["busy"], ["admin"])


def test_an_account_that_does_not_answer_may_have_it(
    reaper: Cli, desk: Desk, acme: Emulator
) -> None:
    """Where nobody can tell whether another one has such a session, the account is to be named."""
    desk.write(POLICIES, acme=acme, gone="http://127.0.0.1:9")
    unsure = terminate(reaper, "busy", "--enforce")
    assert (unsure.code, unsure.one_line, ended(acme)) == (3, True, [])
    assert "--account" in unsure.err
    assert terminate(reaper, "busy", "--enforce", "--account", "acme").code == 0
    assert ended(acme) == ["busy"]


def test_a_doubtful_look_ends_nothing(reaper: Cli, desk: Desk, acme: Emulator) -> None:
    """A server whose clock is wrong: the person is told why, with the exit code of such a run."""
    assert acme
    skewed = desk.account(BUSY, faults="skew:+300s")
    desk.write(POLICIES, acme=skewed)
    doubtful = terminate(reaper, "busy", "--enforce")
    assert (doubtful.code, ended(skewed)) == (6, [])
    assert "observed only: the server's clock is" in doubtful.out
