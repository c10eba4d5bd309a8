"""What no case has tried.

Rules that were never true or never false, and exemptions that never decided.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from reaper.config.located_yaml import Located
from reaper.config.policies.lint import leaf_places
from reaper.config.policies.load import LoadedPolicies
from reaper.config.policy_tests.model import USUAL_MOMENT
from reaper.config.policy_tests.result import CaseResult
from reaper.core.judging.evaluation import compiled
from reaper.core.judging.leaf import RuleContext
from reaper.core.judging.verdict import Ruling
from reaper.core.language.policy import Policy
from reaper.core.language.rules import Always
from reaper.core.language.selector import Way
from reaper.core.model.matching import Answer


class Gap(NamedTuple):
    """Something that a case could bring about and none does.

    Its place as file:line:column, and what it is.
    """

    place: str
    what: str


class Coverage(NamedTuple):
    """How much there is to be tried, and what of it was not."""

    total: int
    gaps: tuple[Gap, ...]


def coverage(
    subjects: Iterable[LoadedPolicies], trials: Iterable[tuple[LoadedPolicies, CaseResult]]
) -> Coverage:
    """What the trials, each told with the policies that it tried, leave untried of all the
    policies.
    """
    by_policy = {id(loaded): dict(_to_try(loaded)) for loaded in subjects}
    reached: set[Gap] = set()
    for loaded, trial in trials:
        to_try = by_policy[id(loaded)]
        reached |= {to_try[key] for key in _brought_about(trial) if key in to_try}
    everything = dict.fromkeys(gap for to_try in by_policy.values() for gap in to_try.values())
    return Coverage(len(everything), tuple(gap for gap in everything if gap not in reached))


def _brought_about(trial: CaseResult) -> Iterator[Hashable]:
    for verdict in trial.verdicts:
        name, hours = verdict.policy.name, verdict.policy.only_during
        yield name, verdict.ruling
        if hours is not None and verdict.ruling is Ruling.OFFENDER:
            yield name, hours.is_open(trial.case.at)
        yield from (
            (name, number, finding.answer) for number, finding in enumerate(verdict.findings)
        )
        if verdict.exemption is not None:
            yield id(verdict.exemption)


def _to_try(loaded: LoadedPolicies) -> Iterator[tuple[Hashable, Gap]]:
    """Everything that a case could bring about, by the key under which a trial tells it."""
    for located, document in loaded.written:
        for number, exemption in enumerate(document.protect):
            yield (
                id(exemption),
                _gap(located, ("protect", number), f"protect: nothing is exempt by '{exemption}'"),
            )
        for number, policy in enumerate(document.policies):
            yield from _of_policy(located, ("policies", number), policy)


def _of_policy(located: Located, at: Way, policy: Policy) -> Iterator[tuple[Hashable, Gap]]:
    name = policy.name
    yield (
        (name, Ruling.OFFENDER),
        _gap(located, (*at, "name"), f"{name}: no session is an offender"),
    )
    if not isinstance(policy.rule, Always):  # whose every session is an offender, or exempt
        compliant = f"{name}: no session is compliant"
        yield (name, Ruling.COMPLIANT), _gap(located, (*at, "name"), compliant)
    if policy.only_during is not None:
        window = (*at, "only_during")
        yield (
            (name, True),
            _gap(located, window, f"{name}: no offender is met while its window is open"),
        )
        yield (
            (name, False),
            _gap(located, window, f"{name}: no offender is met while its window is closed"),
        )
    for number, exemption in enumerate(policy.exempt):
        yield (
            id(exemption),
            _gap(located, (*at, "exempt", number), f"{name}: nothing is exempt by '{exemption}'"),
        )
    rules = compiled(policy.rule, RuleContext(USUAL_MOMENT, {}, ())).leaves
    for number, (leaf, (way, _)) in enumerate(zip(rules, leaf_places(policy, at), strict=True)):
        if (
            len(rules) > 1
        ):  # a single rule is true of an offender and false of whatever is compliant
            yield (
                (name, number, Answer.YES),
                _gap(located, way, f"{name}: '{leaf.rule}' is never true"),
            )
            yield (
                (name, number, Answer.NO),
                _gap(located, way, f"{name}: '{leaf.rule}' is never false"),
            )


def _gap(located: Located, way: Way, what: str) -> Gap:
    line, column = located.mark(way)
    return Gap(f"{located.file}:{line}:{column}", what)
