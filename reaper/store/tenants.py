"""Under which names a tenant is on record.

Pauses, halts, exemptions and limits belong to the tenant: those given to it under another name hold.
"""

from __future__ import annotations

import sqlalchemy as sa

from reaper.store.tables import leases


def names_of_tenant(db: sa.Connection, account: str) -> frozenset[str]:
    """The account, and every other name under which its address was looked after."""
    own = sa.select(leases.c.address).where(leases.c.account == account).scalar_subquery()
    return frozenset(
        {account, *db.scalars(sa.select(leases.c.account).where(leases.c.address == own))}
    )
