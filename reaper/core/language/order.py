"""A person's order to end one session, which a run follows like a policy of its own.

So it is judged, looked at again, held against the limits and recorded as everything else is.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal, Self

from reaper.core.language.leaf_rule import LeafRule
from reaper.core.language.policy import Mode, Policy, PolicySet, digest
from reaper.core.language.selector import Exemption, Selector
from reaper.core.model.matching import Answer, SessionTest
from reaper.core.model.session import Session

BY_HAND: Literal["(by hand)"] = "(by hand)"
"""What the record calls such an order; no policy of a file can be called so."""


class Ordered(LeafRule):
    """True of the session that the order names. No file can hold this rule."""

    said: str


class _OneSession(SessionTest):
    """Selects a single session by its id, in which no character is special."""

    def __init__(self, session: str) -> None:
        super().__init__({}, fold=False)
        self.fields = ("id",)
        self._session = session

    def __call__(self, session: Session) -> Answer:
        return Answer.YES if session.id == self._session else Answer.NO


class Order(Policy):
    """To end the `session`; `despite` the exemptions that cover it, where the person says so."""

    name: Literal["(by hand)"] = BY_HAND
    mode: Mode = Mode.ENFORCE
    select: Selector = Selector()
    terminate_when: Ordered
    session: str
    despite: bool = False

    @classmethod
    def to_end(cls, session: str, *, by: str, reason: str, despite: Exemption | None) -> Self:
        """`despite` is the exemption that the person overrides."""
        said = f"by {by}: {reason}"
        if despite is not None:
            said += f" (despite an exemption: {despite})"
        return cls(session=session, terminate_when=Ordered(said=said), despite=despite is not None)

    @property
    def said(self) -> str:
        """Who gave it and why, in words."""
        return self.terminate_when.said

    @property
    def heeds_exemptions(self) -> bool:
        return not self.despite

    @cached_property
    def test(self) -> SessionTest:
        return _OneSession(self.session)

    @property
    def widest_test(self) -> SessionTest:
        return self.test

    @cached_property
    def hash(self) -> str:
        """Whatever exempts from it by now, it is the same order."""
        return digest(f"{self.session} {self.said}")

    @staticmethod
    def exempt_by(written: PolicySet, session: Session) -> tuple[Exemption, ...]:
        """The exemptions of the policies that select the session, or may."""
        return tuple(
            exemption
            for policy in written.policies
            if policy.test(session) is not Answer.NO
            for exemption in policy.exempt
        )

    def among(self, written: PolicySet, session: Session) -> PolicySet:
        """The policies and the order, which heeds what they exempt the session from, too."""
        order = self.model_copy(update={"exempt": self.exempt_by(written, session)})
        texts = {**written.texts, BY_HAND: f"end session {self.session}, {self.said}"}
        return PolicySet(
            (*written.policies, order), written.protect, texts, written.granted, written.aside
        )
