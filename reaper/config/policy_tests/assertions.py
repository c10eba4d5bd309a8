"""Comparing what a case expects with what was said of its fleet: pure, and in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reaper.config.policy_tests.model import UNSELECTED, Case, Expected, ExpectedWait
from reaper.config.policy_tests.moment import shown
from reaper.core.judging.verdict import Verdict, gravest
from reaper.core.language.policy import Policy
from reaper.core.language.selector import Way
from reaper.core.model.matching import Answer
from reaper.core.planning.plan import Plan


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as expected, in words; `way` leads to the expectation within its case.

    `evidence` is what was said of the session, a line a policy.
    """

    way: Way
    expected: str
    found: str
    evidence: tuple[str, ...] = ()


def verdict_mismatches(
    case: Case, verdicts: Sequence[Verdict], dormant: Mapping[str, str]
) -> Iterator[Mismatch]:
    """What differs in the verdicts; `dormant` tells why a policy is not in force, by its name."""
    idle = [f"{policy} is not in force: {why}" for policy, why in dormant.items()]
    by_session: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        by_session.setdefault(verdict.session.id, []).append(verdict)
    for given in case.fleet:
        told: Counter[tuple[Way, str]] = Counter()
        first: dict[tuple[Way, str], Mismatch] = {}
        for id_ in given.ids:
            own = by_session.get(id_, [])
            for way, expected in _expected_of(case, id_, given.id):
                if not _as_expected(expected, own):
                    one = _mismatch(case, id_, way, expected, own, dormant=idle)
                    told[way, one.found] += 1
                    first.setdefault((way, one.found), one)
        yield from (_of_several(one, told[key]) for key, one in first.items())


def _of_several(mismatch: Mismatch, count: int) -> Mismatch:
    """The first of so many that are alike."""
    if count == 1:
        return mismatch
    return replace(mismatch, found=f"{mismatch.found} (so are {count - 1} more like it)")


def _expected_of(case: Case, id_: str, group: str) -> Iterator[tuple[Way, Expected]]:
    name = id_ if id_ in case.expect else group
    for number, expected in enumerate(case.expect.get(name, ())):
        yield ("expect", name, number), expected
    if name not in case.expect and case.others is not None:
        yield ("others",), Expected(verdict=case.others)


def _as_expected(expected: Expected, verdicts: Sequence[Verdict]) -> bool:
    concerned = _of_policy(verdicts, expected.policy)
    if _word(concerned) != expected.verdict:
        return False
    reasons = [v.reason for v in concerned if v.ruling == expected.verdict]
    return expected.reason is None or any(_occurs(expected.reason, reason) for reason in reasons)


def _of_policy(verdicts: Sequence[Verdict], policy: str | None) -> list[Verdict]:
    return [v for v in verdicts if policy in (None, v.policy.name)]


def _word(verdicts: Sequence[Verdict]) -> str:
    ruling = gravest(v.ruling for v in verdicts)
    return ruling.value if ruling else UNSELECTED


def _mismatch(
    case: Case,
    id_: str,
    way: Way,
    expected: Expected,
    verdicts: Sequence[Verdict],
    *,
    dormant: list[str],
) -> Mismatch:
    by = f" by {expected.policy}" if expected.policy else ""
    because = f" because of '{expected.reason}'" if expected.reason else ""
    concerned = _of_policy(verdicts, expected.policy)
    word = _word(concerned)
    other = " for another reason" if word == expected.verdict else ""
    about = (*_evidence(concerned), *windows(case, [v.policy for v in concerned]))
    evidence = about or ("no policy selects it", *dormant)
    return Mismatch(way, f"{id_}: {expected.verdict}{by}{because}", f"{word}{other}", evidence)


def _evidence(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        because = f"exempt: {verdict.exemption}" if verdict.exemption else verdict.ruling.value
        yield "; ".join([f"{verdict.policy.name}: {because}", *verdict.unknowns])
        for finding in verdict.findings:
            answer = f"{finding.rule}: {finding.answer.name.lower()}, "
            yield f"  {finding}" if finding.answer is Answer.UNKNOWN else f"  {answer}{finding}"


def windows(case: Case, policies: Iterable[Policy]) -> tuple[str, ...]:
    """The hours of each policy that has some, as they stand at the moment of the case."""
    return tuple(
        f"{policy.name}: during {policy.only_during}: {policy.only_during.state_at(case.at)}"
        for policy in policies
        if policy.only_during is not None
    )


def _occurs(part: str, reason: str) -> bool:
    return re.search(".*".join(map(re.escape, part.split("*"))), reason, re.DOTALL) is not None


def plan_mismatches(case: Case, plan: Plan, hours: tuple[str, ...] = ()) -> Iterator[Mismatch]:
    """What differs in what a run would do; `hours` are those of the policies, in words."""
    halted = "; ".join(plan.halted)
    ends = () if halted else tuple(step.session.id for step in plan.steps)
    expected = _ids(case, case.ends or ())
    if case.ends is not None and set(ends) != expected:
        evidence = [f"halted: {halted}"] if halted else []
        evidence += [f"{w.session.id} is waiting, {w.policy}: {w.reason}" for w in plan.waiting]
        told_of = (*plan.observed, *(conviction.verdict for conviction in plan.to_tell))
        evidence += [
            f"{v.session.id} is only told of, {v.policy.name} is in mode {v.policy.mode}"
            for v in told_of
        ]
        wanted, found = _listed(case, expected), _listed(case, ends)
        yield Mismatch(("ends",), f"ends {wanted}", f"ends {found}", (*evidence, *hours))
    if case.halted is not None and not _occurs(case.halted, halted):
        yield Mismatch(("halted",), f"halted because of '{case.halted}'", halted or "not halted")
    if case.waiting is not None:
        yield from _wait_mismatches(case, case.waiting, plan, hours)


def _wait_mismatches(
    case: Case, expected: Mapping[str, ExpectedWait], plan: Plan, hours: tuple[str, ...]
) -> Iterator[Mismatch]:
    waiting = {w.session.id: w for w in plan.waiting}
    evidence = tuple(f"{w.session.id} is waiting, {w.policy}: {w.reason}" for w in plan.waiting)
    if (ids := _ids(case, expected)) != set(waiting):
        wanted, found = _listed(case, ids), _listed(case, waiting)
        yield Mismatch(("waiting",), f"waiting: {wanted}", f"waiting: {found}", (*evidence, *hours))
        return
    for id_, name, wait in [(i, n, w) for n, w in expected.items() for i in case.ids_of(n)]:
        actual, way = waiting[id_], ("waiting", name)
        if wait.due is not None and wait.due != actual.due:
            due = f"due {shown(actual.due)}" if actual.due else "nobody can tell when it is due"
            yield Mismatch(
                way, f"{id_}: due {shown(wait.due)}", due, (f"{actual.policy}: {actual.reason}",)
            )
        if wait.reason is not None and not _occurs(wait.reason, actual.reason):
            yield Mismatch(way, f"{id_}: waiting because of '{wait.reason}'", actual.reason)


def _ids(case: Case, names: Iterable[str]) -> set[str]:
    return {id_ for name in names for id_ in case.ids_of(name)}


def _listed(case: Case, ids: Iterable[str]) -> str:
    """By the names of the case: `a, forgotten (3 of 50)`."""
    chosen = set(ids)
    counts = {one.id: (len(chosen.intersection(one.ids)), one.count) for one in case.fleet}
    named = [
        name if several == 1 else f"{name} ({count} of {several})"
        for name, (count, several) in sorted(counts.items())
        if count
    ]
    return ", ".join(named) or "nothing"
