"""Scenarios: a small fleet written by hand, so that a test or a demonstration knows what
is there.
"""

import errno
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from .config import ALL_SCOPES, Scope
from .durations import Duration, SignedDuration
from .session import TASK, WEBUI

_LARGEST = 1 << 20  # bytes


class ScenarioError(Exception):
    """The scenario file cannot be followed; the message says why and where, for a person."""


def _null_when_empty(given: object) -> object:
    return None if given in ("", "null", "~") else given


def _nulls(given: object) -> object:
    return (
        {name: _null_when_empty(value) for name, value in given.items()}
        if isinstance(given, dict)
        else given
    )


class TaskSpec(BaseModel):
    """A task of a task session in brief: created, and unless it is queued begun, `age` ago.

    Over since `ended` ago.

    Without `age` it is as old as its session. Members of a recurring group share an `id` and differ
    in `group_index`.
    """

    model_config = ConfigDict(extra="forbid")

    id: str
    group_index: int = Field(0, ge=0)
    state: str = "running"
    age: Duration | None = None
    ended: Duration | None = None
    send: Annotated[dict[str, Any], BeforeValidator(_nulls)] = {}


class SessionSpec(BaseModel):
    """A session in brief. Every duration is counted back from the emulated now.

    `age`: created that long ago. `idle`: its last real log entry was written that long ago
    (default: only the start was logged). `ended`: it ended that long ago (default: right after its
    last entry). `heartbeat`: a line every so long. `log_entries`: how many real entries (default 2
    with `idle`, else 1; 0 for none). `queue_time`: how long it waited before it started. `solving`:
    a task in the midst of a solve. `send`: fields to send instead of the true ones. `tasks`: the
    tasks of a task session; by default one, which is as its session is.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["webui", "task", "solve"] = "webui"
    id: str | None = None
    owner: Annotated[str | None, BeforeValidator(_null_when_empty)] = None
    app: str = "Demand Forecasting"
    app_version: str = "1.0"
    name: str = ""
    description: str = ""
    state: str | None = None
    solving: bool = False
    message: str = ""
    age: Duration = timedelta(hours=1)
    idle: Duration | None = None
    ended: Duration | None = None
    heartbeat: Duration | None = None
    log_entries: int | None = Field(None, ge=0)
    queue_time: Duration = timedelta(0)
    service: str = "optimize"
    memory_gb: float = Field(4.0, gt=0)
    send: Annotated[dict[str, Any], BeforeValidator(_nulls)] = {}
    tasks: list[TaskSpec] | None = None

    @model_validator(mode="after")
    def _possible(self) -> "SessionSpec":
        if self.owner is not None and not all(self.owner.partition("@")):
            raise ValueError(f"owner {self.owner!r} is not written user@environment")
        if self.solving and (self.kind != TASK or self.state not in (None, "solving")):
            raise ValueError("only a task that is running can be solving")
        if self.idle is not None and self.idle > self.age - self.queue_time:
            raise ValueError(
                "idle for longer than it has been running: idle must not exceed age less queue_time"
            )
        if self.tasks is not None and self.kind != TASK:
            raise ValueError("only a task session runs tasks")
        if self.queue_time > self.age:
            raise ValueError("queue_time exceeds age")
        if self.ended is not None and self.ended > (self.age if self.idle is None else self.idle):
            raise ValueError("ended before its last log entry (or before it was created)")
        if self.heartbeat == timedelta(0):
            raise ValueError("heartbeat must be longer than 0s")
        return self

    @property
    def resolved_state(self) -> str:
        """The state as the service spells it.

        WebUI's two in capitals, an unknown one as it stands.
        """
        state = self.state or ("solving" if self.solving else "running")
        capital = state.lower().capitalize()
        return capital if self.kind == WEBUI and capital in ("Running", "Terminated") else state


class KeySpec(BaseModel):
    """A key; `expires` is a time, or a duration after the start (`30d`, `-1d` for one that has
    expired).
    """

    model_config = ConfigDict(extra="forbid")

    key: str
    scopes: frozenset[Scope] = ALL_SCOPES
    expires: Annotated[AwareDatetime | SignedDuration | None, BeforeValidator(_null_when_empty)] = (
        None
    )
    user: str = "admin@ROOT"
    administrator: bool = True


class Scenario(BaseModel):
    """What a scenario file states. Without `alive`, nothing happens in it but that time passes."""

    model_config = ConfigDict(extra="forbid")

    sessions: list[SessionSpec] = []
    keys: list[KeySpec] = []
    force_lag: Duration | None = None
    page_cap: int | None = Field(None, ge=1, le=1000)
    churn: float | None = Field(None, ge=0, le=1)
    alive: bool = False


def load_scenario(path: Path | str) -> Scenario:
    """Read a scenario file.

    Raises:
        ScenarioError: it cannot be read, is not valid YAML, or states what cannot be.
    """
    try:
        text = _text(Path(path))
        # Every scalar stays the text the user wrote: no 1.10 becomes 1.1, no `no` becomes false.
        # it constructs nothing but text
        content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
        return Scenario.model_validate(content or {})
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8") from error
    except RecursionError:
        raise ScenarioError(f"{path}: is nested too deeply; flatten it") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{path}: is not valid YAML: {error}") from error
    except ValidationError as error:
        raise ScenarioError(_in_words(path, error)) from error


def _text(path: Path) -> str:
    """What a regular file of a size that a person writes holds.

    Raises OSError and UnicodeDecodeError.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is not a regular file")
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError(errno.EFBIG, "it is larger than 1 MiB")
    return content.decode("utf-8-sig")


def _in_words(path: Path | str, error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "\n".join(
        f"{path}: {_place(problem['loc'])}{_reason(problem['msg'])}" for problem in problems
    )


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(part) for part in location)}: " if location else ""


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")
