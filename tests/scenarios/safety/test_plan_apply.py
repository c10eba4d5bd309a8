"""Plan, then apply: the reviewed plan and nothing else, minus what changed since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pydantic import SecretStr
from support.laws import examples
from support.safety_cli import POLICIES, Cli, Desk, ended
from support.safety_house import NOW, idle, rules, task

from reaper.core.model.duration import Duration
from reaper.emulator import Emulator
from reaper.errors import ConfigurationError
from reaper.usecases.review import ReviewedPlan, ReviewedStep, hashes

FLEET = (
    idle("a", "anna@Planning"),
    idle("b", "ben@Planning"),
    idle("c", "eva@Planning", idle="1m"),
)
HOUR = Duration.parse("1h")


@pytest.fixture
def planned(reaper: Cli, desk: Desk) -> Emulator:
    """An account of three sessions, two of them idle, and the plan for it."""
    account = desk.acme(*FLEET)
    made = reaper("plan", "-o", "plan.json")
    assert made.code == 0
    assert "reaper apply plan.json --enforce" in made.out
    return account


def apply(reaper: Cli, *more: str) -> Any:  # noqa: ANN401 - a Result
    return reaper("apply", "plan.json", "--enforce", *more)


def test_apply_does_what_was_planned(reaper: Cli, planned: Emulator) -> None:
    """`reaper plan` ends and records nothing.

    `reaper apply --enforce` ends exactly what it showed.
    """
    assert (ended(planned), reaper("runs", "-o", "json").json["runs"]) == ([], [])
    result = apply(reaper, "-o", "json")
    assert (result.code, sorted(ended(planned))) == (0, ["a", "b"])
    assert {s["session"]: s["outcome"] for s in result.json["runs"][0]["steps"]} == dict.fromkeys(
        "ab", "terminated"
    )


def test_apply_without_enforce_is_a_dry_run(reaper: Cli, planned: Emulator) -> None:
    """A reviewed plan is no second yes."""
    assert reaper("apply", "plan.json").code == 0
    assert ended(planned) == []


def test_what_is_no_longer_due_is_told_one_by_one(reaper: Cli, planned: Emulator) -> None:
    """One came to life and one ended by itself: both are named with why, and stay."""
    planned.world.touch("a")
    planned.world.end("b")
    result = apply(reaper)
    assert (result.code, ended(planned)) == (0, [])
    told = [line for line in result.out.splitlines() if line.startswith("no longer due:")]
    assert [line.split(":")[1].split()[:2] for line in told] == [["webui", "a"], ["webui", "b"]]
    assert told[1].endswith("it no longer exists")


ANOTHER: dict[str, tuple[dict[str, Any], str]] = {
    "owner": ({"owner": "eva@Supply"}, "its owner was anna@Planning and is eva@Supply"),
    "environment": ({"owner": "anna@ROOT"}, "its owner was anna@Planning and is anna@ROOT"),
    "creation": ({"age": "10h"}, "its creation was "),
    "kind": ({"kind": "solve"}, "its kind was webui and is solve"),
}


@pytest.mark.parametrize(("changed", "why"), list(ANOTHER.values()), ids=list(ANOTHER))
def test_another_session_of_the_same_id_is_not_the_reviewed_one(
    reaper: Cli, desk: Desk, changed: dict[str, Any], why: str
) -> None:
    """Owner, kind and creation are compared as well.

    What differs in one of them is left alone, and told.
    """
    account = desk.account(*FLEET)
    desk.write(
        POLICIES.replace("{kind: webui}", "all").replace("idle: 2h", "age: 8h"), acme=account
    )
    assert reaper("plan", "-o", "plan.json").code == 0
    account.world.remove(account.world.get("a"))
    account.world.add_session(**(idle("a", "anna@Planning") | changed))
    result = apply(reaper)
    assert "a" not in ended(account)
    assert "b" in ended(account)
    (line,) = [
        one
        for one in result.out.splitlines()
        if one.startswith("no longer due: webui a of anna@Planning")
    ]
    assert "another session has this id now" in line
    assert why in line


def test_what_was_not_reviewed_is_told_and_left_alone(reaper: Cli, planned: Emulator) -> None:
    """A session that became due after the review stays, however clear its case."""
    planned.world.add_session(**idle("new", "fay@Planning"))
    result = apply(reaper)
    assert sorted(ended(planned)) == ["a", "b"]
    assert "not reviewed, left alone: webui new of fay@Planning" in result.out


def test_another_action_than_the_reviewed_one_is_not_reviewed(reaper: Cli, desk: Desk) -> None:
    """An interrupt was reviewed; the termination that has become due since is left alone."""
    text = POLICIES.replace("webui", "task").replace("idle: 2h", "age: 2h")
    account = desk.account(task(), faults="stubborn:1")
    desk.write(text + "    steps: [{interrupt_solve: 1s}, terminate]\n", acme=account)
    assert reaper("plan", "-o", "plan.json").code == 0
    assert reaper("run", "--enforce").code == 0
    account.world.advance(timedelta(seconds=2))
    result = apply(reaper)
    assert (ended(account), len(account.world.interrupted)) == ([], 0)
    assert "not reviewed, left alone: task task" in result.out


def test_a_plan_over_a_limit_halts_when_it_is_made_and_when_it_is_applied(
    reaper: Cli, desk: Desk
) -> None:
    """`reaper plan` exits 5, and to review it does not lift the limit."""
    desk.settings["limits"] = {"run": {"sessions": 1}}
    account = desk.acme(*FLEET)
    assert reaper("plan", "-o", "plan.json").code == 5
    assert (apply(reaper).code, ended(account)) == (5, [])


def test_an_exemption_since_the_review_is_other_policies(reaper: Cli, planned: Emulator) -> None:
    """Any change of the policies refuses the whole plan, an exemption too."""
    Path("policies/all.yaml").write_text(
        "protect: [{owner: anna@*, reason: x}]\n" + POLICIES, "utf-8"
    )
    refused(apply(reaper), planned, "the policies have changed since")


def refused(result: Any, account: Emulator, why: str) -> None:  # noqa: ANN401 - a Result
    assert (result.code, result.one_line, ended(account)) == (2, True, [])
    assert why in result.err


def test_a_plan_of_another_address_is_refused(reaper: Cli, desk: Desk, planned: Emulator) -> None:
    """The same account name at another address is another account."""
    other = desk.account(*FLEET)
    desk.write(acme=other)
    refused(apply(reaper), planned, "it was made for http")
    assert ended(other) == []


def test_a_plan_of_an_unknown_account_is_refused(
    reaper: Cli, desk: Desk, planned: Emulator
) -> None:
    """The settings know no account of that name."""
    desk.write(other=planned)
    refused(apply(reaper), planned, "no account is named 'acme'")


def test_a_plan_made_with_another_key_is_refused(
    reaper: Cli, desk: Desk, planned: Emulator
) -> None:
    """The seal is the key's: whoever could not end the sessions cannot have made the plan."""
    desk.write(acme=planned, key="another-key")
    refused(apply(reaper), planned, "made with another API key")


