"""Broken policy files, and what `reaper policy check` says of each.

`broken/<name>.yaml` and beside it `<name>.txt`.

`RENEW_MESSAGES=1` writes the expected messages anew, and fails: whoever renews them reads the
difference as its user.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from reaper.cli import cli
from reaper.config.policies.load import ready_made
from reaper.errors import USAGE

BROKEN = Path(__file__).parent / "broken"
MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_CALLS = 500_000
"""Calls of functions that reading one broken file may take.

Some tenths of a second on a slow machine.
"""


def ten_megabytes(folder: Path) -> None:
    """Made here, because nobody wants it in a repository."""
    (folder / "policies.yaml").write_text("policies:\n" + "  - {name: one}\n" * (10 << 16), "utf-8")


def latin_1(folder: Path) -> None:
    (folder / "policies.yaml").write_bytes(
        "policies:\n  - name: one\n    description: gelöscht\n".encode("latin-1")
    )


def utf_16(folder: Path) -> None:
    (folder / "policies.yaml").write_bytes("policies: []\n".encode("utf-16"))


def bytes_of_a_picture(folder: Path) -> None:
    (folder / "policies.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")


def carriage_returns(folder: Path) -> None:
    text = "policies:\r\n  - name: one\r\n    selct: all\r\n    terminate_when: {age: 24h}\r\n"
    (folder / "policies.yaml").write_bytes(b"\xef\xbb\xbf" + text.encode())


def loop_of_folders(folder: Path) -> None:
    """A folder that holds itself, under a name that looks like a policy file's, too."""
    (folder / "again").symlink_to(folder)
    (folder / "again.yaml").symlink_to(folder)


def link_to_itself(folder: Path) -> None:
    (folder / "policies.yaml").symlink_to("policies.yaml")


def link_to_nowhere(folder: Path) -> None:
    (folder / "policies.yaml").symlink_to("gone.yaml")


def an_empty_folder(folder: Path) -> None:
    """Nothing is in it."""


def a_folder_of_another_suffix(folder: Path) -> None:
    (folder / "policies.yaml.bak").write_text("policies: []\n", "utf-8")
    (folder / ".policies.yaml").write_text("policies: []\n", "utf-8")


def three_files(folder: Path) -> None:
    """Each wrong in its own way, and two that name a policy alike."""
    policy = "policies:\n  - name: one\n    select: {kind: webui}\n    terminate_when: {age: 24h}\n"
    (folder / "a.yaml").write_text("policies: [\n", "utf-8")
    (folder / "b.yaml").write_text(policy.replace("24h", "24"), "utf-8")
    (folder / "c.yaml").write_text(policy, "utf-8")


MADE: list[Callable[[Path], None]] = [
    *(
        ten_megabytes,
        latin_1,
        utf_16,
        bytes_of_a_picture,
        carriage_returns,
        loop_of_folders,
        link_to_itself,
    ),
    *(link_to_nowhere, an_empty_folder, a_folder_of_another_suffix, three_files),
]


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """How many functions were called: what takes long in any program, on any machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield lambda: calls
    finally:
        sys.setprofile(before)


def checked(path: Path) -> tuple[str, int]:
    """All that a person sees of `reaper policy check`, in the folder of that path, and what it
    took.
    """
    with chdir(path.parent), time_machine.travel(MONDAY, tick=False), counted() as calls:
        result = CliRunner().invoke(cli, ["policy", "check", path.name])
    assert ("error" in result.output.splitlines()[-1]) is (result.exit_code == USAGE), result
    return result.output.replace(str(ready_made()), "READY-MADE"), calls()


def compare(said: str, name: str) -> None:
    expected = BROKEN / f"{name}.txt"
    if os.environ.get("RENEW_MESSAGES"):
        expected.write_text(said, "utf-8")
        pytest.fail(f"{expected.name} is written anew; read it as its user would")
    assert said == expected.read_text("utf-8")


@pytest.fixture(scope="module", autouse=True)
def _imported() -> None:
    """What is imported on the way is not counted."""
    checked(BROKEN / "everything-at-once.yaml")


@pytest.mark.parametrize("name", sorted(path.stem for path in BROKEN.glob("*.yaml")))
def test_a_broken_file(name: str) -> None:
    """Each slip is told at its place, in the words that were reviewed, and without a long pause."""
    said, calls = checked(BROKEN / f"{name}.yaml")
    compare(said, name)
    assert calls <= MOST_CALLS


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_a_broken_folder(make: Callable[[Path], None], tmp_path: Path) -> None:
    """So is what cannot lie in a repository.

    Bytes that are no text, links that lead nowhere, a file without end.
    """
    folder = tmp_path / "policies"
    folder.mkdir()
    make(folder)
    said, calls = checked(folder)
    compare(said, make.__name__.replace("_", "-"))
    assert calls <= MOST_CALLS


def test_no_expectation_is_left_over() -> None:
    """Each expected message belongs to a broken file or folder."""
    named = {path.stem for path in BROKEN.glob("*.yaml")} | {
        make.__name__.replace("_", "-") for make in MADE
    }
    assert {path.stem for path in BROKEN.glob("*.txt")} == named
