"""Completion in the shell, as docs/how-to.md sets it up."""

import os
import subprocess

import pytest
from support.processes import PROGRAM


def asked(**environment: str) -> str:
    done = subprocess.run(
        [PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    """The script is printed, without a traceback in its place."""
    assert "reaper" in asked(_REAPER_COMPLETE=f"{shell}_source")


def test_commands_complete() -> None:
    """The beginning of a command is enough."""
    line = {"COMP_WORDS": "reaper sta", "COMP_CWORD": "1"}
    assert asked(_REAPER_COMPLETE="bash_complete", **line) == "plain,status\n"
