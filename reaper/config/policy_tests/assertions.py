"""Comparing what a case expects with what was said of its fleet: pure, and in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reaper.config.policy_tests.model import UNSELECTED, Case, Expected, ExpectedWait
from reaper.config.policy_tests.moment import shown
from reaper.core.judging.verdict import Verdict, gravest
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
    for session in case.fleet:
        own = [v for v in verdicts if v.session.id == session.id]
        for way, expected in _expected_of(case, session.id):
            if not _as_expected(expected, own):
                yield _mismatch(session.id, way, expected, own, idle)


def _expected_of(case: Case, id_: str) -> Iterator[tuple[Way, Expected]]:
    for number, expected in enumerate(case.expect.get(id_, ())):
        yield ("expect", id_, number), expected
    if id_ not in case.expect and case.others is not None:
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
    id_: str, way: Way, expected: Expected, verdicts: Sequence[Verdict], dormant: list[str]
) -> Mismatch:
    by = f" by {expected.policy}" if expected.policy else ""
    because = f" because of '{expected.reason}'" if expected.reason else ""
    concerned = _of_policy(verdicts, expected.policy)
    word = _word(concerned)
    other = " for another reason" if word == expected.verdict else ""
    evidence = tuple(_evidence(concerned)) or ("no policy selects it", *dormant)
    return Mismatch(way, f"{id_}: {expected.verdict}{by}{because}", f"{word}{other}", evidence)


def _evidence(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        because = f"exempt: {verdict.exemption}" if verdict.exemption else verdict.ruling.value
        yield "; ".join([f"{verdict.policy.name}: {because}", *verdict.unknowns])
        for finding in verdict.findings:
            answer = f"{finding.rule}: {finding.answer.name.lower()}, "
            yield f"  {finding}" if finding.answer is Answer.UNKNOWN else f"  {answer}{finding}"


def _occurs(part: str, reason: str) -> bool:
    return re.search(".*".join(map(re.escape, part.split("*"))), reason, re.DOTALL) is not None


def plan_mismatches(case: Case, plan: Plan) -> Iterator[Mismatch]:
    """What differs in what a run would do."""
    halted = "; ".join(plan.halted)
    ends = () if halted else tuple(step.session.id for step in plan.steps)
    if case.ends is not None and sorted(ends) != sorted(set(case.ends)):
        evidence = [f"halted: {halted}"] if halted else []
        evidence += [f"{w.session.id} is waiting, {w.policy}: {w.reason}" for w in plan.waiting]
        told_of = (*plan.observed, *(conviction.verdict for conviction in plan.to_tell))
        evidence += [
            f"{v.session.id} is only told of, {v.policy.name} is in mode {v.policy.mode}"
            for v in told_of
        ]
        yield Mismatch(
            ("ends",), f"ends {_listed(case.ends)}", f"ends {_listed(ends)}", tuple(evidence)
        )
    if case.halted is not None and not _occurs(case.halted, halted):
        yield Mismatch(("halted",), f"halted because of '{case.halted}'", halted or "not halted")
    if case.waiting is not None:
        yield from _wait_mismatches(case.waiting, plan)


def _wait_mismatches(expected: Mapping[str, ExpectedWait], plan: Plan) -> Iterator[Mismatch]:
    waiting = {w.session.id: w for w in plan.waiting}
    evidence = tuple(f"{w.session.id} is waiting, {w.policy}: {w.reason}" for w in plan.waiting)
    if sorted(expected) != sorted(waiting):
        yield Mismatch(
            ("waiting",), f"waiting: {_listed(expected)}", f"waiting: {_listed(waiting)}", evidence
        )
        return
    for id_, wait in expected.items():
        actual, way = waiting[id_], ("waiting", id_)
        if wait.due is not None and wait.due != actual.due:
            due = f"due {shown(actual.due)}" if actual.due else "nobody can tell when it is due"
            yield Mismatch(
                way, f"{id_}: due {shown(wait.due)}", due, (f"{actual.policy}: {actual.reason}",)
            )
        if wait.reason is not None and not _occurs(wait.reason, actual.reason):
            yield Mismatch(way, f"{id_}: waiting because of '{wait.reason}'", actual.reason)


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "nothing"
