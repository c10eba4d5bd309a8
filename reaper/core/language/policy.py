"""What a person may write in a policy file, and what it means.

Every model refuses unknown keys: a misspelt exemption must not be an absent one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reaper.core.language.after import After
from reaper.core.language.hours import OnlyDuring
from reaper.core.language.ladder import GENTLE, Ladder
from reaper.core.language.leaf_rule import Need, Usage
from reaper.core.language.limits import Limit
from reaper.core.language.rules import Ended, Rule, leaves
from reaper.core.language.selector import DAY, SAID, Exemption, Selector, Written, problem, said
from reaper.core.language.validity import inactive_reason, never_active
from reaper.core.model.matching import SessionTest
from reaper.core.model.session import ALWAYS_RELIED_ON

WITHOUT_RULE = "the key 'terminate_when' is missing; add it, or 'delete_when' in its place"

_POLICY = {"name": "old-webui", "select": {"kind": "webui"}, "terminate_when": {"age": "24h"}}
_EXEMPTION = {"owner": "admin@ROOT", "reason": "operations"}


def _selector(value: object) -> object:
    if value == "all":
        return {}
    if value == {}:
        raise problem(
            "select",
            "this would select every session of every kind; if that is intended, write 'select: all'",
        )
    return value


def _limit(value: object) -> object:
    if value == {}:
        raise problem(
            "limits", "no limit is given; write how many, like {sessions: 3} or {percent: 5}"
        )
    return said(value)


class Mode(StrEnum):
    """What becomes of the offenders."""

    OBSERVE = "observe"
    NOTIFY = "notify"
    ENFORCE = "enforce"


class Policy(Written):
    """One rule of the house: which sessions it looks at, when one of them is to end, and who is
    exempt from it.
    """

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="lower case, digits and dashes",
        examples=["idle-webui"],
    )
    description: str = Field(
        "",
        description="one line for people",
        examples=["Free the client seats that forgotten browser tabs hold."],
    )
    mode: Mode = Field(
        Mode.OBSERVE,
        description="observe records, notify alerts people, enforce ends sessions; the last two also need `--enforce`",
        examples=["observe"],
    )
    select: Annotated[
        Selector, BeforeValidator(_selector, json_schema_input_type=Literal["all"] | Selector)
    ] = Field(
        description="which sessions it applies to: all, or those whose fields match",
        examples=["all", {"kind": "webui", "state": "running"}],
    )
    terminate_when: Annotated[Rule | None, SAID] = Field(
        None,
        description="the rule that decides which of them are ended",
        examples=[{"idle": "2h"}, {"any": [{"idle": "2h"}, {"age": "24h"}]}],
    )
    delete_when: Annotated[Ended | None, SAID] = Field(
        None,
        description="delete the records of sessions that are over; generation 2 only",
        examples=[{"ended": "14d"}],
    )
    exempt: tuple[Exemption, ...] = Field(
        (), description="who is exempt from this policy", examples=[[_EXEMPTION]]
    )
    from_: Annotated[date | None, DAY, SAID] = Field(
        None, alias="from", description="the first day it is in force, UTC", examples=["2026-12-21"]
    )
    until: Annotated[date | None, DAY, SAID] = Field(
        None, description="the last day it is in force", examples=["2027-01-03"]
    )
    only_during: Annotated[OnlyDuring | None, SAID] = Field(
        None,
        description="the hours in which it may end sessions",
        examples=["Mon-Fri 19:00-07:00 Europe/Amsterdam", ["weekends UTC", "daily 22:00-06:00"]],
    )
    after: Annotated[After | None, SAID] = Field(
        None,
        description="how long it must have been an offender before it is ended",
        examples=[{"observations": 3}, {"for": "15m"}],
    )
    steps: Ladder = Field(
        GENTLE,
        description="what to request from the server, the gentlest first",
        examples=[
            [{"interrupt_solve": "2m"}, {"interrupt_execution": "2m"}, "terminate"],
            "terminate",
        ],
    )
    limits: Annotated[Limit | None, BeforeValidator(_limit)] = Field(
        None, description="how many it may end in one run", examples=[{"sessions": 3, "percent": 5}]
    )

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if self.name == "protect":
            why = (
                "a policy cannot be named 'protect', which the records call the exemptions from all"
            )
            raise problem("name", why, "name")
        if self.terminate_when is None and self.delete_when is None:
            raise problem("missing-key", WITHOUT_RULE)
        if self.terminate_when is not None and self.delete_when is not None:
            why = "a policy has either 'terminate_when' or 'delete_when'; remove one of them"
            raise problem("rule", why, "delete_when")
        if self.delete_when is not None and self.select.state is not None:
            why = "'delete_when' looks at sessions that are over; leave 'state' out"
            raise problem("never", why, "select", "state")
        return self

    @model_validator(mode="after")
    def _suits_its_rules(self) -> Self:
        for rule in leaves(self.rule):
            for remark in rule.remarks(self.usage):
                if remark.refused:
                    raise problem(remark.code, remark.message, "terminate_when")
        return self

    @model_validator(mode="after")
    def _has_its_time(self) -> Self:
        if (why := never_active(self.from_, self.until, self.only_during)) is not None:
            raise problem("never", why, "until")
        return self

    def dormant(self, now: datetime) -> str | None:
        """Why it is not in force at that moment, and so judges nothing, in words; None
        when it is.
        """
        return inactive_reason(self.from_, self.until, now)

    def acts_at(self, now: datetime) -> bool:
        """Whether its offenders are ended at that moment."""
        if self.mode is not Mode.ENFORCE or self.dormant(now) is not None:
            return False
        return self.only_during is None or self.only_during.is_open(now)

    @property
    def rule(self) -> Rule | Ended:
        """What convicts a session."""
        rule = self.terminate_when or self.delete_when
        assert rule is not None  # noqa: S101 - the validator above saw to it
        return rule

    @property
    def heeds_exemptions(self) -> bool:
        """Whether it leaves alone who is exempt; only a person's order may not."""
        return True

    @property
    def deletes(self) -> bool:
        """Whether it destroys records instead of ending sessions."""
        return self.delete_when is not None

    @property
    def usage(self) -> Usage:
        """How it uses its rules, which remark on that."""
        return Usage(self.select.kinds(), self.mode is Mode.ENFORCE)

    @cached_property
    def test(self) -> SessionTest:
        return SessionTest(self.select.matches(), fold=False)

    @cached_property
    def widest_test(self) -> SessionTest:
        """Selects also whatever reads like what is selected: it is not, but may count among an
        owner's sessions.
        """
        return SessionTest(self.select.matches(), fold=True)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The fields of a session that it selects, exempts or judges by."""
        tests = (self.test, *(exemption.test for exemption in self.exempt))
        return frozenset().union(
            *(t.fields for t in tests), *(rule.reads for rule in leaves(self.rule))
        )

    @cached_property
    def hash(self) -> str:
        """Identifies what the policy says, whatever its layout or comments."""
        return digest(self.model_dump_json(by_alias=True, exclude_none=True))

    @cached_property
    def needs(self) -> frozenset[Need]:
        """What a verdict can depend on besides the session as the list tells it."""
        return frozenset().union(*(rule.needed() for rule in leaves(self.rule)))


def digest(text: str) -> str:
    """Half of its SHA-256 in hex: every decision bears one."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class PolicyDocument(Written):
    """One policy file."""

    protect: tuple[Exemption, ...] = Field(
        (), description="who is exempt from all policies of all files", examples=[[_EXEMPTION]]
    )
    policies: tuple[Policy, ...] = Field((), description="the policies", examples=[[_POLICY]])


