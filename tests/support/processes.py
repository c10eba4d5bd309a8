"""Starting and watching the real console script."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx

PROGRAM = str(Path(sys.executable).parent / "reaper")
PATIENCE = 60.0  # seconds; far beyond what any of the commands takes
NO_LIMIT = {"sessions": 1000, "percent": 100}

POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt: [{owner: admin@ROOT, reason: operations}]
"""
FLEET = """\
sessions:
  - {owner: anna@Planning, age: 9h, idle: 5h}
  - {owner: ben@Supply, age: 3h, idle: 5m}
  - {owner: admin@ROOT, age: 8h, idle: 6h}
"""


@dataclass
class Shell:
    """A folder and an environment to call the program in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (PROGRAM,)

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REAPER_")}
        self.environment = {
            **kept,
            "REAPER_DATABASE_URL": f"sqlite:///{self.folder / 'reaper.db'}",
            "REAPER_CONFIRM_WITHIN": "2s",
            "REAPER_PER_MINUTE": "6000",
            "REAPER_LIMITS": json.dumps(dict.fromkeys(("run", "hour", "policy"), NO_LIMIT)),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "PYTHONUNBUFFERED": "1",
            **self.environment,
        }

    def name_account(self, url: str) -> None:
        account = {"name": "acme", "url": url, "api_key": "demo-key"}
        self.environment["REAPER_ACCOUNTS"] = json.dumps([account])
        folder = self.folder / "policies"
        folder.mkdir(exist_ok=True)
        (folder / "all.yaml").write_text(POLICIES, "utf-8")

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        with (self.folder / "said.log").open(
            "a", encoding="utf-8"
        ) as kept:  # it is searched for keys at the end
            kept.write(done.stdout + done.stderr)
        return done

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self(*arguments, "-o", "json").stdout)

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """The running command; ended by force when it is still running at the end."""
        with subprocess.Popen(
            [*self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            try:
                yield running
            finally:
                if running.poll() is None:
                    running.kill()
                    running.wait()


@dataclass(frozen=True)
class Account:
    """An emulated account in another process."""

    url: str
    process: subprocess.Popen[str]

    def ended(self) -> list[str]:
        """The sessions that were ended over the API."""
        found = httpx.get(f"{self.url}/_emulator/requests", trust_env=False).json()
        return [one["id"] for one in found["terminated"]]

    def kill(self) -> None:
        """As `kill -9`: it cannot say goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


Start = Callable[..., Account]


@contextmanager
def emulate(shell: Shell, *options: str, scenario: str | None = None) -> Iterator[Account]:
    if scenario is not None:
        (shell.folder / "scenario.yaml").write_text(scenario, "utf-8")
        options = (*options, "--scenario", "scenario.yaml")
    with shell.started("emulate", *options) as process:
        assert process.stdout is not None
        line = wait_for(process.stdout, r"account at (http://\S+);")
        yield Account(line[1], process)


def wait_for(stream: IO[str], pattern: str) -> re.Match[str]:
    """The first match in the stream's lines; fails when it ends before."""
    read = []
    for line in stream:
        read.append(line)
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"{pattern!r} never came in: {''.join(read)}")
