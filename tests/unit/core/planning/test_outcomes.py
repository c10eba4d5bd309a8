"""What can be asked and what can come of it: closed lists, of which nothing is a default."""

from __future__ import annotations

from dataclasses import replace
from threading import Event
from typing import Any, cast

import pytest

from reaper.core.language.policy import Mode, Policy
from reaper.core.model.action import Action
from reaper.core.model.session import Session
from reaper.core.planning.plan import Result, Step
from reaper.run.enforce import Terminator

SESSION = Session("s1", "task", "running", "ann", "ROOT")


class Ender:
    """Writes down which of its methods was called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any method
        return lambda _: self.called.append(name)


@pytest.mark.parametrize("action", list(Action))
def test_each_action_asks_for_itself(action: Action) -> None:
    """An interrupt is an interrupt, and only `terminate` terminates."""
    ender = Ender()
    terminator = Terminator(cast("Any", None), cast("Any", ender), cast("Any", None), Event())
    terminator._ask(action, SESSION)
    assert ender.called == [action.value.replace("-", "_")]


def test_an_action_that_nobody_knows_asks_for_nothing() -> None:
    """There is no default branch: what is not in the list ends nothing."""
    ender = Ender()
    terminator = Terminator(cast("Any", None), cast("Any", ender), cast("Any", None), Event())
    with pytest.raises(AssertionError):
        terminator._ask(cast("Action", "suspend"), SESSION)
    assert ender.called == []


def test_what_is_over_is_a_property_of_the_outcome() -> None:
    """Over is what a read showed to be over: ended by us, by itself, or as a record."""
    assert {result for result in Result if result.is_over} == {
        Result.TERMINATED,
        Result.ALREADY_GONE,
        Result.DELETED,
    }


def test_a_mode_of_a_policy_is_one_of_three() -> None:
    """What is written is read as a mode, and the hash of the text stays what it was as
    plain text.
    """
    written = {"name": "p", "select": "all", "terminate_when": {"age": "1h"}}
    assert Policy.model_validate(written).mode is Mode.OBSERVE
    policy = Policy.model_validate({**written, "mode": "enforce"})
    assert policy.mode is Mode.ENFORCE
    assert '"mode":"enforce"' in policy.model_dump_json()


def test_a_step_terminates_unless_it_says_otherwise() -> None:
    """The action of a step is an action."""
    step = Step(SESSION, ())
    assert step.action is Action.TERMINATE
    assert replace(step, action=Action.DELETE).action is Action.DELETE
