"""Opening a database: created, migrated, guarded, and every failure in one line."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.commits import SHIPPED
from support.store_builders import HOUR, NOW, Book, a_pass, a_session

from reaper.errors import ConfigurationError, LeaseHeld, StoreError
from reaper.store import HEAD, Database, entries, list_runs, open_database, revision
from reaper.store.history import HistoryFilter
from reaper.store.types import UtcDateTime

WORKERS = 4
MOMENTS = sa.Table("moments", sa.MetaData(), sa.Column("at", UtcDateTime))


def refusal(url: str, *, upgrade: bool = True) -> str:
    """What a person reads when the database cannot be opened."""
    with pytest.raises((StoreError, ConfigurationError)) as caught:
        open_database(url, upgrade=upgrade).close()
    return str(caught.value)


def together(work: Callable[[int], None]) -> list[BaseException]:
    """Let several threads work at once; what went wrong in any."""
    start, wrong = threading.Barrier(WORKERS), list[BaseException]()

    def one(number: int) -> None:
        try:
            start.wait(timeout=30)
            work(number)
        except BaseException as error:  # noqa: BLE001 - the test shows whatever it is
            wrong.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return wrong


def test_a_database_is_created_and_migrated_on_first_use(url: str) -> None:
    """An empty address becomes a database at this version's revision, its folder included."""
    database = open_database(url)

    assert revision(database) == HEAD
    database.close()


def test_opening_again_keeps_what_is_there(book: Book, migrated_url: str) -> None:
    """The second opening finds the first one's record."""
    book.record(a_pass([a_session()]))

    again = open_database(migrated_url)

    assert len(list_runs(again)) == 1
    again.close()


def test_a_database_at_head_is_opened_without_alembic(sqlite_url: str) -> None:
    """The common path spares the quarter of a second that Alembic takes to import."""
    open_database(sqlite_url).close()
    code = (
        f"import sys; from reaper.store import open_database; open_database({sqlite_url!r}); "
        "print(*sys.modules)"
    )

    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()

    assert "sqlalchemy" in loaded
    assert "alembic" not in loaded


def test_a_database_from_a_newer_version_is_refused(url: str) -> None:
    """A revision this version does not know is left alone, and the line says what to do."""
    database = open_database(url)
    with database.writing() as db:
        db.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    message = refusal(url)

    assert (
        "is from a newer reaper (revision 9999); upgrade reaper, or set another database_url"
        in message
    )
    assert "\n" not in message


def test_a_look_without_upgrade_creates_nothing(sqlite_url: str) -> None:
    """What only looks leaves no file and no folder.

    A database that is not there reads as an empty one.
    """
    database = open_database(sqlite_url, upgrade=False)

    assert revision(database) is None
    assert database.where == sqlite_url
    assert not Path(sqlite_url.removeprefix("sqlite:///")).parent.exists()
    database.close()


@pytest.mark.parametrize("depth", ["file/reaper.db", "file/deep/er/reaper.db"])
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, depth: str) -> None:
    """Below a regular file no folder can stand: what, where, and what to do."""
    (tmp_path / "file").write_text("")

    message = refusal(f"sqlite:///{tmp_path / depth}")

    assert f"the database {tmp_path / depth}: its folder cannot be made: " in message
    assert message.endswith("; set database_url to a place that can be written")
    assert "\n" not in message


def test_a_file_that_is_no_database_is_one_line_and_left_as_it_is(tmp_path: Path) -> None:
    """Somebody's letter is not overwritten."""
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Anna, this is not a database at all, and never was. " * 20)

    message = refusal(f"sqlite:///{letter}")

    assert (
        "file is not a database; the file is something else; set database_url to another file"
        in message
    )
    assert letter.read_text().startswith("Dear Anna")


def test_a_folder_in_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    """What is there, and what to do."""
    assert "it is a folder, not a file; set database_url to a file" in refusal(
        f"sqlite:///{tmp_path}"
    )


def test_a_read_only_database_is_read_but_not_written(sqlite_url: str) -> None:
    """The history of a database that cannot be written stays readable.

    A pass says what to do and loses nothing.
    """
    book = Book(open_database(sqlite_url))
    book.record(a_pass([a_session()]))
    book.database.close()
    path = sqlite_url.removeprefix("sqlite:///")
    read_only = Book(open_database(f"sqlite:///file:{path}?mode=ro&uri=true"))

    with pytest.raises(
        StoreError,
        match="readonly database; make it writable, or set database_url to another place",
    ):
        read_only.record(a_pass([a_session("s2")]))

    assert [entry.session for entry in entries(read_only.database, HistoryFilter())] == ["s1"]
    read_only.database.close()


