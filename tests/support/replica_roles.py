"""A user of the database whom the server can turn away, and let in again."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa


@dataclass(frozen=True)
class Lonely:
    """To whoever connects by its `url`, the database can be lost while the others have it."""

    server: str
    name: str

    @property
    def url(self) -> str:
        # of a test's server
        mine = sa.make_url(self.server).set(username=self.name, password="lonely")  # noqa: S106
        return mine.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Turn it away, and close what it has open."""
        self.tell(
            f"ALTER ROLE {self.name} NOLOGIN",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{self.name}'",  # noqa: S608
        )

    def mend(self) -> None:
        """Let it in again."""
        self.tell(f"ALTER ROLE {self.name} LOGIN")

    def tell(self, *statements: str) -> None:
        engine = sa.create_engine(
            sa.make_url(self.server), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        with engine.connect() as db:
            for statement in statements:
                db.exec_driver_sql(statement)
