"""How the emulator runs: addresses, time, faults and keys."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from .faults import Faults

Generation = Literal[1, 2]
Scope = Literal["Session", "Tasks", "APIKey"]
BOTH_SCOPES: frozenset[Scope] = frozenset({"Session", "Tasks"})
ALL_SCOPES: frozenset[Scope] = BOTH_SCOPES | {"APIKey"}
DEFAULT_KEY = "demo-key"


class Key(BaseModel):
    """An API key; `expires` is emulated time, None never.

    That of anybody but an `administrator` sees the sessions of its `user` alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    scopes: frozenset[Scope] = ALL_SCOPES
    expires: AwareDatetime | None = None
    user: str = "admin@ROOT"
    administrator: bool = True

    def sees(self, user: str | None, environment: str | None) -> bool:
        return self.administrator or f"{user}@{environment}" == self.user

    def expired(self, now: datetime) -> bool:
        return self.expires is not None and self.expires <= now


class Config(BaseModel):
    """What `reaper emulate` can be told.

    A scenario may override `force_lag`, `page_cap`, `churn` and the keys.

    Times are in seconds: `latency` and the time of `faults` real, `force_lag`, `interrupt_lag` and
    `rest_idle` emulated. `rest_idle` is how long a task session stays when no task is left in it
    (Max REST Session Idle Time). `task_session_ids`: whether each task names its session, which by
    default only generation 2 does.
    """

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65535)
    generation: Generation = 2
    sessions: int = Field(40, ge=0)
    seed: int = 1
    speed: float = Field(1.0, ge=0)
    latency: float = Field(0.0, ge=0)
    faults: Faults = Faults()
    scenario: Path | None = None
    account: str = "demo"
    force_lag: float = Field(45.0, ge=0)
    interrupt_lag: float = Field(10.0, ge=0)
    rest_idle: float = Field(300.0, ge=0)
    task_session_ids: bool | None = None
    page_cap: int = Field(1000, ge=1, le=1000)
    churn: float = Field(0.0, ge=0, le=1)
    start: AwareDatetime | None = None
    keys: tuple[Key, ...] = (Key(key=DEFAULT_KEY, scopes=ALL_SCOPES),)

    @field_validator("faults", mode="before")
    @classmethod
    def _faults_from_text(cls, given: object) -> object:
        return Faults.parse(given) if isinstance(given, str) else given