def test_a_locked_database_is_one_line(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain is told that another program holds the database."""
    monkeypatch.setattr("reaper.store.database._BUSY_SECONDS", 0.05)
    book = Book(open_database(sqlite_url))
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(
        StoreError, match="database is locked; another program has locked it; try again"
    ):
        book.record(a_pass())

    other.close()
    book.database.close()


def test_a_postgresql_database_that_another_writes_is_one_line(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, too, a writer waits for a while and is then told."""
    book = Book(open_database(postgresql_url))
    with book.database.writing():
        monkeypatch.setattr("reaper.store.database._BUSY_SECONDS", 0.1)
        with pytest.raises(
            StoreError, match="lock timeout; another program has locked it; try again"
        ):
            book.record(a_pass())
    book.database.close()


def test_a_full_disk_is_one_line_and_nothing_of_the_pass_is_kept(sqlite_url: str) -> None:
    """A database that may not grow stands for a disk that is full."""
    book = Book(open_database(sqlite_url))
    book.record(a_pass([a_session()]))
    before = book.counts()
    with book.database.reading() as db:
        db.exec_driver_sql("PRAGMA max_page_count = 1")

    with pytest.raises(StoreError, match="disk is full; free some space"):
        book.record(a_pass([a_session(f"s{number}") for number in range(2_000)]))

    assert book.counts() == before
    book.database.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:geheim@127.0.0.1:1/x", "check that the server runs"),
        ("postgresql://u@127.0.0.1:1/x?password=geheim", "check that the server runs"),
        ("postgresql://u:geheim@127.0.0.1:99999/x", "check the port in database_url"),
        ("postgresql://u:geheim@no-such-host.invalid/x", "check the host in database_url"),
    ],
)
def test_a_server_that_does_not_answer_is_one_line_without_the_password(
    url: str, said: str
) -> None:
    """What and where, never the secret, wherever it stands in the address."""
    message = refusal(url)

    assert said in message
    assert "geheim" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://u:geheim@host/x", "postgresql+psycopg://u:***@host/x"),
        ("postgresql://u@host/x?password=geheim", "postgresql+psycopg://u@host/x"),
        (
            "postgresql://host/x?sslpassword=geheim&host=/run/pg",
            "postgresql+psycopg://host/x?host=%2Frun%2Fpg",
        ),
        ("postgresql://u:ge%40heim@host/x?passfile=geheim", "postgresql+psycopg://u:***@host/x"),
    ],
)
def test_a_database_is_named_without_its_secrets(url: str, where: str) -> None:
    """What is shown to people names the place, and no password wherever it stands in the
    address.
    """
    with closing(open_database(url, upgrade=False)) as database:
        assert database.where == where


def test_a_server_that_the_network_swallows_is_given_up(postgresql_url: str) -> None:
    """The connection asks after a silent server by itself.

    What the address says of that counts more.
    """
    url = (
        sa.make_url(postgresql_url)
        .update_query_dict({"keepalives_idle": "7"})
        .render_as_string(hide_password=False)
    )
    with closing(open_database(url)) as database, database.reading() as db:
        info: Any = db.connection.driver_connection
        told = info.info.get_parameters()
    assert (told["keepalives_idle"], told["keepalives_interval"], told["tcp_user_timeout"]) == (
        "7",
        "10",
        "30000",
    )


def test_a_server_without_the_database_is_one_line(postgresql_url: str) -> None:
    """The server is there, the database is not: it is to be created, or another named."""
    url = sa.make_url(postgresql_url).set(database="nowhere").render_as_string(hide_password=False)

    message = refusal(url)

    assert 'database "nowhere" does not exist; create it on the server' in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "reaper.db",
        "nosql://u:geheim@host/x",
        "postgresql://u:geheim@host:port/x",
        "sqlite://u:geheim@host/x.db",
        "sqlite+aiosqlite:///x.db",
        "oracle+cx_oracle://u:geheim@host/x",
    ],
)
def test_an_impossible_address_says_what_to_write_and_no_secret(url: str) -> None:
    """The settings are wrong, not the database: exit code 2, with two addresses to learn from."""
    with pytest.raises(ConfigurationError) as caught:
        open_database(url)

    assert "write sqlite:////var/lib/reaper/reaper.db, or postgresql+psycopg://" in str(
        caught.value
    )
    assert "geheim" not in str(caught.value)


