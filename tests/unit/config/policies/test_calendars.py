"""Public holidays come from a package that is an extra.

Without it, a policy that asks for them does not load.
"""

import sys
from datetime import date
from pathlib import Path

import pytest

from reaper.config.policies.holidays import calendar_of
from reaper.config.policies.load import load_policies
from reaper.errors import FileProblems

POLICY = """\
policies:
  - name: night
    select: {{kind: webui}}
    terminate_when: {{age: 24h}}
    only_during: {{windows: [daily 19:00-07:00 Europe/Amsterdam], holidays: {}}}
"""


def load(folder: Path, holidays: str) -> str:
    """What a file that asks for these holidays is told."""
    file = folder / "p.yaml"
    file.write_text(POLICY.format(holidays), "utf-8")
    try:
        load_policies(file, date(2026, 11, 23))
    except FileProblems as told:
        return str(told).replace(f"{folder}/", "")
    return "right"


@pytest.mark.parametrize(
    ("name", "day", "is_one"),
    [
        ("NL", date(2026, 4, 27), True),
        ("NL", date(2027, 4, 27), True),
        ("NL", date(2026, 4, 28), False),
        ("DE", date(2026, 1, 6), False),
        ("DE-BY", date(2026, 1, 6), True),
    ],
)
def test_whose_holidays(name: str, day: date, *, is_one: bool) -> None:
    """A country has its holidays in every year, and a part of it has more."""
    assert (day in calendar_of(name)(day.year)) is is_one


@pytest.mark.parametrize(
    ("holidays", "told"),
    [
        ("NL", "right"),
        ("[NL, DE-BY]", "right"),
        (
            "XX",
            (
                "p.yaml:5:76: no public holidays are known of 'XX'; write a country's two letters, "
                "like NL or GB"
            ),
        ),
        (
            "[NL, DE-BQ]",
            "p.yaml:5:81: 'DE' has no part 'BQ'; its parts are BB, BE, BW, BY, HB, HE,",
        ),
        ("VA-X", "p.yaml:5:76: 'VA' has no part 'X'; leave it out"),
    ],
)
def test_a_policy_that_asks_for_holidays(tmp_path: Path, holidays: str, told: str) -> None:
    """Countries and parts that are not known are told where they stand."""
    assert load(tmp_path, holidays).startswith(told)


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, it is told how to install it."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    assert load(tmp_path, "NL") == (
        "p.yaml:5:76: public holidays need a package that is not installed: pip install "
        "'aimms-reaper[holidays]'"
    )
