"""What is well-formed in a policy file, but hardly or never meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from reaper.config.located_yaml import Located
from reaper.config.policies.satisfiability import constant_value, needless
from reaper.core.language.leaf_rule import LeafRule
from reaper.core.language.policy import Policy, PolicyDocument
from reaper.core.language.rules import (
    AllOf,
    Always,
    AnyOf,
    Ended,
    Not,
    Rule,
)
from reaper.core.language.selector import Exemption, Selector, Way
from reaper.core.model.kinds import traits_of
from reaper.core.model.matching import is_glob, is_regex, matcher
from reaper.errors import Problem

Found = tuple[Way, str, str]
"""Where in the file, by which code, and in words."""
_SOME_DAY = datetime(2026, 1, 14, tzinfo=UTC)


def mistakes(located: Located, document: PolicyDocument) -> Iterator[Problem]:
    """What can never hold: an error, although each part of it is well-formed."""
    for number, policy in enumerate(document.policies):
        for way, code, message in _impossible(policy):
            yield located.problem(("policies", number, *way), message, code=code)


def doubts(located: Located, document: PolicyDocument, today: date) -> Iterator[Problem]:
    """What loads, and may not be meant."""
    for way, code, message in _doubtful_exemptions(("protect",), document.protect, today):
        yield located.problem(way, message, code=code)
    for number, policy in enumerate(document.policies):
        for way, code, message in _doubtful(policy, today):
            yield located.problem(("policies", number, *way), message, code=code)


def _impossible(policy: Policy) -> Iterator[Found]:
    yield from _selects_nothing(policy.select)
    if policy.terminate_when is not None and constant_value(policy.terminate_when) is False:
        message = "this rule can never be met: its parts contradict one another; remove one of them"
        yield ("terminate_when",), "contradiction", message
    yield from _unbounded(policy)


def _unbounded(policy: Policy) -> Iterator[Found]:
    """`always` also ends what is in use: only the hours of the policy can keep it from that."""
    place = next((way for way, leaf in leaf_places(policy) if isinstance(leaf, Always)), None)
    if place is None:
        return
    hours = policy.only_during
    if not isinstance(policy.rule, Always):
        message = "'always' is met by every session, whatever stands beside it; write it alone"
        yield place, "unbounded", message
    elif hours is None:
        message = (
            "this ends every session that is selected, in use or not, in each run; name the hours "
            "with 'only_during', or write another rule"
        )
        yield place, "unbounded", message
    elif hours.closes_after(_SOME_DAY) is None:
        message = "these hours are never over, so 'always' ends every session in each run"
        yield ("only_during",), "unbounded", message


def _selects_nothing(select: Selector) -> Iterator[Found]:
    if select.state is not None:
        state = matcher(select.state, fold=True)
        kinds = sorted(select.kinds())
        if not any(state(one) for kind in kinds for one in traits_of(kind).alive):
            there = "; ".join(f"{kind}: {', '.join(traits_of(kind).alive)}" for kind in kinds)
            yield (
                ("select", "state"),
                "never",
                f"no session of this kind is ever in such a state ({there})",
            )
    if _plain(select.owner) and select.environment is not None:
        parts = str(select.owner).split("@")
        environment = parts[-1]
        matches = matcher(select.environment, fold=False)
        if not any(matches("@".join(parts[number:])) for number in range(1, len(parts))):
            message = (
                f"no session matches: its owner {select.owner} is in {environment}; leave "
                "'environment' out"
            )
            yield ("select", "environment"), "never", message


def _plain(value: object) -> bool:
    return isinstance(value, str) and not is_glob(value) and not is_regex(value)


def _doubtful(policy: Policy, today: date) -> Iterator[Found]:
    yield from _unseen(("select",), policy.select)
    yield from _doubtful_exemptions(("exempt",), policy.exempt, today)
    yield from _exempt_for_nothing(policy)
    if policy.until is not None and policy.until < today:
        yield (
            ("until",),
            "over",
            (
                f"this policy ended on {policy.until} and judges nothing; remove it or set a later "
                "day"
            ),
        )
    if policy.limits is not None and policy.limits.sessions == 0:
        message = (
            "with the limit 0, every plan of this policy halts the account; to end no session, "
            "use 'mode: observe'"
        )
        yield ("limits", "sessions"), "limit-zero", message
    if isinstance(policy.rule, Always) and not (policy.select.matches() or policy.exempt):
        message = (
            "with 'always' this ends every session of every owner and kind, also what computes; if "
            "that is not intended, select some of them, or exempt others"
        )
        yield ("select",), "unbounded", message
    if policy.terminate_when is not None:
        yield from _doubtful_rule(policy.terminate_when)
    for way, rule in leaf_places(policy):
        yield from ((way, one.code, one.message) for one in rule.remarks(policy.usage))


def _unseen(at: Way, names: Selector) -> Iterator[Found]:
    for way, why in names.oddities():
        yield (*at, *way), "unseen", f"{why}; if that is not intended, type the name again"


def _doubtful_exemptions(at: Way, exemptions: Sequence[Exemption], today: date) -> Iterator[Found]:
    for number, exemption in enumerate(exemptions):
        yield from _unseen((*at, number), exemption)
        if exemption.until is not None and exemption.until < today:
            message = (
                f"this exemption ended on {exemption.until} and protects nothing; remove it or "
                "set a later day"
            )
            yield (*at, number, "until"), "exemption-over", message
        if exemption in exemptions[:number]:
            yield (*at, number), "exemption-twice", "this exemption is listed twice; keep one"


def _exempt_for_nothing(policy: Policy) -> Iterator[Found]:
    for number, exemption in enumerate(policy.exempt):
        if not policy.select.kinds() & exemption.kinds():
            message = "this policy selects no session of that kind, so this exempts nothing"
            yield ("exempt", number, "kind"), "exemption-idle", message
        for field in ("owner", "app", "environment"):
            selected, exempted = getattr(policy.select, field), getattr(exemption, field)
            if (
                _plain(selected)
                and exempted is not None
                and not matcher(exempted, fold=True)(selected)
            ):
                message = (
                    f"this policy selects only the {field} {selected}, so this exempts nothing"
                )
                yield ("exempt", number, field), "exemption-idle", message


def _doubtful_rule(rule: Rule) -> Iterator[Found]:
    if isinstance(rule, Always):
        return
    if constant_value(rule) is True:
        message = (
            "every session meets this rule; if that is intended, write 'always: true' and the hours "
            "in 'only_during'"
        )
        yield ("terminate_when",), "always", message
        return
    for way, message in needless(rule):
        yield ("terminate_when", *way), "needless", message


def leaf_places(policy: Policy, at: Way = ()) -> Iterator[tuple[Way, LeafRule]]:
    """The policy's rules that look at a session, each with its way in the file.

    `at` is the policy's own.
    """
    return _leaves(policy.rule, (*at, "delete_when" if policy.deletes else "terminate_when"))


def _leaves(rule: Rule | Ended, at: Way) -> Iterator[tuple[Way, LeafRule]]:
    match rule:
        case AnyOf(any=rules):
            for number, one in enumerate(rules):
                yield from _leaves(one, (*at, "any", number))
        case AllOf(all=rules):
            for number, one in enumerate(rules):
                yield from _leaves(one, (*at, "all", number))
        case Not(not_=inner):
            yield from _leaves(inner, (*at, "not"))
        case _:
            yield at, rule
