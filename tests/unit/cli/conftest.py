"""Each test in a folder of its own, and the accounts it opens on real sockets."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.cli_tools import FLEET, Open, open_account, write_policies, write_settings
from support.command import alone

from reaper.emulator import Emulator


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path) -> Iterator[None]:
    with alone(tmp_path):
        yield


@pytest.fixture
def tenant() -> Iterator[Open]:
    """Open an account, by default with the fleet of cli_tools."""
    with ExitStack() as stack:
        yield lambda *sessions, **more: stack.enter_context(
            open_account(*(sessions or FLEET), **more)
        )


@pytest.fixture
def acme(tenant: Open, migrated_file: Path) -> Emulator:
    """An account of the usual fleet, with settings and policies that speak of it."""
    shutil.copy(migrated_file, "reaper.db")
    account = tenant()
    write_policies()
    write_settings(acme=account.url)
    return account
