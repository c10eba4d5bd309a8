"""Real processes: each test in a folder of its own, and what it started is ended with it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.processes import Account, Shell, Start, emulate


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in an empty folder, without settings."""
    return Shell(tmp_path)


@pytest.fixture
def start(shell: Shell) -> Iterator[Start]:
    """Start an emulated account in a process of its own; the settings then name it."""
    with ExitStack() as stack:

        def start_account(*options: str, scenario: str | None = None) -> Account:
            account = stack.enter_context(emulate(shell, *options, scenario=scenario))
            shell.name_account(account.url)
            return account

        yield start_account
