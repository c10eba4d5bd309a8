"""Time passes: owners log in, work, solve and fall asleep, the same for the same seed."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from reaper.emulator import Config, World

if TYPE_CHECKING:
    from support.emulated_account import Open

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def still_world(**more: object) -> World:
    return World(Config.model_validate({"start": START, "speed": 0, "sessions": 60, **more}))


def portrait(world: World) -> list[str]:
    now = world.now()
    return [f"{session.json(now)} {session.log.entries}" for session in world.sessions]


@pytest.mark.parametrize("generation", [1, 2])
def test_the_seed_decides(generation: int) -> None:
    """The same seed makes the same account, then and hours later, however often it is looked at.

    Another does not.
    """
    one, two, other = (still_world(generation=generation, seed=seed) for seed in (5, 5, 6))
    assert portrait(one) == portrait(two) != portrait(other)
    one.advance(timedelta(hours=12))
    for _ in range(12 * 60):
        two.advance(timedelta(minutes=1))
    assert portrait(one) == portrait(two)


def test_the_fleet_is_varied() -> None:
    """A generated account has every kind, people and services, what waits, what runs and what is
    over.
    """
    sessions = still_world(sessions=300).sessions
    assert len(sessions) == 300
    assert {session.kind for session in sessions} == {"webui", "task", "solve"}
    states = {session.state for session in sessions}
    assert states >= {
        "Running",
        "Terminated",
        "queued",
        "running",
        "solving",
        "completed",
        "failed",
    }
    owners = {session.owner for session in sessions}
    assert 50 < len(owners) <= 103
    assert any(owner.startswith("svc-") for owner in owners)
    assert {owner.partition("@")[2] for owner in owners} == {"ROOT", "Planning", "Supply", "Test"}


def test_every_session_is_in_order() -> None:
    """Nothing starts before it is created, logs after it is over, or lies in the future, even after
    a day.
    """
    world = still_world()
    world.advance(timedelta(days=1))
    now = world.now()
    for session in world.sessions:
        moments = [
            session.created_at,
            *(at for at, _ in session.log.entries),
            session.over_at or now,
            now,
        ]
        assert moments == sorted(moments), session


def test_owners_come_and_go() -> None:
    """Within a day owners open sessions, work in old ones, start solves, and some sessions end."""
    world = still_world()
    before = {session.id: (session.over, len(session.log.entries)) for session in world.sessions}
    world.advance(timedelta(days=1))
    new = [session for session in world.sessions if session.id not in before]
    old = [session for session in world.sessions if session.id in before]
    assert {session.kind for session in new} == {"webui", "task", "solve"}
    assert any(session.over and not before[session.id][0] for session in old)
    assert any(len(session.log.entries) > before[session.id][1] for session in old)


def test_the_fleet_does_not_grow_without_end() -> None:
    """After a week there are still about as many who work, not many times as many sessions that
    run.
    """
    world = still_world()
    world.advance(timedelta(days=7))
    running = [session for session in world.sessions if not session.over]
    assert 20 < len(running) < 600


def test_speed() -> None:
    """At speed 60 a minute on the wall is an hour on the account."""
    wall = [100.0]
    world = World(Config(start=START, speed=60, sessions=0), monotonic=lambda: wall[0])
    wall[0] += 60
    assert world.now() == START + timedelta(hours=1)


def test_a_scenario_stands_still(tenant: "Open") -> None:
    """In a scenario nothing happens of itself but that heartbeats go on."""
    account = tenant(
        {"id": "x", "idle": "1h", "heartbeat": "1m"}, {"id": "q", "kind": "task", "state": "queued"}
    )
    account.world.advance(timedelta(days=2))
    assert len(account.world.sessions) == 2
    assert len(account.world.get("x").log.entries) == 2
    assert account.get("/task/q")["queue_time"] == 3600 + 2 * 86400


def test_a_scenario_can_be_alive(tenant: "Open") -> None:
    """With `alive`, the owners of a scenario live on."""
    account = tenant({"id": "x", "owner": "kim@ROOT"}, alive=True)
    account.world.advance(timedelta(days=1))
    assert any(
        session.owner == "kim@ROOT" for session in account.world.sessions if session.id != "x"
    )


def test_a_dead_owner_without_a_name(tenant: "Open") -> None:
    """A session without an owner is told as such."""
    assert tenant({"id": "x"}).get("/webui/x")["user_name"] is None
