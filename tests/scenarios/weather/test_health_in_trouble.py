"""Health, readiness and metrics tell the story of a bad day while it lasts."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass

import httpx
import pytest
from support.lost_databases import give_back, take_away
from support.unattended import House, restore, revoke, until

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Face:
    """The daemon over HTTP."""

    url: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", trust_env=False, timeout=10)

    def is_up(self) -> bool:
        try:
            return self.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def not_ready_for(self) -> set[tuple[str, str | None]]:
        """The checks that fail, each with its account."""
        answer = self.get("/readyz")
        failed = {(one["check"], one["account"]) for one in answer.json()["reasons"]}
        assert answer.status_code == (503 if failed else 200)
        return failed

    def metric(self, name: str) -> float:
        """Its value, over all labels."""
        lines = [line.rpartition(" ") for line in self.get("/metrics").text.splitlines()]
        return sum(float(value) for series, _, value in lines if series.partition("{")[0] == name)


@pytest.fixture
def address() -> str:
    """Where nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return "{}:{}".format(*taken.getsockname())


def test_a_bad_day_is_told_while_it_lasts(postgresql_house: House, address: str) -> None:
    """The database goes, then an account.

    The daemon lives, is not ready for that reason, and is ready again later.
    """
    house, face = postgresql_house, Face(f"http://{address}")
    house.about["ready_within"] = "4s"
    daemon = house.daemon(house.write(interval="1s", http={"listen": address}))
    until(face.is_up)
    until(lambda: not face.not_ready_for())

    take_away(house.database_url)
    until(lambda: ("database", None) in face.not_ready_for())
    until(lambda: face.metric("reaper_databases_lost_total") == 1)
    assert (face.is_up(), face.metric("reaper_database_up")) == (True, 0)
    give_back(house.database_url)
    until(lambda: not face.not_ready_for())
    assert face.metric("reaper_database_up") == 1

    revoke(house.accounts["acme"])
    until(lambda: face.not_ready_for() == {("key", "acme"), ("runs", "acme")})
    assert face.is_up()
    restore(house.accounts["acme"])
    daemon.signal(signal.SIGHUP)
    until(lambda: not face.not_ready_for())
    assert daemon.stop() == 0
