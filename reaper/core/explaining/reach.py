"""Whom policies and exemptions are about among the sessions of now, and which names nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from reaper.core.language.policy import Policy
from reaper.core.language.selector import Exemption, Selector, Way, names_in
from reaper.core.model.matching import CASELESS, Answer, matcher
from reaper.core.model.session import Phase, Session
from reaper.core.model.suggestions import did_you_mean


class Reach(NamedTuple):
    """The sessions that are meant, and those of which a field is not known that would tell."""

    sure: tuple[Session, ...]
    perhaps: tuple[Session, ...]

    def __str__(self) -> str:
        may = f" (and perhaps {len(self.perhaps)} more)" if self.perhaps else ""
        return f"{len(self.sure)} {'session' if len(self.sure) == 1 else 'sessions'}{may}"


def reach(about: Policy | Exemption, sessions: Iterable[Session]) -> Reach:
    """Whom the policy selects, or the exemption covers."""
    over = isinstance(about, Policy) and about.deletes
    there = [one for one in sessions if (one.phase is Phase.OVER) is over]
    answers = [(about.test(one), one) for one in there]
    return Reach(
        tuple(one for answer, one in answers if answer is Answer.YES),
        tuple(one for answer, one in answers if answer is Answer.UNKNOWN),
    )


def names_of_nobody(
    written: Selector, sessions: Sequence[Session], *, fold: bool
) -> Iterator[tuple[Way, str]]:
    """Each name or pattern that no session has, with its way, and in words.

    `fold` where it matches whatever reads alike, as in an exemption. A kind or state is left out:
    it is one of a few words, and was checked when it was read.
    """
    for field, match in written.matches().items():
        if field in CASELESS:
            continue
        values = sorted({str(v) for one in sessions if (v := getattr(one, field)) is not None})
        for at, name in names_in(match):
            exact = fold == bool(at.count("not") % 2)
            if why := _nobody(field, name, values, exact=exact):
                yield (field, *at), why


def _nobody(field: str, name: str, values: Sequence[str], *, exact: bool) -> str | None:
    alike = [value for value in values if matcher(name, fold=True)(value)]
    if not alike:
        return f"no session has the {field} '{name}' now{did_you_mean(name, values)}"
    if exact and not any(map(matcher(name, fold=False), alike)):
        return (
            f"no session has the {field} '{name}' now; it is spelled '{alike[0]}', and here upper "
            "and lower case count"
        )
    return None
