"""Runs the migrations on the connection that reaper hands over, or on REAPER_DATABASE_URL for plain
`alembic`.
"""

import os

import sqlalchemy as sa
from alembic import context

from reaper.store.tables import metadata


def run(connection: sa.Connection) -> None:
    """Migrate on this connection; the caller commits."""
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(
        os.environ.get("REAPER_DATABASE_URL", "sqlite:///reaper.db")
    ).begin() as own:
        run(own)
