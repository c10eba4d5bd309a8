"""A command imports little until it is called; a use case prints nothing and leaves no process."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

import reaper

HOUSE = Path(reaper.__file__).parent
USE_CASES = sorted((HOUSE / "usecases").glob("*.py"))
COMMANDS = sorted(chain((HOUSE / "cli").glob("*.py"), (HOUSE / "cli").glob("[ep]*/*.py")))
SLOW = {"alembic", "fastapi", "httpx", "pydantic", "rich", "sqlalchemy", "structlog", "yaml"}


@pytest.mark.parametrize("file", USE_CASES, ids=lambda file: file.stem)
def test_a_use_case_neither_prints_nor_exits(file: Path) -> None:
    """It gives a result: whoever called it says what people see, and how the process ends."""
    names = {
        node.id
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Name)
    }
    assert not names & {"SystemExit", "exit", "input", "print", "quit"}


@pytest.mark.parametrize("file", COMMANDS, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_function_imports_a_use_case_and_a_view_at_most(file: Path) -> None:
    """Three lines at most in any function of the command line.

    All else is imported where it is used.
    """
    functions = [
        node
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    counts = {
        f.name: sum(isinstance(node, ast.ImportFrom) for node in ast.walk(f)) for f in functions
    }
    assert {name: count for name, count in counts.items() if count > 3} == {}


def test_the_help_of_a_command_imports_nothing_slow() -> None:
    """`reaper run --help` answers before any of the libraries that a run needs is there."""
    program = (
        "import sys; from reaper.cli import cli; sys.argv = ['reaper', 'run', '--help'];"
        "cli.main(standalone_mode=False); sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "Look once at the accounts" in done.stdout
    assert not SLOW & set(done.stderr.split())
