"""`reaper explain`.

Why one session is judged so, when that will change, and what was done to it.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
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

NIGHT = POLICIES + (
    "  - name: ageing\n    mode: enforce\n    select: {kind: webui, owner: {not: '*@ROOT'}}\n"
    "    terminate_when: {all: [{age: 10h}, {not: {idle: 1h}}]}\n"
    "  - name: costly\n    select: {kind: task}\n    terminate_when: {gb_hours: 2}\n"
    "  - name: dormant\n    from: 2999-01-01\n    select: all\n    terminate_when: {age: 1h}\n"
)
TWINS = ({"id": "aaaa1111", "owner": "anna@Planning", "age": "9h", "idle": "5h"},
         {"id": "aaaa2222", "owner": "ben@Planning", "age": "3h", "idle": "48m"})  # fmt: skip


def live(reaper: Cli, session: str, *more: str) -> Any:  # noqa: ANN401 - JSON
    result = reaper("explain", session, "-o", "json", *more)
    assert (result.code, result.err) == (0, "")
    return result.json["live"]


def policy(explained: Any, name: str) -> Any:  # noqa: ANN401 - JSON
    return next(one for one in explained["policies"] if one["policy"] == name)


@pytest.mark.parametrize("generation", ["1", "2"])
def test_an_offender_is_explained_from_the_rule_to_the_next_run(
    reaper: Cli, tenant: Open, generation: str
) -> None:
    """Its value against the threshold, where the value came from, and what would be asked of the
    server.
    """
    account = tenant(generation=int(generation))
    write_policies()
    write_settings(acme=account.url)
    found = live(reaper, IDLE[:8])
    idle = policy(found, "idle-webui")
    assert (idle["verdict"], idle["rule"]["rule"], idle["rule"]["answer"]) == (
        "offender",
        "idle 2h",
        "yes",
    )
    assert idle["rule"]["threshold"] == 7200
    assert idle["rule"]["value"] == pytest.approx(5 * 3600, abs=60)
    assert idle["rule"]["note"].startswith("log line ")
    assert (found["next_run"]["what"], idle["changes"]) == ("step", None)
    assert found["next_run"]["words"].startswith("terminate by idle-webui: idle 5h")
    assert (ended(account), reaper("runs", "-o", "json").json["runs"]) == ([], [])


def test_what_is_not_judged_says_which_field_does_not_match(reaper: Cli, acme: Emulator) -> None:
    """With its value; or that the policy is not in force."""
    assert acme
    write_policies(NIGHT)
    found = live(reaper, IDLE)
    assert policy(found, "old-tasks")["mismatches"] == [
        {"field": "kind", "wanted": "task", "value": "webui"}
    ]
    assert policy(found, "dormant")["reason"] == "not in force: it begins on 2999-01-01"
    shown = reaper("explain", IDLE).out
    assert "old-tasks: kind is 'webui', not task" in shown
    assert "dormant: not in force: it begins on 2999-01-01" in shown


def test_a_rule_is_shown_as_it_was_nested(reaper: Cli, acme: Emulator) -> None:
    """Each part with its own answer."""
    assert acme
    write_policies(NIGHT)
    rule = policy(live(reaper, IDLE), "ageing")["rule"]
    age, negated = rule["rules"]
    assert (rule["rule"], rule["answer"]) == ("all", "no")
    assert (age["rule"], age["answer"]) == ("age 10h", "no")
    assert (negated["rule"], negated["answer"], negated["rules"][0]["rule"]) == (
        "not",
        "no",
        "idle 1h",
    )


def test_when_it_will_change_by_itself_is_told(reaper: Cli, tenant: Open) -> None:
    """Idle for 48 minutes of two hours: due in 1h 12m, unless a log line appears."""
    write_settings(acme=tenant(*TWINS).url)
    write_policies()
    changes = policy(live(reaper, "aaaa2222"), "idle-webui")["changes"]
    assert (changes["verdict"], changes["not_before"]) == ("offender", False)
    shown = reaper("explain", "aaaa2222").out
    assert "due in 1h 1" in shown
    assert "unless a log line appears: idle 2h" in shown


def test_units_are_those_of_the_rule(reaper: Cli, acme: Emulator) -> None:
    """GB hours are no seconds."""
    write_policies(NIGHT)
    task = next(s.id for s in acme.world.sessions if s.kind == "task")
    rule = policy(live(reaper, task), "costly")["rule"]
    assert (rule["unit"], rule["threshold"]) == ("GB hours", 2)


def test_exemptions_are_told_wherever_they_were_given(reaper: Cli, acme: Emulator) -> None:
    """Written, by hand, and one that would cover it had it not ended."""
    write_policies(
        "protect:\n  - {owner: 'admin@*', reason: old times, until: 2020-01-01}\n" + POLICIES
    )
    reaper(
        "exempt", "add", "--owner", "admin@*", "--reason", "a call", "--by", "eva", "--until", "2h"
    )
    admin = next(s.id for s in acme.world.sessions if s.user_name == "admin")
    result = reaper("explain", admin, "-o", "json")
    idle = policy(result.json["live"], "idle-webui")
    told = [(e["given"], e["number"], e["covers"], e["holds"]) for e in idle["exemptions"]]
    assert told == [
        ("protect", None, "yes", False),
        ("by hand", 1, "yes", True),
        ("exempt", None, "yes", True),
    ]
    assert idle["verdict"] == "exempt"
    shown = reaper("explain", admin).out
    assert "exemption (by hand): #1 by eva: a call, until " in shown
    assert "old times, until 2020-01-01: it would cover this session, but has ended" in shown


def test_a_pause_and_a_limit_are_told_where_they_hold_it_back(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the next enforcing run would find them."""
    assert acme
    reaper("pause", "--reason", "year end", "--by", "anna")
    assert live(reaper, IDLE)["next_run"]["what"] == "withheld"
    monkeypatch.setenv("REAPER_LIMITS", '{"run": {"sessions": 0}}')
    found = live(reaper, IDLE)
    assert found["next_run"]["what"] == "halted"
    assert found["plan"] == {
        "steps": 1,
        "halted": ["this run would end 1 session, and at most 0 are allowed"],
    }


