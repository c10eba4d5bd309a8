"""Fleets with many sessions alike, and failures of policies that have hours."""

from __future__ import annotations

from pathlib import Path

from support.cases_tools import Try, problems, write_cases

HOURS = """\
policies:
  - name: night
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    only_during: daily 22:00-04:00 UTC
"""
IDLE = "{id: idle, count: 3, idle: 3h}"


def test_a_count_stands_for_so_many_sessions(trial: Try) -> None:
    """The case calls all of them by one name, or one of them by its own."""
    fleet = f"fleet: [{IDLE}, {{id: used, count: 20}}]"
    said = "expect: {idle: offender, used-7: compliant}, others: compliant"
    done = trial(f"{fleet}, {said}, ends: [idle]")
    assert (done.mismatches, len(done.verdicts)) == ((), 23)
    assert trial(f"{fleet}, {said}, ends: [idle-1, idle-2, idle-3]").passed
    halted = "halted: at most 10 are allowed"
    assert trial(f"fleet: [{{id: i, count: 11, idle: 3h}}], others: offender, {halted}").passed


def test_a_failure_of_many_is_told_once(trial: Try) -> None:
    """With how many more are like it; of what ends, how many of them."""
    fleet = f"fleet: [{IDLE}, {{id: used, count: 20}}]"
    failed = trial(f"{fleet}, expect: {{idle: offender}}, others: offender, ends: [idle-2, used-1]")
    assert [(one.expected, one.found) for one in failed.mismatches] == [
        ("used-1: offender", "compliant (so are 19 more like it)"),
        ("ends idle (1 of 3), used (1 of 20)", "ends idle (3 of 3)"),
    ]


def test_names_that_many_share_are_told_apart() -> None:
    """A name that two would have, one that nobody has, and sessions of which nothing is said."""
    write_cases(
        "cases:\n  - {name: one, fleet: [{id: a, count: 2}, {id: a-2}], others: compliant}\n"
        "  - {name: two, fleet: [{id: a, count: 2}], expect: {a-1: compliant, a-3: compliant}}\n"
    )
    told = " ".join(problems())
    assert "the id 'a-2' is used twice" in told
    assert "no session of this fleet is named 'a-3'" in told
    assert "nothing is expected of a;" in told


def test_a_failure_shows_the_window(trial: Try) -> None:
    """Whether it is open at the moment of the case, and when that changes."""
    Path("policies/idle-webui.yaml").write_text(HOURS, "utf-8")
    case = "at: 2026-01-14T12:00Z, fleet: [{id: a, idle: 3h}], expect: {a: compliant}, ends: [a]"
    verdict, ends = trial(case).mismatches
    shown = "night: during daily 22:00-04:00 UTC: opens Wed 2026-01-14 22:00 UTC"
    assert verdict.evidence[-1] == ends.evidence[-1] == shown
    at_night = trial(case.replace("T12", "T23")).mismatches
    assert at_night[0].evidence[-1].endswith("UTC: open until Thu 2026-01-15 04:00 UTC")
