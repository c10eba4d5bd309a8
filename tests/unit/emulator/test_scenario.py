"""Scenario files: what they can say, and what they are told when they cannot be followed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reaper.emulator import Config, Faults, ScenarioError, World, load_scenario

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EXAMPLE = """
force_lag: 2m
page_cap: 500
keys:
  - key: demo-key
    scopes: [Session, Tasks]
    expires: 300d
  - {key: expired-key, expires: -1d}
sessions:
  - {kind: webui, owner: kim@Planning, app: Demand, app_version: 1.10, age: 9h, idle: 5h30m, heartbeat: 1m}
  - {kind: webui, id: fixed, owner: lee@ROOT, description: no, age: 2d, state: terminated, ended: 1d}
  - {kind: task, owner: svc-erp@Supply, service: replan, age: 3h, idle: 10m, solving: true}
  - {kind: solve, owner: kim@Planning, age: 20m, state: queued}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    path = tmp_path / "scenario.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    return World(Config(start=START, speed=0, scenario=path))


def test_sessions(world: World) -> None:
    """Each session stands as the file says, and scalars are the text that was written."""
    first, fixed, task, solve = world.sessions
    assert (first.owner, first.app_version, first.state) == ("kim@Planning", "1.10", "Running")
    assert first.log.last_real() == START - timedelta(hours=5, minutes=30)
    assert (fixed.id, fixed.description, fixed.state, fixed.over_at) == (
        "fixed",
        "no",
        "Terminated",
        START - timedelta(days=1),
    )
    assert (task.state, task.service_name) == ("solving", "replan")
    assert (solve.state, solve.started_at) == ("queued", None)


def test_settings(world: World) -> None:
    """A scenario overrides the lag of forced tasks, the size of pages and the keys."""
    assert (world.force_lag, world.page_cap) == (timedelta(minutes=2), 500)
    assert world.keys["demo-key"].expires == START + timedelta(days=300)
    assert world.keys["expired-key"].expired(world.now())


def test_ids_come_from_the_seed(world: World, tmp_path: Path) -> None:
    """Sessions without an id get the same one for the same seed."""
    again = World(Config(start=START, speed=0, scenario=tmp_path / "scenario.yaml"))
    assert [session.id for session in again.sessions] == [session.id for session in world.sessions]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "sessions: [{age: 3}]",
            "sessions.0.age: '3' is not a valid duration: write a number with its unit",
        ),
        ("sessions: [{age: 1h, idle: 2h}]", "sessions.0: idle for longer than it has been running"),
        ("sessions: [{owner: kim}]", "owner 'kim' is not written user@environment"),
        ("sessions: [{kind: webui, solving: true}]", "only a task that is running can be solving"),
        ("sessions: [{mood: good}]", "sessions.0.mood: Extra inputs are not permitted"),
        ("sessions: [{heartbeat: 0s}]", "heartbeat must be longer"),
        ("sessions: [{age: -1h}]", "lies before zero"),
        ("sessions: [{queue_time: 2h}]", "queue_time exceeds age"),
        (
            "sessions: [{idle: 10m, state: terminated, ended: 20m}]",
            "ended before its last log entry",
        ),
        ("keys: [{key: x, scopes: [Everything]}]", "keys.0.scopes"),
        ("sessions: [", "is not valid YAML"),
        ("- just a list", "scenario.yaml: "),
    ],
)
def test_problems_are_told(tmp_path: Path, text: str, words: str) -> None:
    """A scenario that cannot be followed is refused with the file, the place and the reason."""
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as raised:
        load_scenario(path)
    assert words in str(raised.value)
    assert str(path) in str(raised.value)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is told as such."""
    with pytest.raises(ScenarioError, match="cannot be read"):
        load_scenario(tmp_path / "nowhere.yaml")


def test_twins_are_refused() -> None:
    """Two sessions cannot have one id."""
    world = World(Config(sessions=0))
    world.add_session(id="x")
    with pytest.raises(ValueError, match="already a session x"):
        world.add_session(id="x")


def test_generation_1_has_no_solves() -> None:
    """A solve cannot be added to an account of generation 1."""
    with pytest.raises(ValueError, match="generation 1 has no solve sessions"):
        World(Config(generation=1, sessions=0)).add_session(kind="solve")


def test_config_reads_faults_from_text() -> None:
    """A config takes faults as text or ready-made, and refuses what is none."""
    assert Config.model_validate({"faults": "500:0.5"}).faults == Faults.parse("500:0.5")
    with pytest.raises(ValueError, match="unknown"):
        Config.model_validate({"faults": "noise:1"})
