"""Coverage names what no case has tried, with its place, and nothing else."""

from pathlib import Path

import pytest
from support.cases_tools import write_cases

from reaper.config.policy_tests import Coverage, coverage, load_cases, run_case

POLICY = """\
protect:
  - {app: Night, reason: year-end}
policies:
  - name: both
    select: {kind: webui}
    terminate_when:
      all:
        - idle: 2h
        - {not: {age: 12h}}
    exempt:
      - {owner: admin@ROOT, reason: operations}
"""
NIGHT = """\
policies:
  - name: night
    select: {kind: webui}
    terminate_when: {age: 1h}
    mode: enforce
    only_during: daily 22:00-06:00 UTC
"""
ALL = {
    "2:5": ["protect: nothing is exempt by 'year-end'"],
    "4:11": ["both: no session is an offender", "both: no session is compliant"],
    "11:9": ["both: nothing is exempt by 'operations'"],
    "8:11": ["both: 'idle 2h' is never true", "both: 'idle 2h' is never false"],
    "9:17": ["both: 'age 12h' is never true", "both: 'age 12h' is never false"],
}


def covered(*fleets: str, path: str = "policies") -> Coverage:
    """The coverage of cases with these fleets; whether they pass does not matter."""
    cases = "".join(f"  - {{name: one, fleet: [{fleet}], others: exempt}}\n" for fleet in fleets)
    Path("policies/idle-webui.yaml").write_text(POLICY, "utf-8")
    write_cases(f"policies: ../idle-webui.yaml\ncases:\n{cases}")
    suite = load_cases(Path(path))
    trials = [
        (f.judged_by, run_case(case, f.policies)) for f in suite.files for case in f.document.cases
    ]
    return coverage(suite.subjects, trials)


def test_everything_untried_is_named() -> None:
    """What no case brought about is told with file, line and column.

    Here everything but for what is unselected.
    """
    found = covered("{id: a, kind: task}")
    places = [
        (f"policies/idle-webui.yaml:{place}", what)
        for place, several in ALL.items()
        for what in several
    ]
    assert (found.total, sorted(found.gaps)) == (8, sorted(places))


@pytest.mark.parametrize(
    ("fleet", "reached"),
    [
        (
            "{id: a, age: 3h, idle: 3h}",
            {"an offender", "'idle 2h' is never true", "'age 12h' is never false"},
        ),
        (
            "{id: a, age: 3h}",
            {"is compliant", "'idle 2h' is never false", "'age 12h' is never false"},
        ),
        (
            "{id: a, age: 12h, idle: 3h}",
            {"is compliant", "'idle 2h' is never true", "'age 12h' is never true"},
        ),
        ("{id: a, age: 3h, idle: unknown}", {"'age 12h' is never false"}),
        ("{id: a, app: Night, age: unknown, idle: unknown}", {"'year-end'"}),
        (
            "{id: a, owner: admin@ROOT, age: 3h, idle: 3h}",
            {"'operations'", "'idle 2h' is never true", "'age 12h' is never false"},
        ),
    ],
)
def test_what_a_case_reaches(fleet: str, reached: set[str]) -> None:
    """A case reaches the verdicts, answers and exemptions of its sessions.

    An unknown reaches nothing.
    """
    everything = [what for several in ALL.values() for what in several]
    gaps = {gap.what for gap in covered(fleet).gaps}
    assert set(everything) - gaps == {
        what for what in everything if any(one in what for one in reached)
    }


def test_several_cases_add_up() -> None:
    """What one case leaves out another may reach, until nothing is left."""
    fleet = [
        "{id: a, age: 3h, idle: 3h}, {id: b, app: Night}",
        "{id: a, age: 12h}",
        "{id: a, owner: admin@ROOT}",
    ]
    assert covered(*fleet) == Coverage(8, ())


def test_a_policy_without_cases_is_untried() -> None:
    """Of a folder, every policy counts, also one that no case file names.

    Of a case file only its own.
    """
    other = "policies:\n  - {name: other, select: all, terminate_when: {age: 30d}}\n"
    Path("policies/other.yaml").write_text(other, "utf-8")
    assert [
        gap.what
        for gap in covered("{id: a}").gaps
        if gap.place.startswith("policies/other.yaml:2:")
    ] == [
        "other: no session is an offender",
        "other: no session is compliant",
    ]
    assert covered("{id: a}", path="policies/tests/a.yaml").total == 8


def test_a_window_is_tried_open_and_closed() -> None:
    """A policy with hours is tried when an offender is met within and without them."""
    Path("policies/idle-webui.yaml").unlink()
    Path("policies/night.yaml").write_text(NIGHT, "utf-8")
    tried = []
    for hour in ("12", "23"):
        write_cases(
            f"cases:\n  - {{name: one, at: 2026-03-02T{hour}:00Z, fleet: [{{id: a, age: 2h}}], others: exempt}}\n"
        )
        suite = load_cases(Path("policies"))
        (file,) = suite.files
        found = coverage(
            suite.subjects, [(file.judged_by, run_case(file.document.cases[0], file.policies))]
        )
        tried.append([gap for gap in found.gaps if "window" in gap.what])
    assert tried == [
        [("policies/night.yaml:6:18", "night: no offender is met while its window is open")],
        [("policies/night.yaml:6:18", "night: no offender is met while its window is closed")],
    ]
