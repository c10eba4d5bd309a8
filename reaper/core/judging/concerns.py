"""What of a look needs a person: a run that could judge (nearly) nobody must not look like success."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from reaper.core.judging.verdict import Observation, Ruling, Verdict
from reaper.core.language.leaf_rule import Need
from reaper.core.language.policy import Mode

_SEVERAL = 3
"""One session with a broken log, or two, have a trouble of their own. It takes this many, and more
than half, to say that something is wrong with all of them."""


class Check(StrEnum):
    """What is wrong, for programs."""

    KEY = "key"
    COVERAGE = "coverage"
    POLICIES = "policies"


class Concern(NamedTuple):
    """Something that a person must see to, in words."""

    check: Check
    reason: str


def concerns(observation: Observation, *, enforcing: bool) -> tuple[Concern, ...]:
    """What a person must see to, besides the doubts of the look itself."""
    return tuple(_concerns(observation, enforcing=enforcing))


def _concerns(observation: Observation, *, enforcing: bool) -> Iterator[Concern]:
    if observation.key_refused is not None:
        yield Concern(Check.KEY, observation.key_refused)
    else:
        yield from (Concern(Check.COVERAGE, text) for text in _uncovered(observation))
    if idle := _without_effect(observation, enforcing=enforcing):
        yield Concern(Check.POLICIES, idle)


def _uncovered(observation: Observation) -> Iterator[str]:
    """Whom a look showed and could not judge, a line for each policy."""
    unreadable = observation.snapshot.unreadable
    if _most(len(unreadable), len(unreadable) + len(observation.snapshot.fleet)):
        entries = (
            f"{len(unreadable)} of {len(unreadable) + len(observation.snapshot.fleet)} list entries"
        )
        yield f"{entries} cannot be read, for example: {unreadable[0].problem}"
    by_policy: dict[str, list[Verdict]] = {}
    for verdict in observation.verdicts:
        if verdict.ruling is not Ruling.EXEMPT:
            by_policy.setdefault(verdict.policy.name, []).append(verdict)
    for name, verdicts in by_policy.items():
        # whose log was read, for it decides; and all, for other facts may be missing
        for group in (_looked_up(observation, verdicts), verdicts):
            unknown = [v for v in group if v.ruling is Ruling.UNDETERMINED]
            if _most(len(unknown), len(group)):
                yield (
                    f"policy {name} left {len(unknown)} of {len(group)} sessions undetermined, "
                    f"for example: {_commonest(unknown)}"
                )
                break


def _looked_up(observation: Observation, verdicts: Sequence[Verdict]) -> list[Verdict]:
    if Need.ACTIVITY not in verdicts[0].policy.needs:
        return []
    return [verdict for verdict in verdicts if verdict.session.id in observation.learnt]


def _most(part: int, whole: int) -> bool:
    return part >= _SEVERAL and 2 * part > whole


def _commonest(verdicts: Sequence[Verdict]) -> str:
    ((reason, _),) = Counter(verdict.reason for verdict in verdicts).most_common(1)
    return reason


def _without_effect(observation: Observation, *, enforcing: bool) -> str | None:
    """Why the policies can come to nothing, whatever the sessions do."""
    in_force = observation.policies.in_force(observation.now)
    if not in_force:
        why = "; ".join(
            f"{name}: {why}" for name, why in observation.policies.dormant(observation.now).items()
        )
        return f"no policy is in force, so nothing is judged ({why or 'there is none'})"
    if enforcing and all(policy.mode is Mode.OBSERVE for policy in in_force):
        return (
            "this run enforces, but every policy that is in force has mode observe: nothing can "
            "be ended"
        )
    return None
