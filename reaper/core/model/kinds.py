"""The kinds of sessions that there are, and what each is like.

The only place of the core that names one: whoever wants to know something of a kind asks for a
trait. The table is AIMMS PRO's; a second platform brings a table of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reaper.core.model.action import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTraits:
    """What is to be known of a kind; its states are in lower case, in the order of a life.

    A session of an `interactive` kind has a person before it: silence means that nobody works. One
    that is `computing` is mostly silent because it computes, and keeps its owner's interactive
    session of the same app. It `runs_tasks` where its work comes to it as tasks, which begin and
    end while it goes on. `gentle_steps` are what can be asked of it while it runs, before it is
    ended. In one of the `scheduled` states it may be meant for later, and is not yet in flight.
    The first of the states that are `over` is how it ends where nothing goes wrong.
    """

    interactive: bool = False
    computing: bool = False
    runs_tasks: bool = False
    gentle_steps: tuple[Action, ...] = ()
    waiting: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    scheduled: frozenset[str] = frozenset()

    @property
    def alive(self) -> tuple[str, ...]:
        return (*self.waiting, *self.running)


TRAITS: dict[str, KindTraits] = {
    "webui": KindTraits(
        interactive=True,
        running=("running",),
        over=("terminated", "finished"),
    ),
    "task": KindTraits(
        computing=True,
        runs_tasks=True,
        gentle_steps=(Action.INTERRUPT_SOLVE, Action.INTERRUPT_EXECUTION),
        waiting=("queued", "assigned"),
        running=("running", "solving"),
        over=("completed", "terminated", "failed", "crashed"),
        scheduled=frozenset({"queued"}),
    ),
    "solve": KindTraits(
        computing=True,
        waiting=("queued", "launching"),
        running=("running",),
        over=("finished", "terminated", "failed", "crashed"),
    ),
}

UNKNOWN_KIND = KindTraits()
"""The traits of a kind that nobody knows: none. It is never judged by one that it may not have."""

KINDS = tuple(TRAITS)
USUAL_KIND = KINDS[0]
INTERACTIVE = frozenset(kind for kind, traits in TRAITS.items() if traits.interactive)
COMPUTING = frozenset(kind for kind, traits in TRAITS.items() if traits.computing)
WAITING_STATES = frozenset(state for traits in TRAITS.values() for state in traits.waiting)
RUNNING_STATES = frozenset(state for traits in TRAITS.values() for state in traits.running)
OVER_STATES = frozenset(state for traits in TRAITS.values() for state in traits.over)

EVERY_KIND = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
"""The kinds as a sentence lists them."""

if TYPE_CHECKING:
    KindName = str
else:
    KindName = Literal[KINDS]
"""The name of a kind as a file may give it; a schema lists them."""


def traits_of(kind: str) -> KindTraits:
    return TRAITS.get(kind, UNKNOWN_KIND)
