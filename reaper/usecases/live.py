"""Whom policies and exemptions are about now, by the lists of the accounts alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reaper import errors
from reaper.bootstrap import database
from reaper.config.policies.load import LoadedPolicies
from reaper.config.settings.model import Settings
from reaper.core.explaining.reach import Reach, names_of_nobody, reach
from reaper.core.judging.verdict import Observation
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.policy import PolicySet
from reaper.core.language.selector import Selector, Way
from reaper.core.model.session import Session
from reaper.errors import Problem
from reaper.ports import Tell
from reaper.run.pipeline import Reaper
from reaper.usecases.accounts import Observed, observe_all


@dataclass(frozen=True)
class LiveMatches:
    """Whom each policy selects now, and what matches nobody: in the files, and by hand."""

    policies: Mapping[str, Reach]
    problems: tuple[Problem, ...]
    by_hand: tuple[str, ...]
    unread: tuple[errors.AccountError, ...]


def live_matches(
    settings: Settings,
    loaded: LoadedPolicies,
    names: tuple[str, ...] = (),
    *,
    tell: Tell = lambda _: None,
) -> LiveMatches:
    """What the policies match in the named accounts, or in all; no log is read.

    Raises ConfigurationError and StoreError.
    """
    observed = _listed(settings, loaded.policies, names, tell=tell)
    sessions = [one for look in observed.looks for one in look.snapshot.sessions]
    counts = {one.name: reach(one, sessions) for one in loaded.policies.policies}
    problems = tuple(sorted(_problems(loaded, sessions)))
    return LiveMatches(counts, problems, tuple(_idle_by_hand(observed.looks)), observed.unread)


def _idle_by_hand(looks: Sequence[Observation]) -> Iterator[str]:
    """Exemptions by hand that cover nobody in any of the looks they are about."""
    covers: dict[str, bool] = {}
    for look in looks:
        for given in look.policies.granted:
            if isinstance(given, ManualExemption):
                words = f"exemption {given.id} by hand ({given.whom}) covers no session now"
                covers[words] = covers.get(words, False) or any(
                    reach(given, look.snapshot.sessions)
                )
    yield from (words for words, anybody in covers.items() if not anybody)


def _problems(loaded: LoadedPolicies, sessions: Sequence[Session]) -> Iterator[Problem]:
    for located, document in loaded.written:
        parts: list[tuple[Way, Selector, bool]] = [
            (("protect", n), one, True) for n, one in enumerate(document.protect)
        ]
        for number, policy in enumerate(document.policies):
            at: Way = ("policies", number)
            parts.append(((*at, "select"), policy.select, False))
            parts += [((*at, "exempt", n), one, True) for n, one in enumerate(policy.exempt)]
        for at, written, fold in parts:
            for way, why in names_of_nobody(written, sessions, fold=fold):
                yield located.problem((*at, *way), why, code="nobody")


@dataclass(frozen=True)
class Covered:
    """Whom an exemption covers now, which of its names nobody has, and why that could not be told
    of some accounts.
    """

    reach: Reach
    strange: tuple[str, ...]
    untold: tuple[str, ...]


def covered_by(settings: Settings, exemption: ManualExemption, names: tuple[str, ...]) -> Covered:
    """Whom the exemption covers in these accounts; an account that cannot be asked is told.

    Raises StoreError.
    """
    try:
        observed = _listed(settings, PolicySet(()), names, tell=lambda _: None)
    except errors.ConfigurationError as error:
        return Covered(Reach((), ()), (), (str(error),))
    sessions = [one for look in observed.looks for one in look.snapshot.sessions]
    strange = names_of_nobody(exemption, sessions, fold=True)
    return Covered(
        reach(exemption, sessions),
        tuple(why for _, why in strange),
        tuple(map(str, observed.unread)),
    )


def _listed(
    settings: Settings, policies: PolicySet, names: tuple[str, ...], *, tell: Tell
) -> Observed[Observation]:
    """The lists of each account; nothing is judged."""

    def look(reaper: Reaper) -> Observation:
        return reaper.listed()

    with database(settings) as store:
        return observe_all(
            settings,
            settings.chosen(names),
            policies,
            look,
            store,
            observation=lambda found: found,
            tell=tell,
        )
