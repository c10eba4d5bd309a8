"""The policies that come with the program load as they are, and do what their names and
cases say.
"""

from datetime import date
from pathlib import Path

import pytest

from reaper.config.policies.load import load_policies, ready_made
from reaper.config.policy_tests import coverage, load_cases, run_case

TODAY = date(2026, 11, 23)
FILES = [
    "idle-webui.yaml",
    "max-age.yaml",
    "nightly-sweep.yaml",
    "orphans.yaml",
    "owner-quota.yaml",
    "runaway-solves.yaml",
    "seats.yaml",
    "stuck-tasks.yaml",
    "weekend-shutdown.yaml",
]


def test_all_are_there() -> None:
    """The ready-made files are shipped, each with cases of the same name, and nothing else."""
    assert sorted(file.name for file in ready_made().glob("*.*")) == FILES
    assert sorted(file.name for file in (ready_made() / "tests").iterdir()) == FILES


@pytest.mark.parametrize("file", FILES)
def test_each_loads_without_warnings(file: str) -> None:
    """A ready-made file can be used as it is, alone."""
    loaded = load_policies(ready_made() / file, TODAY)
    assert loaded.policies.policies
    assert not loaded.warnings


def test_they_load_together() -> None:
    """The whole folder is one set of policies, none of which has another's name."""
    loaded = load_policies(ready_made(), TODAY)
    assert [Path(file).name for file in loaded.files] == FILES


@pytest.mark.parametrize("file", FILES)
def test_each_does_what_its_cases_say(file: str) -> None:
    """Every case that stands beside a ready-made policy passes."""
    (cases,) = load_cases(ready_made() / file).files
    trials = [run_case(case, cases.policies) for case in cases.document.cases]
    assert [(trial.case.name, trial.mismatches) for trial in trials if not trial.passed] == []


def test_their_cases_leave_nothing_untried() -> None:
    """Together the cases make every rule true and false, and use every exemption."""
    suite = load_cases(ready_made())
    trials = [
        (f.judged_by, run_case(case, f.policies)) for f in suite.files for case in f.document.cases
    ]
    assert coverage(suite.subjects, trials).gaps == ()


def test_ready_made_policies_do_not_exempt_for_ever_unknowingly() -> None:
    """Nobody but the administrator is exempt from the ready-made policies."""
    loaded = load_policies(ready_made(), TODAY).policies
    assert {str(one.owner) for policy in loaded.policies for one in policy.exempt} == {"admin@ROOT"}
    assert not loaded.protect
