"""docs/safety.md names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def named() -> list[tuple[Path, str]]:
    """Each test that the page names, with its file.

    A name without one stands in the file before it.
    """
    found, file = [], Path()
    for place, test in re.findall(
        r"`([a-z_/]*)::(test_\w+)`", (ROOT / "docs" / "safety.md").read_text("utf-8")
    ):
        file = ROOT / "tests" / f"{place}.py" if place else file
        found.append((file, test))
    return found


def test_every_test_it_names_exists() -> None:
    """A row of the table is worth what its test is."""
    tests = named()
    assert len(tests) > 50
    missing = [
        f"{file.name}::{test}"
        for file, test in tests
        if f"def {test}(" not in file.read_text("utf-8")
    ]
    assert missing == []
