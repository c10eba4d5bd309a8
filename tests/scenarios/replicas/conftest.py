"""Each test with fifty accounts, a PostgreSQL database of its own, and daemons that end with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from support.replica_roles import Lonely
from support.unattended import House, busy, idle


@pytest.fixture
def house(tmp_path: Path, migrated_postgresql_url: str) -> Iterator[House]:
    """Fifty accounts, each with two sessions to be ended and one in use."""
    with ExitStack() as stack:
        made = House(tmp_path, stack, migrated_postgresql_url)
        for number in range(50):
            made.account(f"a{number:02}", *(idle(n) for n in range(2)), busy(2), latency=0.01)
        yield made


@pytest.fixture
def lonely(migrated_postgresql_url: str) -> Iterator[Lonely]:
    """A user of the test's database."""
    made = Lonely(migrated_postgresql_url, f"lonely_{uuid4().hex}")
    made.tell(f"CREATE ROLE {made.name} LOGIN SUPERUSER PASSWORD 'lonely'")
    yield made
    made.cut()
    made.tell(f"DROP ROLE {made.name}")
