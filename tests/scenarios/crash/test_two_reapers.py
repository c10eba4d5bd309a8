"""Several reapers at once on one account: one works, the others leave it to that one."""

from collections.abc import Callable
from typing import Any

import pytest
from support.crash_tools import Done, Stage, assert_sound, named

pytestmark = pytest.mark.slow

SetUp = Callable[..., Stage]
ROUNDS = 3


def newcomers(stage: Stage, round_: int) -> set[str]:
    """Six more offenders."""
    for place in range(6):
        spec: dict[str, Any] = {
            "owner": f"u{place}@Planning",
            "age": "30h",
            "kind": ("webui", "solve")[place % 2],
        }
        idle = {"idle": "5h"} if spec["kind"] == "webui" else {}
        stage.account.world.add_session(id=named(round_ * 100 + place), **spec, **idle)
    return {named(round_ * 100 + place) for place in range(6)}


def left_it(done: Done) -> bool:
    """Whether it found the account held and said so; nothing else may have kept it from working."""
    assert done.code == 0, done
    said = done.err.strip()
    assert "database is locked" not in said
    assert "Traceback" not in said
    if not said:
        return False
    assert said.startswith("reaper: acme: ")
    assert "locked by" in said
    assert len(said.splitlines()) == 1
    return True


def work_together(stage: Stage, reapers: int) -> tuple[set[str], int]:
    """So many started at once, again and again.

    Who was to go, and how often one left it to another.
    """
    everyone: set[str] = set()
    left = 0
    for round_ in range(1, ROUNDS + 1):
        everyone |= newcomers(stage, round_)
        running = [stage.start("run", "--enforce", hurried=False) for _ in range(reapers)]
        left += sum(left_it(one.wait()) for one in running)
    return everyone, left


@pytest.mark.parametrize("reapers", [2, 4])
def test_started_at_once(set_up: SetUp, url: str, reapers: int) -> None:
    """No session is ever asked to end twice.

    Who finds the account held leaves with 0 and says who holds it.
    """
    stage = set_up(url, {"owner": "gus@Planning"}, latency=0.01)
    everyone, left = work_together(stage, reapers)
    stage.enforce_until_quiet()
    assert_sound(stage, everyone)
    assert left >= ROUNDS


def test_started_at_once_on_nothing(set_up: SetUp, url: str) -> None:
    """Four that meet at a database that is still empty make it once, and one of them does
    the work.
    """
    stage = set_up(url, {"owner": "gus@Planning"}, migrated=False, latency=0.01)
    everyone = newcomers(stage, 1)
    running = [stage.start("run", "--enforce", hurried=False) for _ in range(4)]
    assert sum(left_it(one.wait()) for one in running) >= 1
    assert_sound(stage, everyone)


@pytest.mark.slow
def test_one_after_another_is_killed(set_up: SetUp, url: str) -> None:
    """Two at a time, one of which is killed amid its work.

    The survivors end what is left, and nothing twice.
    """
    stage = set_up(url, {"owner": "gus@Planning"}, latency=0.01)
    everyone: set[str] = set()
    for round_, point in enumerate(("after:send:2", "before:send:3"), 1):
        everyone |= newcomers(stage, round_)
        both = [
            stage.start("run", "--enforce", lease="2s", point=point, hurried=False)
            for _ in range(2)
        ]
        for one in both:
            one.wait()
        stage.wait_for_the_lease()
    stage.enforce_until_quiet()
    assert_sound(stage, everyone)
