"""Random small fleets and policies through a whole enforcing pass, held against what is true of
each session.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from support.laws import examples
from support.policies import rules
from support.run_house import ROOT, House, open_house

from reaper.store import HistoryFilter, entries

AGES, OWNERS = (1, 3, 5, 9), ("anna@Planning", "ben@Planning", "admin@ROOT", None)
RULES: dict[str, Any] = {
    "idle": {"idle": "2h"},
    "age": {"age": "4h"},
    "either": {"any": [{"idle": "2h"}, {"age": "4h"}]},
    "both": {"all": [{"idle": "2h"}, {"age": "4h"}]},
}
LONG, OLD = 2, 4

specs = st.fixed_dictionaries(
    {
        "age": st.sampled_from(AGES),
        "idle": st.sampled_from(["long", "short", "unknown"]),
        "owner": st.sampled_from(OWNERS),
        "state": st.sampled_from(["Running"] * 4 + ["Hibernating"]),
    }
)
houses = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(list(RULES)),
        "mode": st.sampled_from(["enforce"] * 4 + ["observe"]),
        "exempt": st.sampled_from(["policy", "protect", "nobody"]),
        "computes": st.booleans(),
        "generation": st.sampled_from([1, 2]),
        "fleet": st.lists(specs, min_size=1, max_size=8),
    }
)


def scenario(id_: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The session as the emulator is told of it."""
    told: dict[str, Any] = {"id": id_, "age": f"{spec['age']}h", "owner": spec["owner"]}
    match spec["idle"]:
        case "long":
            told["idle"] = told["age"]
        case "short":
            told["idle"] = "1m"
        case _:
            told["log_entries"] = 0
    return told if spec["state"] == "Running" else {**told, "send": {"state": spec["state"]}}


def due(spec: dict[str, Any], drawn: dict[str, Any]) -> bool:
    """Whether it is certain that the session may be ended, worked out without a line of the
    program.
    """
    if drawn["mode"] == "observe" or spec["state"] != "Running":
        return False
    if drawn["exempt"] != "nobody" and spec["owner"] in ("admin@ROOT", None):
        return False
    waits = drawn["computes"] and spec["owner"] in (
        "anna@Planning",
        None,
    )  # for a task of hers, or perhaps of hers
    old = bool(spec["age"] >= OLD)
    idle = bool(spec["idle"] == "long" and spec["age"] >= LONG and not waits)
    return {"idle": idle, "age": old, "either": idle or old, "both": idle and old}[drawn["rule"]]


def intents_before(house: House) -> set[str]:
    """The sessions whose end was preceded by a committed intent that calls them offenders."""
    found = {
        e.session: e
        for e in entries(house.database, HistoryFilter(limit=1000))
        if e.event == "intended"
    }
    return {
        id_
        for id_, at in house.emulator.world.terminated
        if id_ in found
        and found[id_].at <= at
        and (evidence := found[id_].evidence) is not None
        and evidence["verdicts"]["p"]["ruling"] == "offender"
    }


@given(drawn=houses)
@examples(12, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_pass_ends_just_those_that_are_certainly_due(
    migrated_file: Path, drawn: dict[str, Any]
) -> None:
    """No exempt, undetermined or compliant session is ended, every offender is, and each upon its
    earlier intent.
    """
    fleet = {f"s{number}": spec for number, spec in enumerate(drawn["fleet"])}
    computing = [{"id": "task", "kind": "task", "age": "30m"}] if drawn["computes"] else []
    rule = {
        "name": "p",
        "mode": drawn["mode"],
        "select": {"kind": "webui"},
        "terminate_when": RULES[drawn["rule"]],
    }
    judged_by = rules(
        {**rule, "exempt": [ROOT]} if drawn["exempt"] == "policy" else rule,
        protect=[ROOT] if drawn["exempt"] == "protect" else [],
    )
    specs_ = [*(scenario(id_, spec) for id_, spec in fleet.items()), *computing]
    with open_house(migrated_file, *specs_, generation=drawn["generation"]) as house:
        house.once(judged_by)

        assert sorted(house.ended()) == sorted(
            id_ for id_, spec in fleet.items() if due(spec, drawn)
        )
        assert intents_before(house) == set(house.ended())
