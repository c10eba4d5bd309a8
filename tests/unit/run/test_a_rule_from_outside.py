"""A rule that the package does not know works everywhere once it is registered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator
from support.core_builders import NOW, a_policy, a_session, active, ago, by_id
from support.core_builders import house as rules_of
from support.core_builders import verdicts as judged
from support.policies import rules
from support.run_house import IDLE, Open, results

from reaper.config.policies.load import LoadedPolicies, load_policies
from reaper.config.policies.schema import policy_schema
from reaper.core.explaining.explanation import explained
from reaper.core.judging.evaluation import JUDGED_BY, register
from reaper.core.judging.facts import SessionFacts
from reaper.core.judging.judge import unresolved
from reaper.core.judging.leaf import Cause, Leaf, RuleContext
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.leaf_rule import (
    LeafRule,
    Measure,
    Need,
    Remark,
    Usage,
    durations,
)
from reaper.core.language.policy import Policy, PolicyDocument
from reaper.core.language.rules import RULES, Ended, rebuild
from reaper.core.model.duration import Duration
from reaper.core.model.matching import Answer
from reaper.core.model.session import Snapshot
from reaper.errors import FileProblems

RULE = {"quiet_for": "2h"}
NESTED = {"any": [{"all": [{"not": {"not": RULE}}, {"age": "1h"}]}, {"any": [RULE]}]}
TODAY = date(2026, 11, 23)


class QuietFor(LeafRule):
    """True when the log has been quiet for at least so long."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.ACTIVITY})
    measure: ClassVar[Measure | None] = "idle"
    untrue_of: ClassVar[frozenset[str]] = frozenset({"task"})
    untrue_because: ClassVar[str] = "is never quiet"

    quiet_for: Duration

    def remarks(self, usage: Usage) -> Iterator[Remark]:
        yield from super().remarks(usage)
        if "solve" in usage.kinds:
            yield Remark("quiet-solve", "a solve has no log", refused=True)
        elif usage.enforcing and self.quiet_for.seconds < 60:
            yield Remark("hasty", "a log is often quiet for a minute")


def quiet_for(rule: QuietFor, context: RuleContext) -> Leaf:
    over, assumed = rule.quiet_for.seconds, context.assumed_idle
    likely = Answer.UNKNOWN if assumed is None else Answer.YES if assumed >= over else Answer.NO

    def cause(facts: SessionFacts) -> Cause:
        if not facts.fresh:
            return Cause(likely, "nobody listened", wants_probe=True)
        if facts.idle is None:
            return Cause(Answer.UNKNOWN, facts.source)
        return Cause(Answer.YES if facts.idle >= over else Answer.NO, measure="idle")

    return Leaf(f"quiet_for {rule.quiet_for}", over, cause)


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    register("quiet_for", QuietFor, quiet_for)
    yield
    del RULES["quiet_for"], JUDGED_BY[QuietFor]
    rebuild(Policy, PolicyDocument)


def load(folder: Path, rule: str, kind: str = "webui", mode: str = "observe") -> LoadedPolicies:
    file = folder / "policies.yaml"
    policy = f"{{name: p, mode: {mode}, select: {{kind: {kind}}}, terminate_when: {rule}}}"
    file.write_text(f"policies:\n  - {policy}\n", "utf-8")
    return load_policies(file, TODAY)


@pytest.mark.parametrize("rule", [RULE, NESTED])
def test_it_is_in_the_schema(rule: dict[str, Any]) -> None:
    """By itself and within other rules, under its own name and with its own words."""
    schema = policy_schema()
    written = {"policies": [{"name": "p", "select": "all", "terminate_when": rule}]}
    assert schema["$defs"]["QuietFor"]["title"] == "quiet_for"
    assert list(Draft202012Validator(schema).iter_errors(written)) == []


def test_it_is_read_and_a_slip_in_it_is_told(tmp_path: Path) -> None:
    """With the key that is meant, and with what may stand there."""
    assert list(durations(load(tmp_path, "{all: [{quiet_for: 2h}]}").policies.policies[0].rule))
    with pytest.raises(FileProblems, match="did you mean 'quiet_for'"):
        load(tmp_path, "{any: [{quite_for: 2h}]}")
    with pytest.raises(FileProblems, match=r"policies\.yaml:2:"):
        load(tmp_path, "{any: [{quiet_for: 2}]}")


