"""Reports of passes for programs: JSON, times in ISO 8601, UTC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reaper.cli.views.render import identity
from reaper.core.judging.concerns import concerns
from reaper.core.judging.verdict import Observation
from reaper.core.planning.plan import Outcome, Plan, Step, Waiting
from reaper.run.pipeline import Report
from reaper.usecases.accounts import NOBODY, Unmatched
from reaper.usecases.plans import Plans


def reports_as_json(
    reports: Iterable[Report],
    skipped: Sequence[str] = (),
    unmatched: Mapping[str, Sequence[Unmatched]] = NOBODY,
) -> str:
    runs = [_report(one, unmatched.get(one.observation.account, ())) for one in reports]
    return json.dumps({"runs": runs, "skipped": list(skipped)}, indent=2)


def _report(report: Report, unmatched: Sequence[Unmatched]) -> dict[str, Any]:
    observation = report.observation
    return {
        "id": report.run_id,
        "account": observation.account,
        "at": observation.now.isoformat(),
        "enforce": report.enforcing,
        "complete": observation.complete,
        "doubts": list(observation.doubts),
        "error": str(report.error) if report.error else None,
        "concerns": [concern._asdict() for concern in report.concerns],
        "sessions": len(observation.snapshot.fleet),
        "verdicts": {ruling.value: n for ruling, n in observation.count().items()},
        "policies": observation.count_by_policy(),
        "unmatched": [one.policy for one in unmatched],
        "probes": len(observation.learnt),
        "unreadable": [
            {"kind": u.kind, "id": u.id, "problem": u.problem}
            for u in observation.snapshot.unreadable
        ],
        "half_read": [
            {"kind": s.kind, "id": s.id, "problems": [str(problem) for problem in s.problems]}
            for s in observation.half_read
        ],
        "not_in_force": observation.policies.dormant(observation.now),
        **_plan(report.plan, report.outcomes),
        "blocked": report.blocked,
        "acknowledge": report.holds.halted_run,
        "told": [
            {
                "target": r.target,
                "outcome": r.result.value,
                "detail": r.detail,
                "sessions": len(r.notice.reported),
            }
            for r in report.deliveries
        ],
        "settled": [
            {
                "run": p.run_id,
                "session": p.session_id,
                "kind": p.kind,
                "outcome": o.result.value,
                "reason": o.detail,
            }
            for p, o in report.settled
        ],
    }


def _plan(plan: Plan, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    return {
        "planned": {
            "actions": dict(plan.planned.actions),
            "policies": dict(plan.planned.policies),
            "within_limits": plan.takeable,
        },
        "later": len(plan.later),
        "halted": list(plan.halted),
        "waiting": [_waiting(waiting) for waiting in plan.waiting],
        "steps": [
            _step(step, outcomes.get(step.session.id)) for step in (*plan.steps, *plan.came_back)
        ],
        "observed": [
            {**identity(v.session), "policy": v.policy.name, "reason": v.reason}
            for v in plan.observed
        ],
        "notify": [c.fields for c in plan.to_tell],
    }


def plans_as_json(made: Plans) -> str:
    """What a run would do in each account; of the keys of a run, those that a look can fill."""
    return json.dumps({"plans": [_of_account(made, *one) for one in made.plans]}, indent=2)


def _of_account(made: Plans, observation: Observation, plan: Plan) -> dict[str, Any]:
    holds = made.holds[observation.account]
    return {
        "account": observation.account,
        "at": observation.now.isoformat(),
        "complete": observation.complete,
        "doubts": list(observation.doubts),
        "concerns": [one._asdict() for one in concerns(observation, enforcing=False)],
        "sessions": len(observation.snapshot.fleet),
        "policies": observation.count_by_policy(),
        "not_in_force": observation.policies.dormant(observation.now),
        **_plan(plan, {}),
        "blocked": holds.reason(plan.halted) if plan.steps else None,
        "acknowledge": holds.halted_run,
    }


def _waiting(waiting: Waiting) -> dict[str, Any]:
    due = waiting.due.isoformat() if waiting.due else None
    return {
        **identity(waiting.session),
        "policy": waiting.policy,
        "reason": waiting.reason,
        "due": due,
    }


def _step(step: Step, outcome: Outcome | None) -> dict[str, Any]:
    return {
        **identity(step.session),
        "policy": step.policy,
        "policies": sorted(step.policies),
        "action": step.action,
        "outcome": outcome.result.value if outcome else "planned",
        "reason": step.reason,
        "detail": outcome.detail if outcome else "not begun",
    }
