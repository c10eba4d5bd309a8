"""A database that is taken away from the daemon, and given back."""

from __future__ import annotations

import sqlalchemy as sa


def tell(server: str, *statements: str) -> None:
    """Tell the PostgreSQL server something, by another of its databases."""
    engine = sa.create_engine(
        sa.make_url(server).set(database="postgres"),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
    )
    with engine.connect() as db:
        for statement in statements:
            db.exec_driver_sql(statement)


def take_away(url: str) -> None:
    name = sa.make_url(url).database
    tell(
        url,
        f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
    )


def give_back(url: str) -> None:
    tell(url, f"ALTER DATABASE {sa.make_url(url).database} ALLOW_CONNECTIONS true")
