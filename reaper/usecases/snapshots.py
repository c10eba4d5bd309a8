"""Looks on disk.

The fleet as it once was, to judge it again where nobody may or can ask the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, ValidationError

from reaper import files
from reaper.core.judging.verdict import Observation
from reaper.core.language.limits import Limits
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Snapshot
from reaper.core.planning.fleet import Fleet
from reaper.core.planning.memory import Memory
from reaper.core.planning.plan import Plan
from reaper.errors import ConfigurationError
from reaper.foreign_text import json_text


def _sparsely(granted: Iterable[ManualExemption]) -> list[Any]:
    return [one.model_dump(mode="json", exclude_none=True) for one in granted]


class KeptFleet(BaseModel):
    """One look at an account: what it showed and when, and how long what lasts had lasted.

    `granted` are the exemptions by hand that held.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: AwareDatetime
    snapshot: Snapshot
    activity: dict[str, Activity]
    lasting: tuple[tuple[str, str, AwareDatetime], ...] = ()
    granted: Annotated[tuple[ManualExemption, ...], PlainSerializer(_sparsely)] = ()
    misgivings: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        return self.snapshot.account

    def judged(self, policies: PolicySet, limits: Limits) -> tuple[Observation, Plan]:
        """What a run would have concluded then by these policies, had it known of no earlier
        offender or step.
        """
        rules = PolicySet(policies.policies, policies.protect, policies.texts, self.granted)
        lasting = {(session, what): since for session, what, since in self.lasting}
        memory = Memory(lasting=lasting)
        fleet = Fleet(self.at, self.snapshot, self.activity, memory, self.misgivings)
        return fleet.judged(rules, limits)


class FleetFile(BaseModel):
    """What `reaper sessions --keep` writes and `reaper policy diff --fleet` reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fleets: tuple[KeptFleet, ...] = Field(min_length=1)


def kept(observation: Observation) -> KeptFleet:
    """The look as it goes to disk. Only what it learnt itself tells how idle a session was."""
    return KeptFleet(
        at=observation.now,
        snapshot=observation.snapshot,
        activity=dict(observation.learnt),
        lasting=tuple(
            (session, what, since) for (session, what), since in observation.lasted.items()
        ),
        granted=tuple(
            one for one in observation.policies.granted if isinstance(one, ManualExemption)
        ),
        misgivings=observation.extra_doubts,
    )


def write_fleets(path: Path, fleets: Iterable[KeptFleet]) -> None:
    """Raises ConfigurationError when the file cannot be written."""
    phase = {"phase"}  # follows from the rest
    looked: Any = {"sessions": {"__all__": phase}, "unreadable": {"__all__": {"glimpse": phase}}}
    phases = {"fleets": {"__all__": {"snapshot": looked}}}
    text = FleetFile(fleets=tuple(fleets)).model_dump_json(indent=2, exclude=phases)
    try:
        files.write_text(path, f"{json_text(text)}\n")
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}; name another file"
        ) from None


def read_fleets(path: Path) -> tuple[KeptFleet, ...]:
    """Raises ConfigurationError when the file cannot be read or holds no fleet."""
    try:
        fleets = FleetFile.model_validate_json(files.read_bytes(path, files.LARGE)).fleets
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        hint = f"`reaper sessions --keep {path}` writes one"
        raise ConfigurationError(
            f"{path} is not a saved fleet ({where}: {first['msg']}); {hint}"
        ) from None
    if not all(_aware(fleet) for fleet in fleets):
        raise ConfigurationError(f"{path} is not a saved fleet: a time in it has no time zone")
    return fleets


def _aware(fleet: KeptFleet) -> bool:
    times = [at for s in fleet.snapshot.sessions for at in (s.created_at, s.started_at, s.ended_at)]
    times += [at for a in fleet.activity.values() for at in (a.at, a.learnt_at)]
    times += [one.ends for one in fleet.granted]
    return all(not isinstance(at, datetime) or at.tzinfo is not None for at in times)
