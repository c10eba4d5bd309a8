"""Which case files a path means, which policies they try, and every slip in them at once."""

from datetime import date
from pathlib import Path

import pytest
from support.cases_tools import POLICY, problems, write_cases

from reaper.config.policies.load import load_policies
from reaper.config.policy_tests import load_cases

CASE = "cases:\n  - {name: one, fleet: [{id: a}], others: compliant}\n"
OWN = f"policies: ../idle-webui.yaml\n{CASE}"


def files(path: str) -> list[str]:
    return [one.located.file for one in load_cases(Path(path)).files]


def test_a_folder_of_policies() -> None:
    """A folder means every *.yaml and *.yml in its tests/, by name.

    Nothing hidden, nothing deeper.
    """
    for name in ("b.yaml", "a.yml"):
        write_cases(CASE, f"policies/tests/{name}")
    for name in (".c.yaml", "notes.md", "deeper/d.yaml"):
        write_cases("[", f"policies/tests/{name}")
    assert (
        files("policies")
        == files("policies/tests")
        == ["policies/tests/a.yml", "policies/tests/b.yaml"]
    )


def test_one_case_file() -> None:
    """A case file means itself, wherever it stands."""
    write_cases(OWN.replace("..", "../../policies"), "else/where/b.txt")
    write_cases(CASE)
    assert files("policies/tests/a.yaml") == ["policies/tests/a.yaml"]
    assert files("else/where/b.txt") == ["else/where/b.txt"]


def test_a_policy_file() -> None:
    """A policy file means the case files that name it, and try nothing else."""
    write_cases(OWN)
    write_cases(CASE, "policies/tests/all.yaml")
    Path("policies/old.yaml").write_text(POLICY.replace("idle-webui", "old"), "utf-8")
    assert files("policies/idle-webui.yaml") == ["policies/tests/a.yaml"]
    (told,) = problems("policies/old.yaml")
    assert "no case file in policies/tests says 'policies: ../old.yaml'" in told


def test_the_policies_of_a_case_file() -> None:
    """A case file tries the folder above it, unless it names a file or folder."""
    Path("policies/old.yaml").write_text(POLICY.replace("idle-webui", "old"), "utf-8")
    write_cases(CASE)
    write_cases(OWN, "policies/tests/b.yaml")
    assert [len(one.judged_by.policies.policies) for one in load_cases(Path("policies")).files] == [
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nowhere", "nowhere: no such file or folder; check the path"),
        (
            "policies",
            (
                "policies/tests: no case file (*.yaml) is here; docs/testing-policies.md tells how to "
                "write one"
            ),
        ),
    ],
)
def test_no_cases(path: str, why: str) -> None:
    """Where there is no case, nothing was tried, and that is an error."""
    assert problems(path) == [why]


def test_the_slips_of_every_file_at_once() -> None:
    """Policies that are not right and cases that are not are told together, each once and at its
    place.
    """
    Path("policies/idle-webui.yaml").write_text(POLICY.replace("idle:", "idel:"), "utf-8")
    write_cases(CASE.replace("others", "otters"))
    write_cases("cases: [", "policies/tests/b.yaml")
    write_cases(OWN, "policies/tests/c.yaml")
    places = [line.split(": ")[0] for line in problems()]
    assert places == [
        "policies/idle-webui.yaml:5:22",
        "policies/tests/a.yaml:2:35",
        "policies/tests/b.yaml:1:9",
    ]


ONE = "fleet: [{id: a}]"
REST = ", others: compliant"


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("fleet: [{id: a, >idel: 1h}], others: exempt", "unknown key 'idel'; did you mean 'idle'? valid keys are"),
        ("fleet: [{id: a, idle: >5}], others: exempt", "'5' is not a valid duration; write a number with its unit"),
        ("fleet: [{id: a, owner: >bob}], others: exempt", "'bob' is not a valid owner; write user@environment"),
        ("fleet: [>{id: a, idle: 2h, age: 1h}], others: exempt", "'idle: 2h' is longer ago than its age, 1h; make it"),
        ("fleet: [>{id: a, offender_for: 1h}], others: exempt", "'offender_for: 1h' requires 'offender_runs' of at l"),
        ("fleet: [{id: a, app_version: >1.10}], others: exempt", "'1.10' is not a text; put it in quotes"),
        ("fleet: >[], others: exempt", "this list is too short; write at least 1 entry"),
        ("fleet: [{id: a}, {id: >a}], others: exempt", "the id 'a' is used twice in this fleet; change one"),
        (f"{ONE}, expect: {{a: >offendr}}", "'offendr' is not one of offender, compliant, exempt, undetermined, unsel"),
        (f"{ONE}, expect: {{a: {{>verdct: exempt}}}}", "unknown key 'verdct'; did you mean 'verdict'? valid keys"),
        (f"{ONE}, expect: {{a: [exempt, {{verdict: exempt, >reson: x}}]}}", "unknown key 'reson'; did you mean 'rea"),
        (f"{ONE}, expect: {{a: >3}}", "write a verdict, like offender, or {verdict: exempt, reason: operations}"),
        (f"{ONE}, expect: {{a: >[]}}", "write a verdict, like offender, or {verdict: exempt, reason: operations}"),
        (f"{ONE}, expect: {{a: exempt, >aa: exempt}}", "no session of this fleet is named 'aa'; did you mean 'a'?"),
        (f"{ONE}, expect: {{a: {{verdict: exempt, policy: >idle}}}}", "no policy is named 'idle'; did you mean 'id"),
        (f"{ONE}, ends: [>z]{REST}", "no session of this fleet is named 'z'; there is a"),
        (f"{ONE}, waiting: {{>z: x}}{REST}", "no session of this fleet is named 'z'; there is a"),
        (f"{ONE}, at: >noon{REST}", "'noon' is not a valid time; write one like 2026-03-29T12:30Z"),
    ],
)  # fmt: skip
def test_a_slip(case: str, message: str) -> None:
    """Each slip is told at its place (here after the `>`), with what would be right."""
    line = f"  - {{name: one, {case}}}"
    write_cases(f"cases:\n{line.replace('>', '')}\n")
    (told,) = problems()
    assert told.startswith(f"policies/tests/a.yaml:2:{line.index('>') + 1}: {message}")


def test_a_session_of_which_nothing_is_said() -> None:
    """Every session of the fleet is expected to be something, so that none is forgotten."""
    write_cases(
        "cases:\n  - {name: one, fleet: [{id: a}, {id: b}, {id: c}], expect: {a: exempt}}\n"
    )
    told = "nothing is expected of b, c; add it under 'expect', or say 'others: compliant'"
    assert problems() == [f"policies/tests/a.yaml:2:5: {told}"]


def test_policies_that_are_not_there() -> None:
    """A case file that names a policy file which is not there is told at that name."""
    write_cases(OWN.replace("webui", "webi"))
    (told,) = problems()
    assert told.startswith(
        "policies/tests/a.yaml:1:11: '../idle-webi.yaml' is not there; name a policy file"
    )


def test_a_file_of_policies_is_no_case_file() -> None:
    """A policy file given for a case file is told what a case file has."""
    write_cases(POLICY)
    assert any("the key 'cases' is missing" in line for line in problems())


def test_cases_are_no_policies() -> None:
    """The cases in tests/ are never read as policies."""
    write_cases("[")
    assert len(load_policies(Path("policies"), date(2026, 11, 23)).policies.policies) == 1
