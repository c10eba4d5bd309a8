"""What the tests of the command line share.

A fleet, its settings and policies, and a way to run a command.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reaper.emulator import DEFAULT_KEY, Config, Emulator, Scenario, SessionSpec
from support.command import Cli, Result

__all__ = [
    "FLEET",
    "IDLE",
    "POLICIES",
    "Cli",
    "Open",
    "Result",
    "ended",
    "is_one_line",
    "open_account",
    "write_policies",
    "write_settings",
]

POLICIES = """\
policies:
  - name: idle-webui
    mode: enforce
    select: {kind: webui}
    terminate_when: {idle: 2h}
    exempt:
      - {owner: admin@ROOT, reason: operations}
  - name: old-tasks
    select: {kind: task}
    terminate_when: {age: 24h}
"""
IDLE = "11111111-1111-4111-8111-111111111111"
"""The one session of the fleet that is to go."""

FLEET: tuple[dict[str, Any], ...] = (
    {"id": IDLE, "owner": "anna@Planning", "age": "9h", "idle": "5h"},
    {"owner": "ben@Supply", "age": "3h", "idle": "5m"},
    {"owner": "admin@ROOT", "age": "8h", "idle": "6h"},
    {"owner": "eva@Supply", "age": "5h", "log_entries": 0},
    {"owner": "carl@Supply", "kind": "task", "age": "30h"},
)


Open = Callable[..., Emulator]


def open_account(*sessions: dict[str, Any], generation: int = 2, **more: Any) -> Emulator:  # noqa: ANN401
    """An account that is not yet entered; `more` is what a scenario or a config can say."""
    about = {name: more.pop(name) for name in list(more) if name in Scenario.model_fields}
    scenario = Scenario(sessions=[SessionSpec.model_validate(spec) for spec in sessions], **about)
    return Emulator(Config.model_validate({"generation": generation, **more}), scenario)


def write_policies(text: str = POLICIES, name: str = "policies/all.yaml") -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, "utf-8")
    return path


def write_settings(*, key: str = DEFAULT_KEY, more: str = "", **accounts: str) -> None:
    """A reaper.yaml with the accounts by name and address, and a database beside it."""
    lines = [
        f"  - {{name: {name}, url: '{url}', api_key: {key}}}" for name, url in accounts.items()
    ]
    database = f"sqlite:///{Path('reaper.db').resolve()}"
    own = "\n".join(
        [
            "accounts:",
            *lines,
            f"database_url: {database}",
            "timeout: 2s",
            "confirm_within: 1s",
            "per_minute: 60000",
        ]
    )
    Path("reaper.yaml").write_text(f"{own}\n{more}", "utf-8")


def ended(account: Emulator) -> list[str]:
    """The sessions that were ended over the API."""
    return [session for session, _ in account.world.terminated]


def is_one_line(result: Result) -> bool:
    """Whether all that was said of a trouble is one line for a person, but for the place in a file
    that it shows.
    """
    told = [line for line in result.err.splitlines() if not line.startswith("    ")]
    return len(told) == 1 and "Traceback" not in result.err
