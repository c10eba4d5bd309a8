"""An account's server is down, slow or refuses the key.

Told, left alone, and looked after again by itself.
"""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from support.unattended import House, idle, named, restore, revoke, until

from reaper.emulator import Emulator, Faults

pytestmark = pytest.mark.slow

Change = Callable[[Emulator], None]


def down(account: Emulator) -> None:
    """Nobody listens at its address any more."""
    port = int(account.url.rpartition(":")[2])
    account.config = account.config.model_copy(update={"port": port})
    account.__exit__(None, None, None)


def up(account: Emulator) -> None:
    account.__enter__()


def faulty(spec: str) -> Change:
    def change(account: Emulator) -> None:
        account.world.faults = Faults.parse(spec)

    return change


TROUBLES: dict[str, tuple[Change, Change, str]] = {
    "down": (down, up, "the connection was refused"),
    "slow": (faulty("slow:1:2s"), faulty(""), "no answer in time"),
    "failing": (faulty("503:1"), faulty(""), "503"),
    "key revoked": (revoke, restore, "the key is unknown or expired"),
}


@pytest.mark.parametrize(("begin", "end", "said"), TROUBLES.values(), ids=list(TROUBLES))
def test_an_account_in_trouble_is_told_and_comes_back(
    house: House, begin: Change, end: Change, said: str
) -> None:
    """The daemon stays up and looks after the other account.

    Nothing is ended there until the trouble is over.
    """
    acme = house.accounts["acme"]
    daemon = house.daemon(house.write(interval="1s"))
    until(lambda: house.ended("acme") and house.ended("globex"))
    begin(acme)
    asked = len(house.asked("acme"))
    for account in house.accounts.values():
        account.world.add_session(**idle(3))
    until(lambda: daemon.told("run ended", account="acme", result="unreachable"))
    until(lambda: named(3) in house.ended("globex"))
    assert said in daemon.text()
    assert (daemon.lives, len(house.asked("acme"))) == (True, asked)
    end(acme)
    if begin is revoke:  # a key that was rejected is not tried again by itself
        daemon.signal(signal.SIGHUP)
    until(lambda: named(3) in house.ended("acme"))
    assert daemon.stop() == 0
    assert "Traceback" not in daemon.text()


def test_a_name_that_nobody_knows_costs_the_others_nothing(house: House) -> None:
    """Without DNS for one account it says so, and looks after the other."""
    file = house.write(interval="1s")
    file.write_text(
        file.read_text("utf-8").replace(house.accounts["acme"].url, "https://acme.invalid"), "utf-8"
    )
    daemon = house.daemon(file)
    until(lambda: daemon.told("run ended", account="acme", result="unreachable"))
    until(lambda: house.ended("globex"))
    assert "acme.invalid" in daemon.text()
    assert daemon.stop() == 0