def test_first_opened_by_several_at_once_it_is_migrated_once(url: str) -> None:
    """Whoever comes second waits for the first, and finds the work done."""
    wrong = together(lambda _: open_database(url).close())

    database = open_database(url)
    assert (wrong, revision(database)) == ([], HEAD)
    database.close()


@pytest.mark.slow
def test_first_opened_by_several_programs_at_once_it_is_migrated_once(sqlite_url: str) -> None:
    """The same between processes, which share no lock but the database's."""
    code = f"from reaper.store import open_database; open_database({sqlite_url!r}).close()"
    programs = [
        subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
        for _ in range(WORKERS)
    ]

    assert [program.communicate(timeout=60)[1] for program in programs] == [b""] * WORKERS
    assert [program.returncode for program in programs] == [0] * WORKERS


def test_passes_over_several_accounts_at_once_all_come_on_record(migrated_url: str) -> None:
    """Writers queue and none fails, also where all want to write the text of the same
    policy first.
    """

    def passes(number: int) -> None:
        with closing(Book(open_database(migrated_url)).database) as database:
            for turn in range(5):
                Book(database).record(a_pass([a_session(f"s{turn}")], account=f"account-{number}"))

    wrong = together(passes)

    with closing(open_database(migrated_url)) as database:
        book = Book(database)
        assert (wrong, len(book.rows("runs", "id"))) == ([], WORKERS * 5)
        assert len(book.rows("policy_texts", "hash")) == 1
        assert len(book.rows("decisions", "run_id")) == WORKERS * 5


def test_of_several_reapers_that_take_an_account_at_once_one_gets_it(migrated_url: str) -> None:
    """The others are told who has it, and record nothing."""
    done = threading.Barrier(WORKERS)

    def take(_: int) -> None:
        with closing(open_database(migrated_url)) as database:
            try:
                with Book(database).run(a_pass()):
                    done.wait(timeout=30)
            except LeaseHeld:
                done.wait(timeout=30)
                raise

    wrong = together(take)

    with closing(open_database(migrated_url)) as database:
        assert [type(error) for error in wrong] == [LeaseHeld] * (WORKERS - 1)
        assert len(list_runs(database)) == 1


def test_a_failed_transaction_keeps_nothing(database: Database) -> None:
    """All of it or none of it."""
    with suppress(KeyboardInterrupt), database.writing() as db:
        db.exec_driver_sql("CREATE TABLE half (done INTEGER)")
        raise KeyboardInterrupt

    with database.reading() as db:
        assert not sa.inspect(db).has_table("half")


def test_sqlite_keeps_what_was_committed_and_what_refers_to_what(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write-ahead log, full synchronisation and foreign keys are on for every connection."""
    monkeypatch.setattr("reaper.store.database._prepare_sqlite", SHIPPED)
    database = open_database(sqlite_url)
    with database.reading() as db:
        found = [
            db.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    database.close()

    assert found == ["wal", 2, 1]


def test_a_moment_comes_back_aware_and_in_utc(database: Database) -> None:
    """Whatever zone it was told in, to the microsecond."""
    told = datetime(2026, 10, 25, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with database.writing() as db:
        MOMENTS.create(db)
        db.execute(sa.insert(MOMENTS), [{"at": told}, {"at": None}])
        found = db.scalars(sa.select(MOMENTS.c.at)).all()

    assert found[0] == told
    assert found[0].utcoffset() == timedelta(0)
    assert found[1] is None


def test_moments_sort_and_compare_in_the_database(database: Database) -> None:
    """What the database calls earlier was earlier, with and without a fraction of a second."""
    moments = [NOW, NOW + timedelta(microseconds=1), NOW + HOUR, NOW + timedelta(days=40)]
    with database.writing() as db:
        MOMENTS.create(db)
        db.execute(sa.insert(MOMENTS), [{"at": at} for at in reversed(moments)])
        sorted_ = db.scalars(sa.select(MOMENTS.c.at).order_by(MOMENTS.c.at)).all()
        later = db.scalars(
            sa.select(MOMENTS.c.at).where(MOMENTS.c.at > NOW).order_by(MOMENTS.c.at)
        ).all()

    assert (sorted_, later) == (moments, moments[1:])


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    """A naive time means nothing; it is a programming error."""
    with database.writing() as db:
        MOMENTS.create(db)
        with pytest.raises(sa.exc.StatementError, match="has no time zone"):
            # that is the point
            db.execute(sa.insert(MOMENTS), [{"at": datetime(2026, 11, 23)}])  # noqa: DTZ001
        db.rollback()
