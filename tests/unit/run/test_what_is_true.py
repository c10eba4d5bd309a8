"""The record against the account.

What it calls terminated was ended there, by an intent that was committed before.
"""

from __future__ import annotations

import pytest
from support.policies import rules
from support.run_house import IDLE, House, Open, Undocumented, results

from reaper.core.planning.plan import Result
from reaper.emulator import Emulator
from reaper.store import HistoryEntry, HistoryFilter, entries

AGE = {
    "name": "age",
    "mode": "enforce",
    "select": "all",
    "terminate_when": {"age": "4h"},
    "steps": ["terminate"],
}
GONE = {"id": "gone", "idle": "3h"}


def told(house: House, outcome: str) -> list[HistoryEntry]:
    """The steps that came to this end, the first first."""
    return entries(house.database, HistoryFilter(outcome=outcome))[::-1]


def begun(house: House) -> dict[str, HistoryEntry]:
    """The intent of each session that has one."""
    return {
        e.session: e
        for e in entries(house.database, HistoryFilter(limit=1000))
        if e.event == "intended"
    }


@pytest.mark.parametrize(
    ("generation", "kinds"), [(1, ["webui", "task"]), (2, ["webui", "task", "solve"])]
)
def test_every_kind_is_ended_and_recorded_as_it_happened(
    house: Open, generation: int, kinds: list[str]
) -> None:
    """The account and the history name the same sessions, and each intent was written before its
    end.
    """
    owners = [f"{kind}@Planning" for kind in kinds]
    due = [
        {"id": f"old-{kind}", "kind": kind, "owner": owner}
        for kind, owner in zip(kinds, owners, strict=True)
    ]
    young = [{**one, "id": f"young-{one['kind']}", "age": "3h"} for one in due]
    acme = house(*due, *young, generation=generation)

    acme.once(rules(AGE))

    ended = acme.emulator.world.terminated
    assert sorted(id_ for id_, _ in ended) == sorted(one["id"] for one in due)
    assert sorted(entry.session for entry in told(acme, "terminated")) == sorted(
        one["id"] for one in due
    )
    assert {entry.kind for entry in told(acme, "terminated")} == set(kinds)
    intents = begun(acme)
    assert all(intents[id_].at <= at for id_, at in ended)


def test_an_observed_offender_is_left_beside_one_that_is_ended(house: Open) -> None:
    """Two policies, one enforcing.

    Its offender is ended, the other's is reported and has a decision but no step.
    """
    watched = {**AGE, "name": "watched", "mode": "observe", "select": {"kind": "task"}}
    acme = house(GONE, {"id": "task", "kind": "task", "owner": "svc@Supply"})

    report = acme.once(rules(IDLE, watched))

    assert acme.ended() == ["gone"]
    assert [verdict.session.id for verdict in report.plan.observed] == ["task"]
    assert acme.history(session="task") == ["offender"]


@pytest.mark.parametrize("generation", [1, 2])
def test_an_account_whose_generation_is_unknown_is_only_observed(
    house: Open, generation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its OpenAPI document no request to end is sent.

    The run says why, and the next one acts.
    """
    fronts: list[Undocumented] = []
    enter = Emulator.__enter__

    def behind(emulator: Emulator) -> Emulator:
        fronts.append(Undocumented(emulator.app))
        emulator.app = fronts[0]
        return enter(emulator)

    monkeypatch.setattr(Emulator, "__enter__", behind)
    acme = house(GONE, generation=generation)

    report = acme.once(rules(IDLE))

    assert (report.plan.steps, acme.ended(), acme.requests("GET")) == (
        (),
        [],
        len(acme.emulator.requests),
    )
    assert any("the API generation is unknown" in doubt for doubt in report.observation.doubts)
    fronts[0].hidden = False
    assert results(acme.once(rules(IDLE))) == {"gone": "terminated"}


def test_a_server_that_died_in_the_middle_is_settled_when_it_is_back(house: Open) -> None:
    """What was seen to end is told as ended and nothing else is.

    Back again, the next run ends the rest, once each.
    """
    acme = house(*({**GONE, "id": f"gone{n}", "owner": f"user{n}@Planning"} for n in range(3)))
    turns = iter(range(9))
    acme.before_step = lambda: (
        acme.emulator.__exit__(None, None, None) if next(turns) == 1 else None
    )
    acme.once(rules(IDLE))

    (first,) = told(acme, "terminated")
    assert acme.ended() == [first.session]
    assert begun(acme).keys() == {first.session}
    assert {entry.event for entry in told(acme, "failed")} == {"failed"}

    acme.before_step = lambda: None
    acme.emulator.__enter__()
    report = acme.once(rules(IDLE))
    assert (report.settled, {o.result for o in report.outcomes.values()}) == (
        [],
        {Result.TERMINATED},
    )
    assert sorted(acme.ended()) == ["gone0", "gone1", "gone2"]