def test_what_was_done_to_it_is_told_also_when_it_is_gone(reaper: Cli, acme: Emulator) -> None:
    """Each event of each step; a session that no longer runs is explained from the record."""
    assert acme
    reaper("run", "--enforce")
    result = reaper("explain", IDLE[:8], "-o", "json")
    (step,) = result.json["recorded"]["steps"]
    assert (result.code, result.json["live"]) == (0, None)
    assert (step["action"], step["outcome"]) == ("terminate", "terminated")
    assert [e["event"] for e in step["events"]] == ["intended", "terminated"]
    assert reaper("explain", IDLE[:8]).out.startswith(f"{IDLE} in acme: terminated at ")


def test_a_moment_is_explained_by_the_text_that_held_then(reaper: Cli, acme: Emulator) -> None:
    """Two texts, two moments, each with its own verdict and evidence.

    Before the first there is none.
    """
    assert acme
    with time_machine.travel(timedelta(hours=-1)):
        reaper("run")
    write_policies(POLICIES.replace("idle: 2h", "age: 30h"))
    reaper("run")
    with time_machine.travel(timedelta(minutes=1)):
        then, now = (
            reaper("explain", IDLE, "--at", at, "-o", "json").json["recorded"]
            for at in ("40m", "10s")
        )
    old, new = (
        next(d for d in one["decisions"] if d["policy"] == "idle-webui") for one in (then, now)
    )
    assert (
        "terminate_when: {idle: 2h}" in old["text"],
        "terminate_when: {age: 30h}" in new["text"],
    ) == (True, True)
    assert (old["verdict"], new["verdict"], then["look"]["run"], now["look"]["run"]) == (
        "offender",
        "compliant",
        1,
        2,
    )
    (found,) = old["evidence"]["findings"]
    assert (found["rule"], found["answer"]) == ("idle 2h", "yes")
    assert reaper("explain", IDLE, "--at", "2h", "-o", "json").json["recorded"] == {
        "ended": None, "look": None, "decisions": [], "steps": [],
    }  # fmt: skip
    shown = reaper("explain", IDLE, "--at", "30m").out
    assert "terminate_when: {idle: 2h}" in shown
    assert "are not on record" in shown


