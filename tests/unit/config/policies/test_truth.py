"""Whether a rule can be met at all is found for sets of sessions at once.

Tried here session by session.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from support.laws import examples

from reaper.config.policies.satisfiability import constant_value, needless
from reaper.core.language.rules import (
    Age,
    AllOf,
    AnyOf,
    GbHours,
    Idle,
    Not,
    Queued,
    Rule,
    RunningFor,
)

HOURS = st.sampled_from(["1h", "2h"])
LEAVES = st.one_of(
    HOURS.map(lambda length: {"idle": {"over": length, "kinds": ["webui", "task"]}}),
    *(
        st.builds(lambda length, key=key: {key: length}, HOURS)
        for key in ("age", "running_for", "queued")
    ),
    st.just({"gb_hours": 1}),
)
WRITTEN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)
JOINS: list[Any] = [AnyOf, AllOf]
RULES = WRITTEN.map(TypeAdapter[Any](Rule).validate_python)
TIMES = (0, 3599, 3600, 7199, 7200)


def sessions() -> Iterator[dict[str, Any]]:
    """Each that can be, on either side of each hour.

    None is idle or runs for longer than it is old.
    """
    for age, idle, running_for, waits, heavy in product(
        TIMES, TIMES, TIMES, (False, True), (False, True)
    ):
        if max(idle, running_for) <= age:
            yield {
                "age": age,
                "idle": idle,
                "running_for": running_for,
                "waits": waits,
                "heavy": heavy,
            }


SESSIONS = tuple(sessions())


def met(rule: Any, session: dict[str, Any]) -> bool:  # noqa: ANN401, PLR0911 - one case a rule
    match rule:
        case AnyOf(any=parts):
            return any(met(part, session) for part in parts)
        case AllOf(all=parts):
            return all(met(part, session) for part in parts)
        case Not(not_=inner):
            return not met(inner, session)
        case Idle(over=over):
            return bool(session["idle"] >= over.seconds)
        case Age(age=over):
            return bool(session["age"] >= over.seconds)
        case RunningFor(running_for=over):
            return bool(not session["waits"] and session["running_for"] >= over.seconds)
        case Queued(queued=over):
            return bool(session["waits"] and session["age"] >= over.seconds)
        case GbHours():
            return bool(session["heavy"])
    raise AssertionError(rule)


@settings(deadline=None)
@given(RULES)
def test_always_never_or_it_depends(rule: Any) -> None:  # noqa: ANN401 - a rule
    """What is said of a rule is so for every session."""
    answers = {met(rule, session) for session in SESSIONS}
    assert constant_value(rule) == (answers.pop() if len(answers) == 1 else None)


@examples(30)
@given(st.lists(RULES, min_size=2, max_size=3), st.sampled_from(JOINS))
# one of the two
def test_a_part_that_changes_nothing(parts: list[Any], join: Any) -> None:  # noqa: ANN401
    """The part that is named can go, and where none is, each one counts."""
    key = "any" if join is AnyOf else "all"
    whole = join(**{key: parts})
    named = {way[1] for way, _ in needless(whole) if len(way) == 2 and way[0] == key}
    answers = [met(whole, session) for session in SESSIONS]
    for number in range(len(parts)):
        rest = join(**{key: [*parts[:number], *parts[number + 1 :]]})
        same = answers == [met(rest, session) for session in SESSIONS]
        assert same or number not in named
        assert not same or named
