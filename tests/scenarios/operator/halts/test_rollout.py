"""docs/rollout.md, walked through exactly as it is written."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.notice_servers import Hook
from support.processes import PATIENCE, PROGRAM, Shell, wait_for
from support.safety_house import idle

from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec

PAGE = Path(__file__).parents[4] / "docs" / "rollout.md"
BLOCKS = re.findall(r"^```shell\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
IDLE, FLEET = 24, 70


@pytest.fixture
def account() -> Iterator[Emulator]:
    """As many sessions as the page says, as many of them idle."""
    specs = [idle(f"idle{n}", f"o{n}@Planning", age=f"{40 - n}h") for n in range(IDLE)]
    specs += [idle(f"busy{n}", f"b{n}@Planning", idle="1m") for n in range(FLEET - IDLE)]
    scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in specs])
    with Emulator(Config(), scenario) as emulator:
        yield emulator


@pytest.fixture
def shell(tmp_path: Path, account: Emulator) -> Iterator[Shell]:
    """A shell in an empty folder; all that the page cannot know is in its environment."""
    with Hook().open() as address:
        named = [{"name": "acme", "url": account.url, "api_key": DEFAULT_KEY}]
        about = {"OPS_ROOM_HOOK": address, "REAPER_ACCOUNTS": json.dumps(named)}
        shell = Shell(tmp_path, about)
        del shell.environment["REAPER_LIMITS"]
        shell.environment["PATH"] = f"{Path(PROGRAM).parent}:{shell.environment['PATH']}"
        yield shell


def in_shell(shell: Shell, block: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-e", "-c", block],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def runs(shell: Shell) -> list[dict[str, Any]]:
    done = in_shell(shell, "reaper runs -o json")
    found: list[dict[str, Any]] = json.loads(done.stdout)["runs"]
    return found


def run_daemon(shell: Shell, command: str) -> int:
    """Start it, wait until it is at work, and end it as Ctrl-C does."""
    program, *arguments = command.split()
    assert program == "reaper"
    with shell.started(*arguments) as daemon:
        assert daemon.stderr is not None
        wait_for(daemon.stderr, "daemon begun")
        daemon.send_signal(signal.SIGINT)
        return daemon.wait(PATIENCE)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_page_can_be_walked_through(shell: Shell, account: Emulator) -> None:
    """Each command ends with the exit code that the page names, 0 where it names none; the backlog
    is gone by tranches, then by a run, and nobody else with it.
    """
    codes: list[int] = []
    ended: list[int] = []
    for block in BLOCKS:
        if "reaper daemon" in block:
            codes.append(run_daemon(shell, block))
            continue
        named = re.search(r"# exit code (\d)", block)
        done = in_shell(shell, block)
        assert done.returncode == int(named[1] if named else 0), block + done.stdout + done.stderr
        codes.append(done.returncode)
        ended.append(len(account.world.terminated))
    assert codes.count(5) == 1
    assert codes[-1] == 0
    assert sorted(set(ended)) == [0, 10, 20, IDLE]
    assert all(id_.startswith("idle") for id_, _ in account.world.terminated)
    assert [run["request"] for run in runs(shell)].count("the oldest 10") == 3
