"""`reaper policy diff`: which sessions other policies would treat differently, and why."""

from typing import Any

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

AGES = (
    "policies:\n  - {name: by-age, mode: enforce, select: {kind: webui}, terminate_when: {age: "
    "100h}}\n"
)
BOTH = {"anna@Planning": ("terminate", "left-alone"), "eva@Supply": ("unknown", "left-alone")}
LONGER = POLICIES.replace("idle: 2h", "idle: 6h")


def diff(reaper: Cli, new: str, *more: str, old: str = POLICIES) -> Any:  # noqa: ANN401 - JSON
    """What the command says of the texts, as JSON."""
    paths = [
        str(write_policies(text, f"{name}/all.yaml").parent)
        for name, text in (("old", old), ("new", new))
    ]
    result = reaper("policy", "diff", *paths, "-o", "json", *more)
    assert result.err == ""
    found = result.json
    assert result.code == int(
        any(a["differences"] or a["halted"]["old"] != a["halted"]["new"] for a in found["accounts"])
    )
    return found


def differing(found: Any) -> dict[str, tuple[str, str]]:  # noqa: ANN401 - JSON
    """What each session is before and after, by its owner."""
    return {
        d["owner"]: (d["old"]["what"], d["new"]["what"])
        for d in found["accounts"][0]["differences"]
    }


@pytest.mark.parametrize("generation", [1, 2])
def test_a_session_that_would_be_spared_is_shown_with_value_and_limit(
    reaper: Cli, tenant: Open, generation: int
) -> None:
    """Idle for five hours: over the old limit, under the new one."""
    account = tenant(generation=generation)
    write_settings(acme=account.url)
    found = diff(reaper, LONGER)
    assert differing(found) == BOTH
    one = next(d for d in found["accounts"][0]["differences"] if d["session"] == IDLE)
    assert (one["session"], one["old"]["what"], one["new"]["what"]) == (
        IDLE,
        "terminate",
        "left-alone",
    )
    assert (one["old"]["policies"], one["new"]["policies"]) == (["idle-webui"], [])
    assert (one["old"]["reason"], one["new"]["reason"]) == (
        "idle 5h, limit 2h (idle-webui)",
        "idle 5h, limit 6h (idle-webui)",
    )
    assert found["policies"]["changed"] == {"idle-webui": ["terminate_when"]}


def test_equal_policies_differ_in_nothing_whatever_their_layout(
    reaper: Cli, acme: Emulator
) -> None:
    """Exit code 0; comments and the order of policies are no change."""
    assert acme
    tasks = POLICIES[POLICIES.index("  - name: old-tasks") :]
    turned = (
        "# the same\npolicies:\n" + tasks + POLICIES.removeprefix("policies:\n").removesuffix(tasks)
    )
    found = diff(reaper, turned)
    assert found["policies"] == {"added": [], "removed": [], "changed": {}, "protect": False}
    shown = reaper("policy", "diff", "old", "new")
    assert (shown.code, shown.out) == (
        0,
        "the policies are the same\nacme: 5 sessions, no differences\n",
    )


def test_what_came_and_what_went_is_named(reaper: Cli, acme: Emulator) -> None:
    """Policies, keys, and what protects from all of them."""
    assert acme
    new = (
        "protect:\n  - {owner: eva@*, reason: the boss}\npolicies:\n  - {name: idle-webui, mode: "
        "enforce, "
        "select: {kind: webui}, terminate_when: {idle: 2h}}\n"
        "  - {name: any-age, select: all, terminate_when: {age: 4h}}\n"
    )
    found = diff(reaper, new)
    assert found["policies"] == {
        "added": ["any-age"], "removed": ["old-tasks"], "changed": {"idle-webui": ["exempt"]}, "protect": True,
    }  # fmt: skip
    assert differing(found) == {
        "admin@ROOT": ("exempt", "terminate"),
        "eva@Supply": ("unknown", "exempt"),
        "carl@Supply": ("observed", "observed"),
    }
    shown = reaper("policy", "diff", "old", "new").out
    assert "added: any-age; removed: old-tasks; changed: idle-webui (exempt), protect" in shown
    assert "observed by old-tasks" in shown


def test_a_wait_is_a_difference_and_so_is_its_end(reaper: Cli, acme: Emulator) -> None:
    """With the moment at which it becomes due."""
    assert acme
    found = diff(reaper, POLICIES.replace("{idle: 2h}", "{idle: 2h}\n    after: {for: 3h}"))
    (one,) = found["accounts"][0]["differences"]
    assert (one["new"]["what"], one["new"]["due"] is not None) == ("waits", True)
    assert one["new"]["reason"].startswith("idle 5h, limit 2h (idle-webui); ")


