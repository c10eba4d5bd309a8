"""Sessions, policies and activities with only what a test cares about."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from reaper.core.judging.judge import judge
from reaper.core.judging.persistence import NOTHING, ObservedSince
from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.limits import Limit, Limits
from reaper.core.language.policy import Policy, PolicySet
from reaper.core.language.selector import Exemption
from reaper.core.model.duration import Duration
from reaper.core.model.session import Activity, Session
from reaper.core.planning.memory import Memory
from reaper.core.planning.plan import Plan, build_plan
from support.clock import NOW

SECOND = timedelta(seconds=1)
WEBUI = {"kind": "webui"}

UNLIMITED = Limits(run=Limit(), hour=Limit(), policy=Limit(), delete=Limit())

Rulings = dict[tuple[str, str], Ruling]


def ago(length: str, *, plus: timedelta = timedelta(0)) -> datetime:
    return NOW - Duration.parse(length).delta - plus


def plan_of(found: Iterable[Verdict]) -> Plan:
    """The plan of a first look, with no limits and nothing remembered."""
    return build_plan(found, Memory(), UNLIMITED, (), NOW)


def a_session(id_: str = "s1", **more: Any) -> Session:  # noqa: ANN401 - any field of a session
    usual: dict[str, Any] = {
        "kind": "webui",
        "state": "running",
        "user": "anna",
        "environment": "Planning",
        "app": "Planner",
        "app_version": "1.2",
        "name": "",
        "description": "",
        "created_at": ago("10h"),
    }
    return Session(id_, **(usual | more))


# any key of a policy
def a_policy(rule: object, select: object = WEBUI, **more: Any) -> Policy:  # noqa: ANN401
    return Policy.model_validate(
        {"name": "p", "mode": "enforce", "select": select, "terminate_when": rule} | more
    )


def house(*policies: Policy, protect: Iterable[object] = ()) -> PolicySet:
    return PolicySet(policies, tuple(Exemption.model_validate(one) for one in protect))


def active(session: Session | str, at: datetime | None, learnt_at: datetime = NOW) -> Activity:
    """An activity learnt in this pass, unless it says otherwise."""
    id_ = session if isinstance(session, str) else session.id
    return Activity(id_, at, learnt_at, "log line 7" if at else "its log could not be read")


def by_id(*activities: Activity) -> dict[str, Activity]:
    return {one.session_id: one for one in activities}


def verdicts(
    rules: PolicySet | Policy,
    sessions: Iterable[Session],
    known: Mapping[str, Activity] | None = None,
    lasting: ObservedSince | None = NOTHING,
) -> list[Verdict]:
    everything = rules if isinstance(rules, PolicySet) else house(rules)
    return judge(everything, list(sessions), known or {}, NOW, lasting)


def rulings(
    rules: PolicySet | Policy,
    sessions: Iterable[Session],
    known: Mapping[str, Activity] | None = None,
    lasting: ObservedSince | None = NOTHING,
) -> Rulings:
    return {
        (v.policy.name, v.session.id): v.ruling for v in verdicts(rules, sessions, known, lasting)
    }


def the_verdict(
    rules: PolicySet | Policy, session: Session, *known: Activity, others: Iterable[Session] = ()
) -> Verdict:
    """What the only policy says of the session."""
    found = [
        v for v in verdicts(rules, [session, *others], by_id(*known)) if v.session.id == session.id
    ]
    assert len(found) == 1
    return found[0]


def ruling(
    rules: PolicySet | Policy, session: Session, *known: Activity, others: Iterable[Session] = ()
) -> Ruling:
    return the_verdict(rules, session, *known, others=others).ruling
