"""A case can try every rule of the language, on both sides of its threshold and where the answer is
not known.
"""

from pathlib import Path

import pytest
from support.cases_tools import problems, write_cases

from reaper.config.policy_tests import load_cases, run_case
from reaper.core.language.rules import RULES
from reaper.core.language.selector import Written

OTHER = "{id: other, owner: eva@Supply, age: 9h}"
SEATS = ", ".join(f"{{id: s{n}, owner: user{n}@Supply, age: 9h, idle: 3h}}" for n in range(3))
# rule, and of the session `a` what makes it true, false and unknown (None: it never is, by itself)
TRIED: dict[str, tuple[str, str, str, str | None]] = {
    "idle": (
        "idle: {over: 2h, kinds: [solve]}",
        "idle: 2h",
        "idle: 119m",
        "age: 3h, idle: unknown",
    ),
    "age": ("age: 2h", "age: 2h", "age: 119m", "age: unknown"),
    "running_for": (
        "running_for: 2h",
        "age: 9h, started: 2h",
        "age: 9h, started: 119m",
        "started: unknown",
    ),
    "queued": ("queued: 2h", "state: queued, age: 2h", "age: 9h", "state: queued, age: unknown"),
    "gb_hours": ("gb_hours: 2.5", "gb_hours: 2.5", "gb_hours: 2.4", "gb_hours: unknown"),
    "unreachable_for": (
        "unreachable_for: 2h",
        "unreachable: 2h",
        "age: 9h, unreachable: 119m",
        "age: 9h, idle: unknown",
    ),
    "orphan": ("orphan: 2h", "alone: 2h", "age: 9h, alone: 119m", "owner: unknown"),
    "owner_sessions": ("owner_sessions: {over: 0}", "age: 2h", "state: queued", "owner: unknown"),
    "seats": (
        "seats: {high: 3, low: 2, floor: 1h}",
        "age: 9h, idle: 4h",
        "age: 9h, idle: 1m",
        "age: 9h, idle: unknown",
    ),
    "any": ("any: [{age: 2h}, {gb_hours: 2}]", "gb_hours: 2", "gb_hours: 1", "gb_hours: unknown"),
    "all": (
        "all: [{age: 2h}, {gb_hours: 2}]",
        "age: 2h, gb_hours: 2",
        "gb_hours: 2",
        "age: 2h, gb_hours: unknown",
    ),
    "not": ("not: {gb_hours: 2}", "gb_hours: 1", "gb_hours: 2", "gb_hours: unknown"),
}


def ruling(rule: str, said: str, kind: str = "solve", app: str = "*", hours: str = "") -> str:
    """What a policy of that rule alone says of a session among others."""
    about = f"name: p, select: {{kind: {kind}, app: '{app}'}}, terminate_when: {{{rule}}}"
    text = f"policies:\n  - {{{', '.join(filter(None, (about, hours)))}}}\n"
    write_cases(text, "policies/idle-webui.yaml")
    mine = "" if "owner" in said else "owner: anna@Planning, "
    fleet = f"[{{id: a, kind: {kind}, {mine}{said}}}, {OTHER}, {SEATS}]"
    write_cases(f"cases:\n  - {{name: a, fleet: {fleet}, others: compliant}}\n")
    (file,) = load_cases(Path("policies")).files
    trial = run_case(file.document.cases[0], file.policies)
    return next(v.ruling.value for v in trial.verdicts if v.session.id == "a")


def test_every_rule_is_tried_here() -> None:
    """Whoever adds a rule says here how a case tries it."""
    assert {*TRIED, "always"} == set(RULES)
    assert all(issubclass(model, Written) for model in RULES.values())


@pytest.mark.parametrize("name", TRIED)
def test_a_case_makes_each_rule_true_false_and_unknown(name: str) -> None:
    """To the second, or to the unit."""
    rule, *said = TRIED[name]
    kind = "webui" if name == "seats" else "solve"
    expected = ["offender", "compliant", "undetermined"]
    assert [ruling(rule, one, kind) for one in said if one] == expected


@pytest.mark.parametrize("said", ["age: 1s", "age: unknown", "idle: unknown", "state: solving"])
def test_always_is_true_whatever_is_known(said: str) -> None:
    """It asks nothing of a session; unknown is only whether it is selected."""
    hours = "only_during: weekends UTC"
    assert ruling("always: true", said, hours=hours) == "offender"
    assert (
        ruling("always: true", f"{said}, app: unknown", app="Planner", hours=hours)
        == "undetermined"
    )


def test_company_is_seen_in_the_fleet_whatever_was_before() -> None:
    """An owner who is back is not alone, and a solve of which nothing is said is alone for the
    first time.
    """
    orphan = "orphan: 2h"
    assert ruling(orphan, "alone: 3h}, {id: b, age: 1m") == "compliant"
    assert ruling(orphan, "age: 9h") == "compliant"


def test_an_outage_is_no_sign() -> None:
    """A log that does not answer counts only where another one does."""
    write_cases(
        "policies: [{name: p, select: {kind: webui}, terminate_when: {unreachable_for: 2h}}]\n",
        "policies/idle-webui.yaml",
    )
    write_cases("cases: [{name: a, fleet: [{id: a, unreachable: 3h}], others: undetermined}]\n")
    (file,) = load_cases(Path("policies")).files
    assert run_case(file.document.cases[0], file.policies).passed


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "gb_hours: -1",
            "'-1' is not a valid amount; write GB times hours, like 50 or 0.5, or 'unknown'",
        ),
        ("gb_hours: much", "'much' is not a valid amount"),
        ("gb_hours: true", "'True' is not a valid amount"),
        (
            "alone: 2h",
            "a webui session is never an orphan; 'alone' requires 'kind: solve' or 'kind: task'",
        ),
        (
            "kind: task, age: 1h, alone: 2h",
            "'alone: 2h' is longer ago than its age, 1h; make it older",
        ),
        (
            "unreachable: 2h, idle: 1h",
            "a log that does not answer tells no 'idle'; write one of the two",
        ),
        (
            "unreachable: 2h, age: 1h",
            "'unreachable: 2h' is longer ago than its age, 1h; make it older",
        ),
        ("alone: unknown, kind: task", "'unknown'"),
    ],
)
def test_what_cannot_be_is_a_mistake(said: str, told: str) -> None:
    """With its place, and what would be right."""
    write_cases(
        "policies: [{name: p, select: {kind: webui}, terminate_when: {age: 2h}}]\n",
        "policies/idle-webui.yaml",
    )
    write_cases(f"cases:\n  - {{name: a, fleet: [{{id: a, {said}}}], others: compliant}}\n")
    (problem,) = problems()
    assert problem.startswith("policies/tests/a.yaml:2:")
    assert told in problem
