"""Accounts on real sockets, settings that name them, and a folder of each test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.cli_tools import FLEET, Open, open_account, write_policies, write_settings
from support.command import alone

from reaper.emulator import Emulator
from reaper.usecases.configuration import ChosenPolicies, Settings, read_policies, read_settings

Desk = Callable[..., tuple[Settings, ChosenPolicies]]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("reaper.run.enforce._SHORT_LOOK", 0.2)
    with alone(tmp_path, attempts=1):
        yield


@pytest.fixture
def tenant() -> Iterator[Open]:
    """Open an account, by default with the fleet of cli_tools."""
    with ExitStack() as stack:
        yield lambda *specs, **more: stack.enter_context(open_account(*(specs or FLEET), **more))


@pytest.fixture
def acme(tenant: Open) -> Emulator:
    return tenant()


@pytest.fixture
def desk() -> Desk:
    """Settings and policies as a person wrote them, for accounts by name and address."""

    def write(more: str = "", **accounts: str) -> tuple[Settings, ChosenPolicies]:
        write_policies()
        write_settings(more=more, **accounts)
        settings = read_settings(None)
        return settings, read_policies(settings)

    return write
