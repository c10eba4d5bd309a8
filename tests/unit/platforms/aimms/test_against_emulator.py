"""The client against the emulator on a real socket, both generations.

What the two read from one contract agrees.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from reaper.clock import SystemClock
from reaper.core.model.session import Phase
from reaper.emulator import DEFAULT_KEY, Config, Emulator, Faults, Scenario, SessionSpec, TaskSpec
from reaper.errors import AccountError, Unauthorized
from reaper.platforms.aimms.doctor import examine
from reaper.platforms.aimms.logs import DEFAULT_IGNORE, compile_ignore
from reaper.platforms.aimms.source import AccountEnder, AccountSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from support.scripted_server import Connect

    Open = Callable[..., tuple[AccountSource, Emulator]]

OVER = {"terminated", "finished", "completed", "failed", "crashed"}


@pytest.fixture
def account(connect: Connect) -> Iterator[Open]:
    """A source that reads an emulator; opens both and closes both."""
    opened: list[Callable[[], object]] = []

    def start(
        config: Config,
        scenario: Scenario | None = None,
        key: str = DEFAULT_KEY,
        *,
        generation: Literal["auto", 1, 2] = "auto",
    ) -> tuple[AccountSource, Emulator]:
        emulator = Emulator(config, scenario).__enter__()
        opened.append(lambda: emulator.__exit__(None, None, None))
        connection = connect(emulator, key=key, clock=SystemClock())
        ignore = compile_ignore(DEFAULT_IGNORE)
        clock = SystemClock()
        source = AccountSource(connection, clock=clock, generation=generation, ignore=ignore)
        opened.append(source.close)
        return source, emulator

    yield start
    for close in reversed(opened):
        close()


@pytest.mark.parametrize("generation", [1, 2])
def test_a_fleet_is_read_completely(account: Open, generation: Literal[1, 2]) -> None:
    """Every session of the emulated account that is not over is in the snapshot, and no other."""
    source, emulator = account(Config(generation=generation, sessions=300, speed=0, page_cap=50))
    snapshot = source.fetch()
    assert (snapshot.doubts, snapshot.unreadable, source.generation) == ((), (), generation)
    there = {sent.id for sent in emulator.world.sessions if str(sent.state).lower() not in OVER}
    assert {session.id for session in snapshot.sessions} == there
    assert all(session.problems == () and session.created_at for session in snapshot.sessions)


@pytest.mark.parametrize("generation", [1, 2])
def test_the_last_activity_is_the_true_one(account: Open, generation: Literal[1, 2]) -> None:
    """Behind any number of heartbeats the last real entry is found."""
    idle = timedelta(hours=3)
    specs = [
        SessionSpec(id="a", age="5h", idle=idle, heartbeat="60s", owner="ann@ROOT"),
        SessionSpec(id="b", age="1h", owner="ben@ROOT"),
    ]
    source, _ = account(Config(generation=generation, speed=0), Scenario(sessions=specs))
    snapshot = source.fetch()
    now = SystemClock().now()
    found = source.probe(snapshot.sessions)
    for id_, truth in (("a", idle), ("b", timedelta(hours=1))):
        span = found[id_].idle(now)
        assert span is not None
        assert abs(span - truth) < timedelta(seconds=30)
    assert [session.id for session in source.owned_by(snapshot.sessions[0])] in (["a"], ["b"])


@pytest.mark.parametrize("generation", [1, 2])
def test_a_termination_ends_the_session_and_keeps_its_record(
    account: Open, generation: Literal[1, 2]
) -> None:
    """After the one request of its generation the session is over, and its record still there."""
    source, emulator = account(
        Config(generation=generation, speed=0), Scenario(sessions=[SessionSpec(id="a")])
    )
    (session,) = source.fetch().sessions
    AccountEnder(source).terminate(session)
    assert source.read("webui", "a").phase is Phase.OVER
    assert source.fetch().sessions == ()
    assert [name for name, _ in emulator.world.terminated] == ["a"]


def test_a_running_task_is_interrupted_gently(account: Open) -> None:
    """Of a session that a task names; where none is named, nothing is sent."""
    specs = [SessionSpec(id="t", kind="task", solving=True)]
    source, emulator = account(Config(generation=2, speed=0), Scenario(sessions=specs))
    (session,) = source.fetch().sessions
    one = source.tasks([session])["t"].the_one
    assert one is not None
    AccountEnder(source).interrupt_solve(replace(session, task=one.key))
    assert [name for name, _ in emulator.world.interrupted] == ["task-t"]
    with pytest.raises(AccountError, match="not known; nothing was sent"):
        AccountEnder(source).interrupt_execution(session)


TASK = SessionSpec(id="t", kind="task", age="9h", idle="8h")


@pytest.mark.parametrize(
    ("tasks", "named", "idle"),
    [
        ([TaskSpec(id="a")], True, timedelta(0)),
        ([TaskSpec(id="a", state="queued")], True, timedelta(0)),
        ([TaskSpec(id="a", state="completed")], True, timedelta(hours=8)),
        ([], True, None),
        ([TaskSpec(id="a")], False, None),
        ([TaskSpec(id="a", state="completed")], False, timedelta(hours=8)),
        ([TaskSpec(id="a", state="puzzled")], True, None),
    ],
    ids=str,
)
def test_a_session_with_a_task_in_it_is_not_idle(
    account: Open, tasks: list[TaskSpec], named: bool, idle: timedelta | None
) -> None:
    """However long its log is silent.

    Where it is not known whether there is one, nor is how long it is idle.
    """
    specs = [TASK.model_copy(update={"tasks": tasks})]
    source, _ = account(
        Config(generation=2, speed=0, task_session_ids=named), Scenario(sessions=specs)
    )
    found = source.probe(source.fetch().sessions)["t"].idle(SystemClock().now())
    assert (
        found == idle
        if idle is None or found is None
        else abs(found - idle) < timedelta(seconds=30)
    )


@pytest.mark.parametrize("generation", [1, 2])
def test_faults_of_reads_are_lived_through(account: Open, generation: Literal[1, 2]) -> None:
    """Passing faults of a tenth of all requests leave the look complete, or with a doubt, never
    short in silence.
    """
    faults = Faults.parse("429:0.05:0s,503:0.05:0s,drop:0.05")
    config = Config(
        generation=generation, sessions=200, speed=0, page_cap=20, faults=faults, seed=3
    )
    source, emulator = account(config, generation=generation)
    snapshot = source.fetch()
    there = {sent.id for sent in emulator.world.sessions if str(sent.state).lower() not in OVER}
    assert snapshot.doubts or {session.id for session in snapshot.sessions} == there
    found = source.probe(snapshot.sessions)
    assert len(found) == len(snapshot.sessions)


def test_a_moving_fleet_is_complete_or_doubtful(account: Open) -> None:
    """Sessions that come and go between the pages never make a look short in silence."""
    source, emulator = account(
        Config(generation=2, sessions=300, speed=0, page_cap=40, churn=0.5, seed=5)
    )
    before = {sent.id for sent in emulator.world.sessions if str(sent.state).lower() not in OVER}
    snapshot = source.fetch()
    after = {sent.id for sent in emulator.world.sessions if str(sent.state).lower() not in OVER}
    assert snapshot.doubts or before & after <= {session.id for session in snapshot.sessions}


def test_a_wrong_key_is_told(account: Open) -> None:
    """A key the account does not know is one line that names account and address."""
    source, emulator = account(Config(speed=0), key="wrong-key")
    with pytest.raises(Unauthorized, match=r"acme \(http.*unknown or expired") as caught:
        source.fetch()
    assert "wrong-key" not in str(caught.value)
    assert emulator.url in str(caught.value)


@pytest.mark.parametrize("generation", [1, 2])
def test_the_doctor_finds_the_emulator_well(account: Open, generation: Literal[1, 2]) -> None:
    """Nothing of the emulator is wrong by the doctor's checks, and a skewed clock is."""
    source, emulator = account(Config(generation=generation, sessions=60, speed=0))
    checks = examine(source.connection, "auto", SystemClock())
    assert [check for check in checks if check.ok is False] == []
    emulator.world.faults = Faults.parse("skew:+90s")
    bad = [
        check.name
        for check in examine(source.connection, "auto", SystemClock())
        if check.ok is False
    ]
    assert bad == ["clock"]
