"""The rules that look at one session by itself: at its times, and at what it used."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.leaf import Cause, Leaf, Measured, RuleContext
from reaper.core.language.rules import (
    Ended,
    GbHours,
    Idle,
    Orphan,
    Queued,
    RunningFor,
    UnreachableFor,
)
from reaper.core.model.matching import Answer
from reaper.core.model.session import Phase


def idle_rule(rule: Idle, context: RuleContext) -> Leaf:
    """Kept by any sign of life; convicted only by a fresh look.

    A silence that may be computing stays unknown.
    """
    over, kinds = rule.over.seconds, frozenset(rule.kinds)
    in_flight = Cause(Answer.NO, "its owner has a solve or task in flight for the app")
    perhaps_busy = "its owner may have a solve or task in flight for the app"
    silence = _silence(over, context.assumed_idle)

    def cause(subject: SessionFacts) -> Cause:
        if subject.session.kind not in kinds:
            return Cause(
                Answer.UNKNOWN,
                f"a silent log of a session of kind {subject.session.kind} may mean that it "
                "computes",
            )
        if subject.phase is Phase.WAITING:
            return Cause(Answer.NO, f"{subject.session.state}, not running")
        if subject.in_flight is Answer.YES:
            return in_flight
        cause = silence(subject)
        if subject.in_flight is Answer.UNKNOWN and cause.answer is not Answer.NO:
            return Cause(Answer.UNKNOWN, perhaps_busy, wants_probe=cause.wants_probe)
        return cause

    return Leaf(f"idle {rule.over}", over, cause)


def _silence(over: int, assumed: float | None) -> Callable[[SessionFacts], Cause]:
    active, idle = Cause(Answer.NO, measure="idle"), Cause(Answer.YES, measure="idle")
    young = Cause(Answer.NO, "too young to be idle that long")
    started = Cause(Answer.NO, "has not been running long enough to be idle that long")
    answer = Answer.UNKNOWN if assumed is None else Answer.YES if assumed >= over else Answer.NO
    not_looked = Cause(answer, "its last activity was not looked up", wants_probe=True)

    def cause(subject: SessionFacts) -> Cause:
        if subject.idle is not None and subject.idle < over:
            return active
        if subject.age is not None and subject.age < over:
            return young
        if subject.uptime is not None and subject.uptime < over:
            return started
        if subject.idle is not None and subject.fresh:
            return idle
        return Cause(Answer.UNKNOWN, subject.source) if subject.fresh else not_looked

    return cause


def _at_least(rule: str, over: float, measure: Measured, unknown: str) -> Leaf:
    """True from the threshold on, and unknown where nobody knows the measure of the session."""
    not_known = Cause(Answer.UNKNOWN, unknown)
    yes, no = Cause(Answer.YES, measure=measure), Cause(Answer.NO, measure=measure)
    measured: Callable[[SessionFacts], float | None] = attrgetter(measure)

    def cause(subject: SessionFacts) -> Cause:
        value = measured(subject)
        if value is None:
            return not_known
        return yes if value >= over else no

    return Leaf(rule, over, cause)


def age_rule(rule: str, over: int) -> Leaf:
    return _at_least(rule, over, "age", "its creation time is not known or lies in the future")


def running_for_rule(rule: RunningFor) -> Leaf:
    about, over = f"running_for {rule.running_for}", rule.running_for.seconds
    running = _at_least(about, over, "running_for", "how long it has been running is not known")

    def cause(subject: SessionFacts) -> Cause:
        if subject.phase is Phase.WAITING:
            return Cause(Answer.NO, f"{subject.session.state}, not running")
        return running.cause(subject)

    return running._replace(cause=cause)


def gb_hours_rule(rule: GbHours) -> Leaf:
    about, unknown = f"gb_hours {rule.gb_hours:g}", "how much it has used is not known"
    return _at_least(about, rule.gb_hours, "gb_hours", unknown)


def queued_rule(rule: Queued) -> Leaf:
    waiting = age_rule(f"queued {rule.queued}", rule.queued.seconds)

    def cause(subject: SessionFacts) -> Cause:
        match subject.phase:
            case Phase.WAITING:
                return waiting.cause(subject)
            case Phase.UNKNOWN:
                return Cause(Answer.UNKNOWN, "its state is not known")
            case Phase.RUNNING | Phase.OVER:
                return Cause(Answer.NO, f"{subject.session.state}, not queued")

    return waiting._replace(cause=cause)


def ended_rule(rule: Ended) -> Leaf:
    return _at_least(
        f"ended {rule.ended}", rule.ended.seconds, "ended", "when it ended is not known"
    )


def unreachable_for_rule(rule: UnreachableFor, context: RuleContext) -> Leaf:
    over = rule.unreachable_for.seconds
    not_looked = Cause(
        context.assumed_reach, "whether its log answers was not looked up", wants_probe=True
    )
    answers = Cause(Answer.NO, "its log answers")
    long_, short = (
        Cause(Answer.YES, measure="unreachable_for"),
        Cause(Answer.NO, measure="unreachable_for"),
    )

    def cause(subject: SessionFacts) -> Cause:
        if subject.age is not None and subject.age < over:
            return Cause(Answer.NO, "too young to be unreachable that long")
        if not subject.fresh:
            return not_looked
        if subject.idle is not None:
            return answers
        if subject.unreachable_for is None:
            return Cause(Answer.UNKNOWN, subject.source)
        return long_ if subject.unreachable_for >= over else short

    return Leaf(f"unreachable_for {rule.unreachable_for}", over, cause)


def orphan_rule(rule: Orphan) -> Leaf:
    over = rule.orphan.seconds
    long_, short = Cause(Answer.YES, measure="alone_for"), Cause(Answer.NO, measure="alone_for")

    def cause(subject: SessionFacts) -> Cause:
        if subject.session.traits.interactive:
            return Cause(Answer.NO, f"a {subject.session.kind} session is never an orphan")
        match subject.alone:
            case Answer.NO:
                return Cause(Answer.NO, "its owner has other sessions")
            case Answer.UNKNOWN:
                return Cause(Answer.UNKNOWN, "whether its owner has other sessions is not known")
            case Answer.YES:
                return long_ if subject.alone_for >= over else short

    return Leaf(f"orphan {rule.orphan}", over, cause)