def test_each_log_is_read_once_for_both(reaper: Cli, acme: Emulator) -> None:
    """One look serves both sets: what only one of them asks for is learnt, and nothing twice."""
    assert differing(diff(reaper, POLICIES, old=AGES))["anna@Planning"] == (
        "left-alone",
        "terminate",
    )
    once = [(r.path, r.query) for r in acme.requests if "/logs" in r.path]
    acme.requests.clear()
    assert differing(diff(reaper, AGES))["anna@Planning"] == ("terminate", "left-alone")
    assert sorted((r.path, r.query) for r in acme.requests if "/logs" in r.path) == sorted(once)
    assert len(once) == len(set(once))
    assert len({path for path, _ in once}) == 3


def test_what_is_not_known_is_unknown_with_its_cause(reaper: Cli, acme: Emulator) -> None:
    """An empty log convicts nobody under the new policies either."""
    assert acme
    found = diff(reaper, POLICIES, old=AGES)
    new = next(d["new"] for d in found["accounts"][0]["differences"] if d["owner"] == "eva@Supply")
    assert (new["what"], new["policies"], "unknown" in new["reason"]) == (
        "unknown",
        ["idle-webui"],
        True,
    )


def test_a_limit_that_only_one_exceeds_is_a_difference(
    reaper: Cli, acme: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sessions are compared all the same."""
    assert acme
    monkeypatch.setenv("REAPER_LIMITS", '{"run": {"sessions": 0}}')
    halted = diff(reaper, LONGER)["accounts"][0]["halted"]
    assert halted == {"old": ["this run would end 1 session, and at most 0 are allowed"], "new": []}
    assert (
        "a limit would halt the old policies only: this run would end 1"
        in reaper("policy", "diff", "old", "new").out
    )


def test_a_doubtful_look_is_compared_and_told(reaper: Cli, tenant: Open) -> None:
    """Nothing would be ended now; what the policies say differs nevertheless."""
    write_settings(acme=tenant(faults="skew:+10m").url)
    assert differing(diff(reaper, LONGER)) == BOTH
    assert "a run now would observe only: " in reaper("policy", "diff", "old", "new").out


def test_exemptions_by_hand_hold_for_both(reaper: Cli, acme: Emulator) -> None:
    """Nobody whom a person has exempt is shown as ended."""
    assert acme
    reaper("exempt", "add", "--session", IDLE, "--reason", "a call", "--by", "eva", "--until", "2h")
    assert "anna@Planning" not in differing(diff(reaper, LONGER))


def test_nothing_is_recorded_and_nothing_is_ended(reaper: Cli, acme: Emulator) -> None:
    """Also of sessions that both would end."""
    diff(reaper, AGES)
    assert (ended(acme), reaper("runs", "-o", "json").json["runs"]) == ([], [])
    assert {r.method for r in acme.requests} == {"GET"}


def test_mistakes_in_both_are_told_at_once(reaper: Cli, acme: Emulator) -> None:
    """Before any account is asked."""
    assert acme
    paths = [
        str(write_policies(f"policies: [{{nam: {name}}}]\n", f"{name}.yaml"))
        for name in ("old", "new")
    ]
    result = reaper("policy", "diff", *paths)
    assert (result.code, result.out, acme.requests) == (2, "", [])
    assert "old.yaml:1:13: unknown key 'nam'" in result.err
    assert "new.yaml:1:13: unknown key 'nam'" in result.err
    assert reaper("policy", "diff", paths[0], "nowhere").code == 2


def test_an_account_that_does_not_answer_costs_only_itself(reaper: Cli, acme: Emulator) -> None:
    """Exit code 3; the others are compared, and an unknown account is refused."""
    write_settings(acme=acme.url, gone="http://127.0.0.1:9")
    paths = [
        str(write_policies(text, f"{name}.yaml"))
        for name, text in (("old", POLICIES), ("new", LONGER))
    ]
    result = reaper("policy", "diff", *paths)
    assert (
        result.code,
        is_one_line(result),
        "acme: 5 sessions, 2 treated differently" in result.out,
    ) == (
        3,
        True,
        True,
    )
    assert reaper("policy", "diff", *paths, "--account", "acme").code == 1
    assert reaper("policy", "diff", *paths, "--account", "nobody").code == 2