def test_a_plan_that_is_too_old_is_refused(reaper: Cli, planned: Emulator) -> None:
    """`plan_age` is a setting: an hour, unless it says otherwise."""
    with time_machine.travel(timedelta(minutes=61)):
        refused(apply(reaper), planned, "it was made 1h 1m ago; the maximum age is 1h")


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"plans": []}', '{"plans": [{}]}', "\xff", '{"plans": [], "x": 1}']
)
def test_what_is_no_plan_is_refused(reaper: Cli, planned: Emulator, text: str) -> None:
    """Half a file, another file, or one from which the plans were taken out."""
    Path("plan.json").write_bytes(text.encode("latin-1"))
    refused(apply(reaper), planned, "is not a plan")


def test_a_file_that_is_not_there_is_refused(reaper: Cli, planned: Emulator) -> None:
    """With the file's name."""
    Path("plan.json").unlink()
    refused(apply(reaper), planned, "plan.json cannot be read: No such file or directory")


def test_a_step_added_by_hand_refuses_the_plan(reaper: Cli, planned: Emulator) -> None:
    """A third session written into the file: nothing at all is ended."""
    written = json.loads(Path("plan.json").read_text("utf-8"))
    steps = written["plans"][0]["steps"]
    steps.append({**steps[0], "session": "c"})
    Path("plan.json").write_text(json.dumps(written), "utf-8")
    refused(apply(reaper), planned, "it was changed after it was made")


def test_layout_is_no_content(reaper: Cli, planned: Emulator) -> None:
    """A plan that was only indented otherwise is the same plan."""
    written = json.loads(Path("plan.json").read_text("utf-8"))
    Path("plan.json").write_text(json.dumps(written, indent=7), "utf-8")
    assert (apply(reaper).code, sorted(ended(planned))) == (0, ["a", "b"])


KEY, URL = SecretStr("a-key"), "https://acme.example"
POLICY = rules({"name": "idle", "select": "all", "terminate_when": {"age": "2h"}})
STEP = ReviewedStep(
    session="s1",
    kind="webui",
    owner="a@B",
    app=None,
    created_at=NOW,
    action="terminate",
    policy="idle",
    reason="idle 5h",
)
PLAN = ReviewedPlan(
    account="acme", url=URL, made_at=NOW, policies=hashes(POLICY), steps=(STEP, STEP)
).sealed(KEY)


def accepted(plan: ReviewedPlan, **more: Any) -> bool:  # noqa: ANN401 - what is checked against
    usual: dict[str, Any] = {"key": KEY, "url": URL, "policies": POLICY, "now": NOW, "oldest": HOUR}
    try:
        plan.refuse_unless(**{**usual, **more})
    except ConfigurationError:
        return False
    return True


@given(st.data())
@examples(150, suppress_health_check=[HealthCheck.too_slow])
def test_any_changed_character_is_noticed(data: st.DataObject) -> None:
    """Whatever value is changed, anywhere in the plan: refused."""
    written = PLAN.model_dump(mode="json")
    set_value, value = data.draw(st.sampled_from(list(_places(written))))
    place = data.draw(st.integers(0, len(value)))
    set_value(
        value[:place]
        + data.draw(st.characters(codec="utf-8"))
        + value[place + data.draw(st.integers(0, 1)) :]
    )
    try:
        changed = ReviewedPlan.model_validate(written)
    except ValueError:
        return
    assert accepted(PLAN)
    assert changed == PLAN or not accepted(changed)


def _places(node: Any) -> Iterator[tuple[Callable[[str], None], str]]:  # noqa: ANN401 - JSON
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str):
            yield partial(node.__setitem__, key), value
        elif value is not None:
            yield from _places(value)


@pytest.mark.parametrize(
    ("minutes", "fits"), [(0, True), (60, True), (61, False), (-1, True), (-2, False)]
)
def test_a_plan_serves_for_as_long_as_the_setting_says(minutes: int, fits: bool) -> None:
    """To the minute; one from the future, by more than clocks may differ, is refused too."""
    assert accepted(PLAN, now=NOW + timedelta(minutes=minutes)) is fits


@pytest.mark.parametrize("steps", [(), (STEP,)])
def test_a_step_taken_out_is_noticed(steps: tuple[ReviewedStep, ...]) -> None:
    """Also to do less than was reviewed is another plan."""
    assert not accepted(PLAN.model_copy(update={"steps": steps}))
