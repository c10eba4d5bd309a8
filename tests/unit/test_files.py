"""Files that a person names are read within bounds, and written whole, in their place and privately."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reaper import files


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(autouse=True)
def _usual_umask() -> None:
    os.umask(0o022)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """A pipe that nobody writes, an endless device and a folder are told by what they are."""
    os.mkfifo(tmp_path / "pipe")
    for path, kind in (
        (tmp_path / "pipe", "pipe"),
        (Path("/dev/zero"), "device"),
        (tmp_path, "folder"),
    ):
        with pytest.raises(OSError, match=kind):
            files.read_bytes(path)
        with pytest.raises(OSError, match=kind):
            files.write_text(path, "x")


def test_a_file_is_read_up_to_its_bound_and_no_further(tmp_path: Path) -> None:
    """One byte more is refused; a byte order mark is no text."""
    file = tmp_path / "file"
    file.write_bytes(b"\xef\xbb\xbf12345")
    assert files.read_text(file, 8) == "12345"
    with pytest.raises(OSError, match="larger"):
        files.read_text(file, 7)
    with file.open("wb") as huge:
        huge.truncate(files.LARGE + 1)
    with pytest.raises(OSError, match="larger than 64 MiB"):
        files.read_bytes(file, files.LARGE)


def test_what_is_written_is_private_whole_and_in_its_place(tmp_path: Path) -> None:
    """A file is the owner's alone, replaces what was there, and leaves nothing beside it."""
    file = tmp_path / "plan.json"
    file.write_text("old", "utf-8")
    file.chmod(0o644)
    files.write_text(file, "new")
    assert (file.read_text("utf-8"), mode(file)) == ("new", 0o600)
    files.write_text(tmp_path / "schema.json", "{}", files.PUBLIC)
    assert mode(tmp_path / "schema.json") == 0o644
    assert sorted(one.name for one in tmp_path.iterdir()) == ["plan.json", "schema.json"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What a link points to, there or not, stays as it is."""
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    for _ in range(2):
        with pytest.raises(OSError, match="symbolic link"):
            files.write_text(link, "x")
        assert not target.exists() or target.read_text("utf-8") == "precious"
        target.write_text("precious", "utf-8")


def test_a_file_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new file, not the old one, and leaves nothing beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "plan.json"
    file.write_text("old", "utf-8")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(file, "new")
    assert [(one.name, one.read_text("utf-8")) for one in tmp_path.iterdir()] == [
        ("plan.json", "old")
    ]


@pytest.mark.parametrize(
    ("bits", "told"),
    [(0o600, None), (0o400, None), (0o604, "read"), (0o602, "write"), (0o640, "group may read")],
)
def test_who_else_may_read_or_write_is_told(tmp_path: Path, bits: int, told: str | None) -> None:
    """Any right of another user than the owner."""
    file = tmp_path / "key"
    file.write_text("x", "utf-8")
    file.chmod(bits)
    how = files.exposed(file)
    assert how == told or (told is not None and told in (how or ""))
