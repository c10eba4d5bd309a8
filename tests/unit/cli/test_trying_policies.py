"""`reaper policy test`: cases that stand beside the policies, tried and told as pytest does."""

import re
from pathlib import Path

import pytest
from support.cli_tools import POLICIES, Cli, write_policies

CASES = """\
cases:
  - name: a forgotten tab ends
    fleet: [{id: tab, idle: 2h}]
    expect: {tab: offender}
  - name: operations stay
    fleet:
      - {id: ops, owner: admin@ROOT, idle: 3h}
    expect:
      ops: {verdict: exempt, reason: night shift}
"""
RIGHT = CASES.replace("night shift", "operations")


@pytest.fixture
def cases() -> Path:
    """One case that passes and one that fails, of the usual policies."""
    write_policies(POLICIES)
    return write_policies(CASES, "policies/tests/tabs.yaml")


def timeless(text: str) -> str:
    return re.sub(r"in \d+\.\d\d s", "in N s", text)


def test_all_is_well(reaper: Cli, cases: Path) -> None:
    """A dot for each case of a file, how many passed, and exit code 0.

    The settings need no account.
    """
    cases.write_text(RIGHT, "utf-8")
    result = reaper("policy", "test")
    assert (result.code, result.err) == (0, "")
    assert timeless(result.out) == "policies/tests/tabs.yaml ..\n2 passed in N s\n"


def test_a_failure(reaper: Cli, cases: Path) -> None:
    """A case that fails is told with its place, what was expected, what was found and why.

    Exit code 1.
    """
    result = reaper("policy", "test", str(cases))
    assert result.code == 1
    assert timeless(result.out) == (
        "policies/tests/tabs.yaml .F\n"
        "\n"
        "FAILED policies/tests/tabs.yaml:5: operations stay\n"
        "  policies/tests/tabs.yaml:9: expected ops: exempt because of 'night shift'\n"
        "    found    exempt for another reason\n"
        "      idle-webui: exempt: operations\n"
        "        idle 2h: yes, idle 3h (as given)\n"
        "\n"
        "1 failed, 1 passed in N s\n"
    )


def test_a_line_for_each_case(reaper: Cli, cases: Path) -> None:
    """-v names each case with its place."""
    assert reaper("policy", "test", "-v", str(cases)).out.splitlines()[:2] == [
        "policies/tests/tabs.yaml:2 passed a forgotten tab ends",
        "policies/tests/tabs.yaml:5 FAILED operations stay",
    ]


def test_quietly(reaper: Cli, cases: Path) -> None:
    """-q tells only what failed, and the last line."""
    assert reaper("policy", "test", "-q", str(cases)).out.startswith("\nFAILED")
    cases.write_text(RIGHT, "utf-8")
    assert timeless(reaper("policy", "test", "-q").out) == "2 passed in N s\n"


@pytest.mark.parametrize(
    ("text", "code", "passed"),
    [("TAB ENDS", 0, 1), ("tabs.yaml", 1, 1), ("operations", 1, 0), ("nothing", 2, None)],
)
def test_some_cases(reaper: Cli, cases: Path, text: str, code: int, passed: int | None) -> None:
    """-k picks by a part of the case's or file's name; where it picks none, nothing was tried."""
    result = reaper("policy", "test", "-k", text, "-o", "json", str(cases))
    assert result.code == code
    assert (result.json["passed"] if result.out else None) == passed


def test_for_a_program(reaper: Cli, cases: Path) -> None:
    """-o json tells each case with its place, and each mismatch with its own."""
    told = reaper("policy", "test", "-o", "json", str(cases)).json
    assert (told["passed"], told["failed"]) == (1, 1)
    assert [(one["file"], one["line"], one["passed"]) for one in told["cases"]] == [
        ("policies/tests/tabs.yaml", 2, True),
        ("policies/tests/tabs.yaml", 5, False),
    ]
    (mismatch,) = told["cases"][1]["mismatches"]
    assert (mismatch["at"], mismatch["found"]) == (
        "policies/tests/tabs.yaml:9",
        "exempt for another reason",
    )


def test_a_file_that_is_not_right(reaper: Cli, cases: Path) -> None:
    """Mistakes in cases and policies come at once, and nothing is tried."""
    cases.write_text(CASES.replace("idle: 2h", "idle: 2"), "utf-8")
    write_policies(POLICIES.replace("idle: 2h", "idle: 2"))
    result = reaper("policy", "test")
    assert (result.code, result.out) == (2, "")
    assert "policies/all.yaml:5:28" in result.err
    assert "policies/tests/tabs.yaml:3:29" in result.err


def test_no_case(reaper: Cli) -> None:
    """Policies without cases are no success: exit code 2 says where cases are looked for."""
    write_policies()
    result = reaper("policy", "test")
    assert (result.code, result.out) == (2, "")
    assert "policies/tests: no case file (*.yaml) is here" in result.err


def test_coverage(reaper: Cli, cases: Path) -> None:
    """--coverage names what no case tried and changes no exit code.

    --strict makes of it a failure.
    """
    cases.write_text(RIGHT, "utf-8")
    told, strict = reaper("policy", "test", "--coverage"), reaper("policy", "test", "--strict")
    assert (told.code, strict.code) == (0, 1)
    assert timeless(told.out) == timeless(strict.out)
    assert told.out.splitlines()[1:-1] == [
        "2 of 5 tried",
        "  policies/all.yaml:2:11: idle-webui: no session is compliant",
        "  policies/all.yaml:8:11: old-tasks: no session is an offender",
        "  policies/all.yaml:8:11: old-tasks: no session is compliant",
    ]
    as_json = reaper("policy", "test", "--coverage", "-o", "json").json["coverage"]
    assert (as_json["total"], as_json["tried"], len(as_json["gaps"])) == (5, 2, 3)
    cases.write_text(
        RIGHT + "  - {name: c, fleet: [{id: a}, {id: t, kind: task}], others: compliant}\n", "utf-8"
    )
    assert "4 of 5 tried" in reaper("policy", "test", "--strict").out
