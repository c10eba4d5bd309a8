"""The migrations, the tables and the constant that spares the import of Alembic agree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from support.store_builders import TABLES, Book, a_pass, a_session

from reaper.errors import StoreError
from reaper.store import HEAD, Database, open_database, revision, schema_differences
from reaper.store.migrate import config, downgrade, upgrade

ROOT = Path(__file__).parents[3]


def tables(database: Database) -> set[str]:
    with database.reading() as db:
        return set(sa.inspect(db).get_table_names())


def test_there_is_one_newest_migration_and_the_program_knows_it() -> None:
    """HEAD is written down so that opening a database need not ask Alembic; here it is asked."""
    assert ScriptDirectory.from_config(config()).get_heads() == [HEAD]


def test_the_migrations_make_the_tables_that_the_program_expects(database: Database) -> None:
    """`alembic check`: nothing is missing, nothing is left over, no type differs."""
    assert schema_differences(database) == []


def test_a_table_that_differs_is_told(database: Database) -> None:
    """`reaper db check` names what is missing and what is too much."""
    with database.writing() as db:
        db.exec_driver_sql("DROP INDEX ix_step_events_at")
        db.exec_driver_sql("ALTER TABLE runs ADD COLUMN colour TEXT")

    told = schema_differences(database)

    assert len(told) == 2
    assert any("ix_step_events_at" in one for one in told)
    assert any("colour" in one for one in told)


def test_a_check_of_a_newer_database_says_so(database: Database) -> None:
    """It differs because it is newer, and an upgrade of the database is not the cure."""
    with database.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match="from a newer reaper"):
        schema_differences(database)


def test_every_migration_goes_down_and_up_again(database: Database) -> None:
    """Down to nothing, up to this version, and the record can be kept again."""
    downgrade(database, "base")
    assert (tables(database), revision(database)) == ({"alembic_version"}, None)

    upgrade(database)

    assert tables(database) == {*TABLES, "alembic_version"}
    assert Book(database).record(a_pass([a_session()])) == 1


def test_an_upgrade_of_what_is_newest_already_changes_nothing(database: Database) -> None:
    """`reaper db upgrade` may be run as often as one likes."""
    Book(database).record(a_pass([a_session()]))

    upgrade(database)

    assert Book(database).counts()["decisions"] == 1


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(url: str) -> None:
    """Another program's table stands in the way.

    None of ours is left half made, and the line says why.
    """
    bare = open_database(url)
    downgrade(bare, "base")
    with bare.writing() as db:
        db.exec_driver_sql("CREATE TABLE steps (colour TEXT)")

    with pytest.raises(StoreError, match="already exists"):
        upgrade(bare)

    assert (tables(bare), revision(bare)) == ({"alembic_version", "steps"}, None)
    bare.close()


def alembic(url: str, *arguments: str) -> str:
    """What plain `alembic` says when a developer runs it at the repository's root."""
    environment = os.environ | {"REAPER_DATABASE_URL": url}
    command = [sys.executable, "-m", "alembic", *arguments]
    return subprocess.run(
        command, check=True, cwd=ROOT, env=environment, capture_output=True, text=True
    ).stdout


@pytest.mark.slow
def test_plain_alembic_does_the_same_for_a_developer(tmp_path: Path) -> None:
    """`alembic upgrade head` and `alembic check` work with alembic.ini and REAPER_DATABASE_URL."""
    url = f"sqlite:///{tmp_path / 'reaper.db'}"

    alembic(url, "upgrade", "head")

    assert "No new upgrade operations detected" in alembic(url, "check")
    database = open_database(url, upgrade=False)
    assert revision(database) == HEAD
    database.close()


def test_plain_alembic_shows_a_migration_without_running_it(tmp_path: Path) -> None:
    """`--sql` prints the statements for a person to read."""
    url = f"sqlite:///{tmp_path / 'reaper.db'}"

    assert "CREATE TABLE runs" in alembic(url, "upgrade", "head", "--sql")
    assert not (tmp_path / "reaper.db").exists() or (tmp_path / "reaper.db").stat().st_size == 0
