"""One reaper at a time for each account: a lease with a token that rises with each holder.

Of several replicas with the same schedule, one makes each run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from reaper.core.model.duration import spoken
from reaper.errors import AlreadyRun, LeaseHeld, LeaseLost, LeaseStuck
from reaper.ports import Clock
from reaper.store.database import Database
from reaper.store.schema import refuse_other_schema
from reaper.store.tables import leases, runs, step_events, steps

_SKEW = timedelta(minutes=1)
"""By which the clock of another replica may be ahead."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""The end of a lease that was given back: over by the clock of whoever looks."""

_ODD = 10
"""So many times the length of a lease lies its end ahead where something is wrong: replicas may
have leases of different lengths, but not that different.
"""


@dataclass(frozen=True, kw_only=True)
class LeaseEntry:
    """Who holds an account, and until when unless renewed before."""

    account: str
    holder: str
    until: datetime

    def outlasts(self, length: timedelta, now: datetime) -> bool:
        """Whether no lease of that length can end so late: it was taken before a clock was set
        back, or by a reaper whose clock is wrong.
        """
        return self.until - now > _ODD * length


@dataclass
class Lease:
    """The account as this reaper's own, until `expires_at` unless renewed before."""

    account: str
    token: int
    expires_at: datetime
    length: timedelta = field(repr=False)

    def renew(self, db: sa.Connection, now: datetime) -> None:
        """Hold on for another while, in this transaction.

        Raises LeaseLost when another reaper took over, and StoreError when one of another version
        migrated the database meanwhile.
        """
        refuse_other_schema(db)
        if not self.extend(db, now):
            raise self.lost()

    def holds(self, db: sa.Connection) -> bool:
        """Whether no other reaper took over."""
        token = sa.select(leases.c.token).where(leases.c.account == self.account)
        return bool(db.scalar(token) == self.token)

    def extend(self, db: sa.Connection, now: datetime) -> bool:
        """Hold on for another while, in this transaction, unless another reaper took over."""
        mine = (leases.c.account == self.account, leases.c.token == self.token)
        until = now + self.length
        if db.execute(sa.update(leases).where(*mine).values(expires_at=until)).rowcount != 1:
            return False
        self.expires_at = until
        return True

    def lost(self) -> LeaseLost:
        return LeaseLost(
            f"{self.account}: another reaper took the account over; nothing more "
            "is ended by this one"
        )


def take(
    database: Database,
    clock: Clock,
    account: str,
    holder: str,
    length: timedelta,
    *,
    address: str | None = None,
    since: datetime | None = None,
    enforcing: bool = False,
) -> Lease:
    """Take the account, which is at that `address`; with `since`, for a run that no other reaper
    has made since then.

    Raises Held while another reaper's lease lasts, LeaseStuck where it lasts too long to be true,
    NotDue when that run was made, and StoreError as `renew` does.
    """
    with database.writing() as db:
        refuse_other_schema(db)
        now = clock.now()
        row = db.execute(
            sa.select(leases).where(leases.c.account == account).with_for_update()
        ).one_or_none()
        if row is not None and row.expires_at > now:
            remaining = spoken((row.expires_at - now).total_seconds())
            if _entry(row).outlasts(length, now):
                raise LeaseStuck(
                    f"{account}: locked by {row.holder} for {remaining} more, although a lease lasts "
                    f"{spoken(length.total_seconds())}: a clock was wrong; "
                    f"`reaper release --account {account}` ends it"
                )
            why = f"{account}: locked by {row.holder} for at most {remaining} more; skipped"
            raise LeaseHeld(why, row.expires_at)
        _refuse_under_another_name(db, account, address, now)
        made = find_recent_run(db, account, since, now, enforcing=enforcing) if since else None
        if made is not None:
            raise AlreadyRun(f"{account}: {made}; the next run is not due yet")
        lease = Lease(account, (row.token if row else 0) + 1, now + length, length)
        values = {
            "token": lease.token,
            "holder": holder,
            "expires_at": lease.expires_at,
            "address": address,
        }
        if row is None:
            db.execute(sa.insert(leases).values(account=account, **values))
        else:
            db.execute(sa.update(leases).where(leases.c.account == account).values(values))
        return lease


def _refuse_under_another_name(
    db: sa.Connection, account: str, address: str | None, now: datetime
) -> None:
    """Raise LeaseHeld where another reaper is at work on the same tenant."""
    if address is None:
        return
    same = (leases.c.address == address, leases.c.account != account, leases.c.expires_at > now)
    row = db.execute(sa.select(leases).where(*same).limit(1)).one_or_none()
    if row is not None:
        why = f"{account}: the same tenant is locked as '{row.account}' by {row.holder}; skipped"
        raise LeaseHeld(why, row.expires_at)


def find_recent_run(
    db: sa.Connection, account: str, since: datetime, now: datetime, *, enforcing: bool
) -> str | None:
    """The newest run that serves in the place of one that is due now, in words.

    None when it is still to be made.

    One that broke off, was told to stop, or could not read the account does not serve, for another
    replica may fare better; nor does a dry run in the place of an `enforcing` one, nor one that is
    dated in the future because a clock was set back since.
    """
    turn = runs.c.started_at.between(since, now + _SKEW)
    whose = (runs.c.account == account, turn)
    begun = sa.exists().where(step_events.c.step_id == steps.c.id)
    left_alone = sa.exists().where(steps.c.run_id == runs.c.id, ~begun)
    whole = (runs.c.finished_at.is_not(None), runs.c.listed, ~left_alone)
    serves = (runs.c.enforcing,) if enforcing else ()
    newest = (
        sa.select(runs.c.started_at, runs.c.actor)
        .where(*whose, *whole, *serves)
        .order_by(runs.c.id.desc())
    )
    made = db.execute(newest.limit(1)).one_or_none()
    return f"{made.actor} made its run at {made.started_at:%H:%M:%S}" if made else None


def release(database: Database, lease: Lease) -> None:
    """Give the account back; one that another reaper took over is left to it."""
    mine = (leases.c.account == lease.account, leases.c.token == lease.token)
    with database.writing() as db:
        db.execute(sa.update(leases).where(*mine).values(expires_at=_LONG_AGO))


def held(db: sa.Connection, now: datetime) -> dict[str, LeaseEntry]:
    """The leases that last, by account."""
    rows = db.execute(sa.select(leases).where(leases.c.expires_at > now))
    return {row.account: _entry(row) for row in rows}


def _entry(row: Any) -> LeaseEntry:  # noqa: ANN401 - a row
    return LeaseEntry(account=row.account, holder=row.holder, until=row.expires_at)


def end_lease(database: Database, account: str, *, now: datetime, by: str) -> LeaseEntry | None:
    """Take the account from whoever holds it, and give it back at once; who that was.

    Its token has risen then: the other one may still be at work, but can begin no step any more,
    and records what it has begun.
    """
    with database.writing() as db:
        refuse_other_schema(db)
        lease = held(db, now).get(account)
        if lease is None:
            return None
        values = {"token": leases.c.token + 1, "holder": by, "expires_at": _LONG_AGO}
        db.execute(sa.update(leases).where(leases.c.account == account).values(values))
        return lease
