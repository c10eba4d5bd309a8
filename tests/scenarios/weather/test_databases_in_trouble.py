"""The database is gone or full.

Nothing is ended that cannot be recorded, and the work goes on by itself.
"""

from __future__ import annotations

import resource

import pytest
from support.lost_databases import give_back, take_away
from support.unattended import Daemon, House, idle, named, until

pytestmark = pytest.mark.slow


def newcomer(house: House, number: int) -> None:
    for account in house.accounts.values():
        account.world.add_session(**idle(number))


def all_ended(house: House, number: int) -> bool:
    return all(named(number) in house.ended(name) for name in house.accounts)


def troubles(daemon: Daemon) -> int:
    """How often it told of the database."""
    return sum("the database" in str(e.get("error", "")) for e in daemon.told())


def test_a_database_that_goes_away_and_comes_back(postgresql_house: House) -> None:
    """While it is gone the accounts are asked for no change.

    Afterwards what was due is done, without a restart.
    """
    house = postgresql_house
    daemon = house.daemon(house.write(interval="1s"))
    until(lambda: all_ended(house, 1))
    take_away(house.database_url)
    newcomer(house, 3)
    before = troubles(daemon)
    until(lambda: troubles(daemon) >= before + 3)
    assert (daemon.lives, any(named(3) in house.ended(name) for name in house.accounts)) == (
        True,
        False,
    )
    give_back(house.database_url)
    until(lambda: all_ended(house, 3))
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.text()


def test_a_start_without_the_database_waits_for_it(postgresql_house: House) -> None:
    """It says what it waits for, asks nothing of the accounts, and begins when the database is
    there.
    """
    house = postgresql_house
    take_away(house.database_url)
    daemon = house.daemon(house.write(interval="1s"))
    until(lambda: troubles(daemon) >= 2)
    assert (daemon.lives, [len(one.requests) for one in house.accounts.values()]) == (True, [0, 0])
    give_back(house.database_url)
    until(lambda: all_ended(house, 1))
    assert daemon.stop() == 0


def test_a_newer_replica_migrates_the_database(house: House) -> None:
    """The older daemon ends nothing from then on, says what to replace it by, and stays up until
    somebody does.
    """
    daemon = house.daemon(house.write(interval="1s"))
    until(lambda: all_ended(house, 1))
    house.tell("UPDATE alembic_version SET version_num = '9999'")
    newcomer(house, 3)
    until(lambda: troubles(daemon) >= 2)
    assert "revision 9999" in daemon.text()
    assert (daemon.lives, any(named(3) in house.ended(name) for name in house.accounts)) == (
        True,
        False,
    )
    assert daemon.stop() == 0


def limit_files(daemon: Daemon, most: int) -> None:
    """No file that it writes may grow beyond so many bytes; as on a full disk."""
    resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


def test_a_full_disk(house: House) -> None:
    """Nothing more can be written: nothing is ended, and it works on when there is room again."""
    daemon = house.daemon(house.write(interval="1s"))
    until(lambda: all_ended(house, 1))
    limit_files(daemon, 0)
    newcomer(house, 3)
    until(lambda: troubles(daemon) >= 3)
    assert (daemon.lives, any(named(3) in house.ended(name) for name in house.accounts)) == (
        True,
        False,
    )
    limit_files(daemon, resource.RLIM_INFINITY)
    until(lambda: all_ended(house, 3))
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.text()
