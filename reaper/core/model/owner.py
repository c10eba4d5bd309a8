"""Who owns a session: the one way in which owners are compared."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from reaper.core.model.matching import Answer
from reaper.core.model.names import folded
from reaper.core.model.session import Session


class Owner(NamedTuple):
    """A user and the environment as people read them; None stands for what is not known.

    They are two parts: `a@b` in `ROOT` and `a` in `b@ROOT` are two people. So that they are one
    only where both parts are known, compare by `may_be`; `==` is for whoever saw to it that they
    are.
    """

    user: str | None
    environment: str | None

    @classmethod
    def of(cls, session: Session) -> Owner:
        return _owner(session.user, session.environment)

    @property
    def known(self) -> bool:
        """Whether both parts are."""
        return None not in self

    def may_be(self, other: Owner) -> Answer:
        """Whether the two are one person."""
        if not all(
            one is None or two is None or one == two for one, two in zip(self, other, strict=True)
        ):
            return Answer.NO
        return Answer.YES if self.known and other.known else Answer.UNKNOWN

    @property
    def partly(self) -> tuple[Owner, ...]:
        """As which this one may stand where a part is not known."""
        return Owner(self.user, None), Owner(None, self.environment), Owner(None, None)


@lru_cache(2**16)
def _owner(user: str | None, environment: str | None) -> Owner:
    return Owner(_part(user), _part(environment))


def _part(text: str | None) -> str | None:
    return None if text is None else folded(text)
