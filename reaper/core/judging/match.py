"""What a policy has to do with a session before any rule is asked.

Whether it selects it, and what keeps it off.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from reaper.core.language.selector import Exemption
from reaper.core.model.matching import Answer, SessionTest
from reaper.core.model.session import Session


class PolicyMatch(NamedTuple):
    """Whether the policy selects the session.

    The `exemption` that covers it, or else a `doubtful` one that may.
    """

    selected: Answer
    exemption: Exemption | None = None
    doubtful: Exemption | None = None

    @property
    def sure(self) -> bool:
        """Whether the policy certainly selects it."""
        return self.selected is Answer.YES

    @property
    def kept(self) -> Answer:
        """Whether an exemption covers it."""
        if self.exemption is not None:
            return Answer.YES
        return Answer.NO if self.doubtful is None else Answer.UNKNOWN


_PLAIN = {answer: PolicyMatch(answer) for answer in Answer}
"""Those without an exemption: one for the many sessions of which there is no more to say."""


def match_policy(
    selects: SessionTest, exemptions: Iterable[Exemption], session: Session
) -> PolicyMatch:
    """The first exemption that covers the session decides.

    Of those that may, the last one is told.
    """
    selected, doubtful = selects(session), None
    for exemption in exemptions:
        covered = exemption.test(session)
        if covered is Answer.YES:
            return PolicyMatch(selected, exemption)
        if covered is Answer.UNKNOWN:
            doubtful = exemption
    return _PLAIN[selected] if doubtful is None else PolicyMatch(selected, None, doubtful)
