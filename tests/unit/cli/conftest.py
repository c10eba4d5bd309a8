"""Each test in a folder of its own, and the accounts it opens on real sockets."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import stamina
from support.cli_tools import FLEET, Cli, Open, Result, open_account

from reaper.cli import main
from reaper.emulator import Emulator


@pytest.fixture(autouse=True)
def _nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith("REAPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("reaper.run.enforce._SHORT_LOOK", 0.2)
    with stamina.set_testing(
        True, attempts=4, cap=True
    ):  # repeated as ever, without the pauses between
        yield


@pytest.fixture
def reaper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The console script's own function: what it prints, and the exit code."""

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["reaper", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Result(int(left.value.code or 0), out, err)

    return run


@pytest.fixture
def tenant() -> Iterator[Open]:
    """Open an account, by default with the fleet of cli_tools."""
    with ExitStack() as stack:
        yield lambda *sessions, **more: stack.enter_context(
            open_account(*(sessions or FLEET), **more)
        )


@pytest.fixture
def acme(tenant: Open) -> Emulator:
    """An account of the usual fleet, with settings and policies that speak of it."""
    # one fixture's need
    from support.cli_tools import write_policies, write_settings  # noqa: PLC0415

    account = tenant()
    write_policies()
    write_settings(acme=account.url)
    return account