def test_the_record_is_asked_without_the_server(reaper: Cli, acme: Emulator) -> None:
    """--at needs nobody to answer."""
    assert acme
    reaper("run")
    write_settings(acme="http://127.0.0.1:9")
    with time_machine.travel(timedelta(minutes=1)):
        result = reaper("explain", IDLE, "--at", "10s")
    assert (result.code, result.err) == (0, "")
    assert "offender since run 1" in result.out


@pytest.mark.parametrize("at", [(), ("--at", "1s")])
def test_a_prefix_of_several_is_refused_with_all_of_them(
    reaper: Cli, tenant: Open, at: tuple[str, ...]
) -> None:
    """Live or on record; a whole id is one, whatever else begins with it."""
    write_settings(acme=tenant(*TWINS).url)
    write_policies()
    reaper("run")
    result = reaper("explain", "aaaa", *at)
    assert (result.code, is_one_line(result)) == (2, True)
    assert "'aaaa' matches 2 sessions: aaaa1111 (acme), aaaa2222 (acme)" in result.err
    assert reaper("explain", "AAAA1111", *at).code == 0


def test_a_session_that_nobody_knows_is_answered_with_the_nearest(
    reaper: Cli, tenant: Open
) -> None:
    """A slip in an id shows as one."""
    write_settings(acme=tenant(*TWINS).url)
    write_policies()
    result = reaper("explain", "aaab1111")
    assert (result.code, is_one_line(result)) == (2, True)
    assert (
        "no session id starts with 'aaab1111', neither live nor on record; the nearest are "
        "aaaa1111" in result.err
    )


def test_an_account_that_does_not_answer_costs_only_the_live_part(
    reaper: Cli, acme: Emulator
) -> None:
    """Exit code 3, and what is on record is told all the same."""
    assert acme
    reaper("run")
    write_settings(acme="http://127.0.0.1:9")
    result = reaper("explain", IDLE, "-o", "json")
    assert (result.code, is_one_line(result), result.json["live"]) == (3, True, None)
    assert result.json["recorded"]["decisions"]
    assert reaper("explain", "nobody-knows").code == 3


def test_a_session_of_two_accounts_is_asked_which(reaper: Cli, tenant: Open) -> None:
    """The same id in both: --account tells."""
    write_settings(acme=tenant(TWINS[0]).url, other=tenant(TWINS[0]).url)
    write_policies()
    assert "name one with --account" in reaper("explain", "aaaa1111").err
    assert (
        reaper("explain", "aaaa1111", "--account", "other", "-o", "json").json["account"] == "other"
    )
    assert reaper("explain", "aaaa1111", "--account", "nobody").code == 2


def test_the_others_that_weigh_are_looked_at_too(reaper: Cli, tenant: Open) -> None:
    """When seats are short later on depends on how long the others are idle.

    So their logs are read as well.
    """
    fleet = [
        {"id": f"seat{n}xxx", "owner": f"u{n}@Planning", "age": "9h", "idle": f"{n}m"}
        for n in (40, 30, 20)
    ]
    write_settings(acme=tenant(*fleet).url)
    write_policies(
        "policies:\n  - name: pressure\n    select: {kind: webui}\n"
        "    terminate_when: {seats: {high: 2, low: 2, floor: 1h}}\n"
    )
    changes = policy(live(reaper, "seat40"), "pressure")["changes"]
    assert (changes["verdict"], changes["reason"].startswith("3 of 2 seats in use")) == (
        "offender",
        True,
    )
    assert "an offender in 19m" in reaper("explain", "seat40").out
