"""Why one session is judged as it is.

Which session is meant, what a look at it shows, and what is on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from reaper import errors
from reaper.bootstrap import database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.accounts import AccountSettings
from reaper.config.settings.model import Settings
from reaper.core.judging.verdict import Observation
from reaper.core.language.leaf_rule import Need
from reaper.core.language.policy import PolicySet
from reaper.core.model.matching import Answer
from reaper.core.model.owner import Owner
from reaper.core.model.session import Session
from reaper.core.planning.holds import Holds
from reaper.core.planning.plan import Plan
from reaper.ports import Clock, Tell
from reaper.run.observe import probe_also
from reaper.run.pipeline import Reaper
from reaper.store import AsOf, Database, as_of, recorded
from reaper.usecases.accounts import exit_code_of, observe_all

_NEAREST = 3
_NAMED = 10

Named = tuple[str, str]
"""An account and a session's id."""


@dataclass(frozen=True)
class Live:
    """A session in one look at its account, and what keeps the account's sessions from being ended
    now.
    """

    observation: Observation
    plan: Plan
    session: Session
    holds: Holds


@dataclass(frozen=True)
class Explanation:
    """The session, live where it is there now, and what is on record of it.

    Why other accounts could not be read.

    `at` is the moment that was asked for, None for now.
    """

    who: Named
    live: Live | None
    past: AsOf
    at: datetime | None = None
    unread: tuple[errors.AccountError, ...] = ()

    @property
    def exit_code(self) -> int:
        return exit_code_of(self.unread)


def explain_now(
    settings: Settings,
    policies: PolicySet,
    start: str,
    account: str | None = None,
    *,
    running: bool = False,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Explanation:
    """The session whose id begins so, looked at now; nothing is recorded and nothing is ended.

    With `running` one that runs is meant, in whichever account, before any that is on record.

    Raises ConfigurationError unless there is exactly one, AccountError where an account that did
    not answer may be the one that has it, and StoreError.
    """
    _refuse_unknown(settings, account)
    with database(settings) as store:
        who, looks = _find(settings, store, policies, start, account, running=running, tell=tell)
        past = as_of(store, *who, clock.now())
    return Explanation(who, looks.live.get(who), past, unread=looks.unread)


def explain_past(
    settings: Settings, start: str, at: datetime, account: str | None = None
) -> Explanation:
    """The session as it was recorded by then; no server is asked.

    Raises ConfigurationError and StoreError.
    """
    _refuse_unknown(settings, account)
    with database(settings) as store:
        there = recorded(store, start[:2], account)
        who = _the_one(start, recorded(store, start, account), there)
        return Explanation(who, None, as_of(store, *who, at), at)


def _refuse_unknown(settings: Settings, account: str | None) -> None:
    if account is not None:
        settings.chosen((account,))


@dataclass(frozen=True)
class _Look:
    """One account: the sessions that may be meant, and all that were there."""

    live: dict[Named, Live]
    there: list[Named]
    observation: Observation


@dataclass(frozen=True)
class _Looks:
    live: dict[Named, Live] = field(default_factory=dict)
    unread: tuple[errors.AccountError, ...] = ()


def _find(
    settings: Settings,
    store: Database,
    policies: PolicySet,
    start: str,
    account: str | None,
    *,
    running: bool,
    tell: Tell,
) -> tuple[Named, _Looks]:
    names = recorded(store, start, account)
    accounts = _accounts(settings, [] if running else names, start, account)

    def look(reaper: Reaper) -> _Look:
        return _look(reaper, start)

    observed = observe_all(
        settings,
        accounts,
        policies,
        look,
        store,
        observation=lambda found: found.observation,
        tell=tell,
    )
    live = {who: one for each in observed.looks for who, one in each.live.items()}
    candidates = _candidates(start, names, sorted(live), running=running)
    if not candidates and observed.unread:
        raise observed.unread[0]
    there = [who for each in observed.looks for who in each.there]
    return _the_one(start, candidates, there), _Looks(live, observed.unread)


def _candidates(
    start: str, names: Sequence[Named], live: Sequence[Named], *, running: bool
) -> Sequence[Named]:
    """Those that may be meant: by a whole id never another one, whose id only begins so."""
    if running and live and (_exactly(start, live) or not _exactly(start, names)):
        return live
    return sorted({*names, *live})


def _exactly(start: str, candidates: Sequence[Named]) -> list[Named]:
    return [one for one in candidates if one[1].casefold() == start.casefold()]


def _accounts(
    settings: Settings, names: Sequence[Named], start: str, account: str | None
) -> Sequence[AccountSettings]:
    """Those that it can be in: for a whole id that is on record, its own."""
    own = {name for name, id_ in names if id_ == start}
    named = tuple(a.name for a in settings.accounts if a.name in own)
    return settings.chosen(named if account is None else (account,))


def _look(reaper: Reaper, start: str) -> _Look:
    observation, plan = reaper.look()
    sessions = observation.snapshot.sessions
    meant = [s for s in sessions if s.id.casefold().startswith(start.casefold())]
    of_weight = {s.id: s for one in meant for s in _of_weight(observation, one)}
    observation = probe_also(reaper.source, observation, of_weight.values())
    holds = reaper.holds()
    live = {(observation.account, s.id): Live(observation, plan, s, holds) for s in meant}
    return _Look(live, [(observation.account, session.id) for session in sessions], observation)


def _of_weight(observation: Observation, session: Session) -> Iterator[Session]:
    """Those whose last activity weighs in some policy's verdict on the session, now or later."""
    own = [verdict.policy for verdict in observation.verdicts if verdict.session.id == session.id]
    policies = [policy for policy in own if Need.ACTIVITY in policy.needs]
    if policies:
        yield session
    if any(Need.EVERYBODY_ACTIVITY in policy.needs for policy in policies):
        yield from observation.snapshot.fleet
    elif any(Need.OWNER_ACTIVITY in policy.needs for policy in policies):
        owner = Owner.of(session)
        yield from (
            s for s in observation.snapshot.fleet if Owner.of(s).may_be(owner) is not Answer.NO
        )


def _the_one(start: str, candidates: Sequence[Named], there: Iterable[Named]) -> Named:
    """The session that is meant. Raises ConfigurationError, naming those that it may be."""
    if not start.strip():
        raise errors.ConfigurationError(
            "the session's id is empty; `reaper sessions` lists those that run"
        )
    exact = _exactly(start, candidates)
    if len(exact or candidates) == 1:
        return (exact or candidates)[0]
    if not candidates:
        hint = _nearest(start, list(there)) or "`reaper sessions` lists those that run"
        none = f"no session id starts with '{start}', neither live nor on record"
        raise errors.ConfigurationError(f"{none}; {hint}")
    several = [f"{id_} ({account})" for account, id_ in (exact or candidates)]
    named = ", ".join(several[:_NAMED]) + (", ..." if len(several) > _NAMED else "")
    hint = "; name one with --account" if exact else ""
    raise errors.ConfigurationError(f"'{start}' matches {len(several)} sessions: {named}{hint}")


def _nearest(start: str, there: Sequence[Named]) -> str:
    near = get_close_matches(start, [id_[: len(start)] for _, id_ in there], _NEAREST)
    named = [f"{id_} ({account})" for account, id_ in there if id_[: len(start)] in near]
    return f"the nearest are {', '.join(named[:_NEAREST])}" if named else ""