@dataclass(frozen=True)
class PolicySet:
    """All policies of a run in the order they were read, and what is protected from all of them.

    `texts` holds each policy's text as its author wrote it, by policy name. `granted` are the
    exemptions from all of
    them that people gave by hand. `aside` are policies that do not judge here; a session is
    understood only where what
    they read could be read, too.
    """

    policies: tuple[Policy, ...]
    protect: tuple[Exemption, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    granted: tuple[Exemption, ...] = ()
    aside: tuple[Policy, ...] = ()

    @property
    def exemptions(self) -> tuple[Exemption, ...]:
        """Those from all policies, whether written or given by hand."""
        return (*self.protect, *self.granted)

    def in_force(self, now: datetime) -> tuple[Policy, ...]:
        """Those that judge at that moment."""
        return tuple(p for p in self.policies if p.dormant(now) is None)

    def relied_on(self, now: datetime) -> frozenset[str]:
        """The fields of a session that must not be unreadable: identity, owner, state, times, and
        what is judged by.
        """
        judging = (p for p in (*self.policies, *self.aside) if p.dormant(now) is None)
        exempting = (exemption.test.fields for exemption in self.exemptions)
        return ALWAYS_RELIED_ON.union(*(p.reads for p in judging), *exempting)

    def dormant(self, now: datetime) -> dict[str, str]:
        """Why the others do not, by policy name."""
        return {p.name: why for p in self.policies if (why := p.dormant(now)) is not None}

    def text_of(self, policy: Policy) -> str:
        return self.texts.get(policy.name) or policy.model_dump_json(
            by_alias=True, exclude_none=True
        )

    def only(self, chosen: frozenset[str]) -> PolicySet:
        """The same house rules with only the policies of these names; all exemptions stay."""
        others = tuple(p for p in self.policies if p.name not in chosen)
        return replace(
            self,
            policies=tuple(p for p in self.policies if p.name in chosen),
            aside=(*self.aside, *others),
        )
