"""Which session is meant, among those that run and those on record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from threading import Event

from reaper.bootstrap import reaper_of
from reaper.core.explanation import with_activity
from reaper.core.matching import Answer
from reaper.core.owner import Owner
from reaper.core.plan import Plan
from reaper.core.policy import PolicySet
from reaper.core.session import Session
from reaper.core.verdict import Pass
from reaper.errors import AccountError, ConfigurationError
from reaper.run import Reaper, Tell
from reaper.settings import AccountSettings, Settings
from reaper.store import Database, recorded

_NEAREST = 3
_NAMED = 10

Named = tuple[str, str]
"""An account and a session's id."""


@dataclass(frozen=True)
class Live:
    """A session in one look at its account; `forbidden` says why nothing may be ended there now."""

    seen: Pass
    plan: Plan
    session: Session
    forbidden: str | None


@dataclass
class Looks:
    """What looking showed: the sessions that may be meant, all that were there, and why an account was not read."""

    live: dict[Named, Live] = field(default_factory=dict)
    there: list[Named] = field(default_factory=list)
    unread: list[AccountError] = field(default_factory=list)


def find(
    settings: Settings, store: Database, policies: PolicySet, start: str, account: str | None, *, tell: Tell
) -> tuple[Named, Looks]:
    """The session whose id begins so, live or on record. Raises ConfigurationError unless there is exactly one.

    Raises AccountError where an account that did not answer may be the one that has it.
    """
    known = recorded(store, start, account)
    looks = Looks()
    for chosen in _accounts(settings, known, start, account):
        with reaper_of(settings, chosen, policies, store, enforce=False, stop=Event(), tell=tell) as reaper:
            _look(reaper, start, looks)
    found = sorted({*known, *looks.live})
    if not found and looks.unread:
        raise looks.unread[0]
    return the_one(start, found, looks.there), looks


def _accounts(settings: Settings, known: Sequence[Named], start: str, account: str | None) -> Sequence[AccountSettings]:
    """Those that it can be in: for a whole id that is on record, its own."""
    own = {name for name, id_ in known if id_ == start}
    named = tuple(a.name for a in settings.accounts if a.name in own)
    return settings.chosen(named if account is None else (account,))


def _look(reaper: Reaper, start: str, looks: Looks) -> None:
    try:
        seen, plan = reaper.look()
    except AccountError as error:
        looks.unread.append(error)
        return
    looks.there += [(seen.account, session.id) for session in seen.snapshot.sessions]
    meant = [s for s in seen.snapshot.sessions if s.id.casefold().startswith(start.casefold())]
    unprobed = {s.id: s for one in meant for s in _of_weight(seen, one) if s.id not in seen.learnt}
    seen = with_activity(seen, reaper.source.probe(list(unprobed.values())))
    forbidden = reaper.ledger.forbidden(seen.account)
    looks.live |= {(seen.account, s.id): Live(seen, plan, s, forbidden) for s in meant}


def _of_weight(seen: Pass, session: Session) -> Iterator[Session]:
    """Those whose last activity weighs in some policy's verdict on the session, now or later."""
    policies = [v.policy for v in seen.verdicts if v.session.id == session.id and v.policy.asks_for_activity]
    if policies:
        yield session
    if any(policy.weighs_seats for policy in policies):
        yield from seen.snapshot.fleet
    elif any(policy.ranks_by_activity for policy in policies):
        owner = Owner.of(session)
        yield from (s for s in seen.snapshot.fleet if Owner.of(s).may_be(owner) is not Answer.NO)


def the_one(start: str, found: Sequence[Named], there: Iterable[Named]) -> Named:
    """The session that is meant. Raises ConfigurationError, naming those that it may be."""
    exact = [one for one in found if one[1].casefold() == start.casefold()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        near = get_close_matches(start, [id_[: len(start)] for _, id_ in there], _NEAREST)
        nearest = [f"{id_} ({account})" for account, id_ in there if id_[: len(start)] in near][:_NEAREST]
        hint = f"; the nearest are {', '.join(nearest)}" if nearest else "; `reaper sessions` lists those that run"
        raise ConfigurationError(f"no session's id begins with '{start}', neither live nor on record{hint}")
    several = [f"{id_} ({account})" for account, id_ in (exact or found)]
    named = ", ".join(several[:_NAMED]) + (", ..." if len(several) > _NAMED else "")
    hint = "; name one with --account" if exact else ""
    raise ConfigurationError(f"'{start}' may be {len(several)} sessions: {named}{hint}")