def test_it_is_linted(tmp_path: Path) -> None:
    """By its length, and by what it contradicts."""
    assert [one.code for one in load(tmp_path, "{quiet_for: 400d}").warnings] == ["long"]
    with pytest.raises(FileProblems, match="never"):
        load(tmp_path, "{all: [{quiet_for: 2h}, {not: {age: 1h}}]}")
    needless = load(tmp_path, "{any: [{quiet_for: 1h}, {quiet_for: 2h}]}").warnings
    assert [one.code for one in needless] == ["needless"]


def test_it_says_itself_what_cannot_be_meant_of_it(tmp_path: Path) -> None:
    """Of which kinds it is never true, how an enforcing policy should not use it, and for what it
    is refused, wherever in other rules it stands.
    """
    assert load(tmp_path, "{not: {quiet_for: 30s}}").warnings == ()
    hasty = load(tmp_path, "{not: {quiet_for: 30s}}", mode="enforce").warnings
    assert [one.code for one in hasty] == ["hasty"]
    (never,) = load(tmp_path, "{quiet_for: 2h}", "task").warnings
    assert never.message.startswith("a task session is never quiet, and this policy selects no")
    with pytest.raises(FileProblems, match=r"policies\.yaml:2:.*a solve has no log"):
        load(tmp_path, "{any: [{age: 1h}, {quiet_for: 2h}]}", "solve")


@pytest.mark.parametrize("rule", [RULE, NESTED])
def test_it_is_probed_and_judged(rule: dict[str, Any]) -> None:
    """Nobody is an offender before a look at the log, and one who is exempt is not looked at."""
    session, root = a_session(), a_session("s2", user="admin", environment="ROOT")
    house = rules_of(a_policy(rule), protect=[{"owner": "admin@ROOT", "reason": "operations"}])
    (before, _) = judged(house, [session, root])
    assert before.ruling is Ruling.UNDETERMINED
    assert unresolved(house, [session, root], {}, NOW) == [session]
    for length, ruling in (("2h", Ruling.OFFENDER), ("119m", Ruling.COMPLIANT)):
        known = by_id(active(session, ago(length)))
        assert judged(house, [session], known)[0].ruling is ruling


def test_it_is_explained() -> None:
    """With its finding in its unit, and when the verdict will change by itself."""
    session, house = a_session(), rules_of(a_policy(RULE))
    known = by_id(active(session, ago("48m")))
    seen = Observation("acme", NOW, Snapshot("acme", (session,)), house, (), known, known)
    (view,) = explained(seen, session)
    assert view.rule is not None
    assert view.verdict is not None
    assert (view.rule.rule, view.verdict.reason) == ("quiet_for 2h", "quiet_for 48m (log line 7)")
    assert view.change is not None
    assert view.change.at == NOW + timedelta(hours=1, minutes=12)


def test_it_ends_sessions_and_is_judged_again_before(house: Open) -> None:
    """A session that is quiet ends; one whose log speaks up before its turn stays."""
    quiet = rules({**IDLE, "name": "quiet", "terminate_when": RULE})
    acme = house({"id": "a", "idle": "3h"}, {"id": "b", "idle": "1h"})
    world = acme.emulator.world
    acme.before_step = lambda: world.touch(world.sessions[0].id)
    report = acme.once(quiet)
    assert report.plan.steps[0].needs == {Need.ACTIVITY}
    assert results(report) == {"a": "no-longer-due"}
    acme.before_step = lambda: None
    acme.clock.wait(119 * 60)
    assert results(acme.once(quiet)) == {"b": "terminated"}


def test_a_name_is_given_once() -> None:
    """Another rule cannot take the place of one that is there."""
    with pytest.raises(ValueError, match="'idle'"):
        register("idle", QuietFor, quiet_for)
    assert JUDGED_BY.keys() >= {m for m in RULES.values() if issubclass(m, LeafRule)} | {Ended}
