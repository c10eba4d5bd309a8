"""Two sets of policies.

What they say differently, and which sessions of one look they would treat differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from reaper.core.explaining.disposition import NOT_JUDGED, Disposition, dispositions
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.session import Session
from reaper.core.planning.plan import Plan

Judged = tuple[Observation, Plan]
"""A look as one set judges it, and what a run would do by it."""


class Difference(NamedTuple):
    """A session that the two sets would treat differently."""

    session: Session
    old: Disposition
    new: Disposition


class Rewritten(NamedTuple):
    """The names of the policies that came and went, and of the others the keys that now say
    something else.

    `protect` tells whether the exemptions from all policies changed.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[str, ...]]
    protect: bool


def rewritten(old: PolicySet, new: PolicySet) -> Rewritten:
    """What the policies say differently, whatever their order, layout and comments."""
    before, after = ({p.name: p for p in policies.policies} for policies in (old, new))
    changed = {name: _keys(before[name], after[name]) for name in after if name in before}
    return Rewritten(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed={name: keys for name, keys in changed.items() if keys},
        protect=_said(old.protect) != _said(new.protect),
    )


def _keys(old: Policy, new: Policy) -> tuple[str, ...]:
    before, after = _written(old), _written(new)
    return tuple(key for key in {**before, **after} if before.get(key) != after.get(key))


def _written(written: Policy | Exemption) -> dict[str, Any]:
    return written.model_dump(mode="json", by_alias=True, exclude_none=True)


def _said(protect: Sequence[Exemption]) -> list[str]:
    return sorted(repr(_written(exemption)) for exemption in protect)


def differences(old: Judged, new: Judged) -> list[Difference]:
    """The sessions that the two treat differently, in the order in which the look showed them."""
    before, after = dispositions(*old), dispositions(*new)
    changes = (
        Difference(session, before.get(session.id, NOT_JUDGED), after.get(session.id, NOT_JUDGED))
        for session in new[0].snapshot.sessions
    )
    return [one for one in changes if not one.old.same_as(one.new)]
