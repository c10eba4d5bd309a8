"""An explanation as JSON; docs/explain.md describes the shape."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from reaper.cli.views.render import identity
from reaper.core.explaining.disposition import next_run
from reaper.core.explaining.explanation import Branch, Cover, PolicyView, explained
from reaper.core.explaining.forecast import Change
from reaper.core.judging.verdict import Finding
from reaper.core.language.manual_exemption import ManualExemption
from reaper.core.language.rules import unit_of
from reaper.store import AsOf, DecisionEntry, PastEnd, PastLook, StepEntry
from reaper.usecases.explain import Explanation, Live


def explanation_as_json(explanation: Explanation) -> str:
    account, session = explanation.who
    live = explanation.live
    written = {
        "account": account,
        "session": session,
        "at": _moment(explanation.at or (live.observation.now if live else None)),
        "live": _live(live) if live else None,
        "recorded": _recorded(explanation.past),
    }
    return json.dumps(written, indent=2)


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _live(live: Live) -> dict[str, Any]:
    observation, session = live.observation, live.session
    activity, next_ = (
        observation.activity.get(session.id),
        next_run(observation, live.plan, session, live.holds),
    )
    return {
        **identity(session),
        "state": session.state,
        "app": session.app,
        "app_version": session.app_version,
        "environment": session.environment,
        "name": session.name,
        "description": session.description,
        "created_at": _moment(session.created_at),
        "started_at": _moment(session.started_at),
        "last_activity": _moment(activity.at if activity else None),
        "activity_source": activity.source if activity else None,
        "problems": [str(problem) for problem in session.problems],
        "doubts": list(observation.doubts),
        "next_run": {"what": next_.what, "words": next_.words, "due": _moment(next_.due)},
        "plan": {"steps": len(live.plan.steps), "halted": list(live.plan.halted)},
        "policies": [_view(view) for view in explained(observation, session)],
    }


def _view(view: PolicyView) -> dict[str, Any]:
    return {
        "policy": view.policy.name,
        "mode": view.policy.mode,
        "verdict": view.verdict.ruling.value if view.verdict else None,
        "reason": view.verdict.reason if view.verdict else view.aside,
        "mismatches": [
            {"field": m.field, "wanted": m.wanted, "value": m.value} for m in view.mismatches
        ],
        "rule": _branch(view.rule) if view.rule else None,
        "exemptions": [_cover(cover) for cover in view.covers],
        "changes": _change(view.change),
    }


def _branch(branch: Branch) -> dict[str, Any]:
    shown: dict[str, Any] = {"rule": branch.rule, "answer": branch.answer.name.lower()}
    if branch.finding is not None:
        return shown | _finding(branch.finding)
    return shown | {"rules": [_branch(part) for part in branch.parts]}


def _finding(finding: Finding) -> dict[str, Any]:
    unit = unit_of(finding.rule).value
    return {
        "value": finding.value,
        "threshold": finding.threshold,
        "unit": unit,
        "note": finding.note,
    }


def _cover(cover: Cover) -> dict[str, Any]:
    exemption = cover.exemption
    return {
        "given": cover.given,
        "number": exemption.id if isinstance(exemption, ManualExemption) else None,
        "words": str(exemption),
        "covers": cover.answer.name.lower(),
        "holds": cover.holds,
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    verdict = change.verdict
    return {
        "at": _moment(change.at),
        "verdict": verdict.ruling.value if verdict else None,
        "reason": verdict.reason if verdict else None,
        "acts": change.acts,
        "not_before": change.open_end,
    }


def _ended(end: PastEnd | None) -> dict[str, Any] | None:
    if end is None:
        return None
    return {
        "at": _moment(end.event.at),
        "outcome": end.event.event,
        "detail": end.event.detail,
        "run": end.step.run,
        "by": end.run.actor if end.run else None,
        "request": end.run.request if end.run else None,
        "policy": end.step.policy,
        "action": end.step.action,
        "reason": end.step.reason,
    }


def _recorded(past: AsOf) -> dict[str, Any]:
    return {
        "ended": _ended(past.end),
        "look": _look(past.look) if past.look else None,
        "decisions": [_decision(decision, past) for decision in past.decisions],
        "steps": [_step(step) for step in past.steps],
    }


def _look(look: PastLook) -> dict[str, Any]:
    return {
        "run": look.id,
        "at": _moment(look.at),
        "enforce": look.enforcing,
        "complete": look.complete,
        "doubts": look.doubts,
        "halted": look.halted,
        "version": look.version,
        "actor": look.actor,
    }


def _decision(decision: DecisionEntry, past: AsOf) -> dict[str, Any]:
    return {
        "run": decision.run,
        "at": _moment(decision.at),
        "policy": decision.policy,
        "policy_hash": decision.policy_hash,
        "text": past.texts.get(decision.policy_hash),
        "same_text": past.stands(decision),
        "kind": decision.kind,
        "owner": decision.owner,
        "app": decision.app,
        "verdict": decision.ruling,
        "reason": decision.reason,
        "evidence": decision.evidence,
    }


def _step(step: StepEntry) -> dict[str, Any]:
    events = [{"at": _moment(e.at), "event": e.event, "detail": e.detail} for e in step.events]
    return {
        "run": step.run,
        "at": _moment(step.at),
        "policy": step.policy,
        "action": step.action,
        "reason": step.reason,
        "outcome": step.outcome,
        "events": events,
    }
