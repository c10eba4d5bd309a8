"""Whether a stop file forbids to end anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from reaper.run.stop_file import stop_reason


def test_only_a_file_that_is_certainly_absent_forbids_nothing(tmp_path: Path) -> None:
    """Nothing of that name, also where its folder is missing; or no name at all."""
    assert stop_reason(None) is None
    assert stop_reason(tmp_path / "STOP") is None
    assert stop_reason(tmp_path / "no-folder" / "STOP") is None


@pytest.mark.parametrize("name", ["a-file/STOP", "loop/STOP", "x" * 300, "a\0b"])
def test_what_cannot_be_told_stops(tmp_path: Path, name: str) -> None:
    """Under a plain file, in a circle of links, of a name that no file can have."""
    (tmp_path / "a-file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert "cannot be told" in str(stop_reason(tmp_path / name))
