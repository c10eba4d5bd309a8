"""One look at an account: what is there, judged, with every doubt about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from reaper.core.judging.judge import Judgement
from reaper.core.judging.start import from_the_start, started_again
from reaper.core.judging.verdict import Observation
from reaper.core.language.leaf_rule import Need
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Phase, Session, Snapshot
from reaper.core.planning.memory import Memory
from reaper.errors import AccountError, Unauthorized
from reaper.ports import Clock, NullObserver, RunObserver, SessionSource
from reaper.run.safety import Stopwatch, doubts, of_the_future
from reaper.run.timing import Timings

_WEIGHED = frozenset({Need.OWNER, Need.EVERYBODY})
"""What a rule needs that weighs a session against others."""


def observe(
    source: SessionSource,
    policies: Sequence[PolicySet],
    memory: Memory,
    clock: Clock,
    *,
    limits: Limits,
    extra_doubts: Iterable[str] = (),
    observer: RunObserver | None = None,
    timings: Timings | None = None,
) -> list[Observation]:
    """One look as each of the policy sets judges it, upon all that any of them asks for.

    Logs are read only where they can change a verdict. `extra_doubts` are the caller's own.
    Raises AccountError when nothing could be read at all.
    """
    observer, timings = observer or NullObserver(), timings or Timings(clock)
    stopwatch = Stopwatch(clock)
    now = stopwatch.started_at
    observer.progress(f"{source.account}: reading sessions")
    try:
        snapshot = _snapshot(source, policies, memory, now)
    finally:
        timings.lap("read")
    past = memory.lasted if snapshot.shows_everybody else None
    again = started_again(snapshot.sessions, memory.lasting, now)
    remembered = from_the_start(snapshot.sessions, memory.activity, now, again)
    judgements = [
        Judgement(rules, snapshot.everybody, remembered, now, past, unseen=snapshot.unseen)
        for rules in policies
    ]
    to_probe = {s.id: s for judgement in judgements for s in judgement.unresolved()}
    observer.progress(
        f"{source.account}: {len(snapshot.sessions)} sessions, reading the last activity of "
        f"{len(to_probe)}"
    )
    learnt = source.probe(list(to_probe.values()))
    timings.lap("probe")
    activity = from_the_start(snapshot.sessions, {**remembered, **learnt}, now, again)
    for judgement in judgements:
        judgement.learn({id_: activity[id_] for id_ in learnt})
    named = doubts(source, stopwatch, memory, limits, len(snapshot.fleet))
    doubtful = (*extra_doubts, *named, *of_the_future(learnt.values()))
    return [
        Observation(
            source.account,
            now,
            snapshot,
            rules,
            judgement.verdicts(),
            activity,
            learnt,
            {**memory.lasting, **again},
            doubtful,
            memory.once,
            memory.follows,
            next((found.source for found in learnt.values() if found.refused), None),
        )
        for rules, judgement in zip(policies, judgements, strict=True)
    ]


def nothing_observed(
    account: str, now: datetime, policies: PolicySet, memory: Memory, error: AccountError
) -> Observation:
    """The look that failed: it shows nobody, and its doubt is the error."""
    nothing = Snapshot(account, (), doubts=(str(error),))
    refused = str(error) if isinstance(error, Unauthorized) else None
    return Observation(
        account, now, nothing, policies, (), follows=memory.follows, key_refused=refused
    )


def probe_also(
    source: SessionSource, observation: Observation, sessions: Iterable[Session]
) -> Observation:
    """The same look, which knows the last activity of these sessions, too."""
    unprobed = [s for s in sessions if s.id not in observation.learnt]
    return observation.with_activity(source.probe(unprobed))


def _snapshot(
    source: SessionSource, policies: Sequence[PolicySet], memory: Memory, now: datetime
) -> Snapshot:
    deletes = any(policy.deletes for rules in policies for policy in rules.in_force(now))
    snapshot = source.fetch(over=deletes)
    needs = {need for rules in policies for policy in rules.in_force(now) for need in policy.needs}
    unseen = "" if needs.isdisjoint(_WEIGHED) else source.unseen()
    sessions = tuple(_dated(s, memory, now) for s in snapshot.sessions)
    return replace(snapshot, sessions=sessions, unseen=unseen)


def _dated(session: Session, memory: Memory, now: datetime) -> Session:
    """A session that is over and does not tell since when: since it was first seen to be."""
    if session.phase is not Phase.OVER or session.ended_at is not None:
        return session
    return replace(session, ended_at=memory.seen_over.get(session.id, now))
