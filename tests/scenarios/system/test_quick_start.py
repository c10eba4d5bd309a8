"""docs/quick-start.md, walked through exactly as it is written."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import PATIENCE, PROGRAM, Shell

PAGE = (Path(__file__).parents[3] / "docs" / "quick-start.md").read_text("utf-8")
(START,) = re.findall(r"^```console\n\$ reaper (.*)\n```$", PAGE, re.MULTILINE)
LINES = [
    line
    for block in re.findall(r"^```shell\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A second shell, with the lines pasted that the first one printed."""
    shell = Shell(tmp_path)
    for name in [name for name in shell.environment if name.startswith("REAPER_")]:
        del shell.environment[name]
    shell.environment["PATH"] = f"{Path(PROGRAM).parent}:{shell.environment['PATH']}"
    with shell.started(*START.split()) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if exported := re.match(r"  export (\w+)='(.*)'$", line):
                shell.environment[exported[1]] = exported[2]
            elif "reaper doctor" in line:
                break
        yield shell


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_quick_start_can_be_walked_through(shell: Shell) -> None:
    """Each command ends with the exit code that the page names, 0 where it names none."""
    assert len(LINES) > 10
    for line in LINES:
        named = re.search(r"# exit code (\d)", line)
        done = subprocess.run(
            ["sh", "-c", line],
            cwd=shell.folder,
            env=shell.environment,
            capture_output=True,
            text=True,
            timeout=3 * PATIENCE,
            check=False,
        )
        assert done.returncode == int(named[1] if named else 0), line + done.stdout + done.stderr
        if line.startswith("reaper explain"):
            assert "terminated" in done.stdout
