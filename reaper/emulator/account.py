"""The whole emulated account: sessions, time, keys and faults. It knows nothing of HTTP."""

import random
import threading
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from .building import build, build_tasks, opening_line
from .config import Config, Generation, Key
from .refusals import Missing
from .scenario import KeySpec, Scenario, SessionSpec
from .session import ENDED_STATE, SOLVE, TASK, WEBUI, Session
from .task import Task
from .timeline import Timeline

KINDS: dict[Generation, tuple[str, ...]] = {1: (WEBUI, TASK), 2: (WEBUI, TASK, SOLVE)}
RETENTION = timedelta(days=30)


class Recorded(NamedTuple):
    """One request and its answer; status 0 where the connection was cut."""

    method: str
    path: str
    query: str
    status: int


class Account:
    """One lock guards all of it; whoever asks for the time lets what is due happen first.

    `terminated` lists (session id, emulated time) of what the API did, `interrupted` (task id,
    emulated time), `requests` what was asked over HTTP. `between_pages` is called after each page
    of a session list. `faults`, `latency` (real seconds), `force_lag`, `interrupt_lag`,
    `rest_idle`, `page_cap` and `task_session_ids` may be changed while it runs.
    """

    def __init__(self, config: Config, scenario: Scenario, monotonic: Callable[[], float]) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.timeline = Timeline(config.start, config.speed, monotonic)
        self.rng = random.Random(config.seed)
        self.fault_rng = random.Random(f"{config.seed} faults")
        self.churn_rng = random.Random(f"{config.seed} churn")
        self.generation: Generation = config.generation
        self.kinds = KINDS[config.generation]
        self.terminated: list[tuple[str, datetime]] = []
        self.interrupted: list[tuple[str, datetime]] = []
        self.requests: list[Recorded] = []
        self.between_pages: Callable[[], object] | None = None
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[tuple[str, int], Task] = {}
        self._runs: dict[str, list[Task]] = {}
        self._by_age: dict[str, list[Session]] = {kind: [] for kind in self.kinds}
        self._configure(config, scenario)

    def _configure(self, config: Config, scenario: Scenario) -> None:
        self.faults = config.faults
        self.latency = config.latency
        self.interrupt_lag = timedelta(seconds=config.interrupt_lag)
        self.rest_idle = timedelta(seconds=config.rest_idle)
        told = config.task_session_ids
        self.task_session_ids = config.generation > 1 if told is None else told
        lag = scenario.force_lag
        self.force_lag = timedelta(seconds=config.force_lag) if lag is None else lag
        self.page_cap = scenario.page_cap or config.page_cap
        self.churn = config.churn if scenario.churn is None else scenario.churn
        self.keys = {key.key: key for key in map(self._key, scenario.keys)} or {
            key.key: key for key in config.keys
        }

    def _key(self, spec: KeySpec) -> Key:
        expires = spec.expires
        moment = self.timeline.start + expires if isinstance(expires, timedelta) else expires
        return Key(
            key=spec.key,
            scopes=spec.scopes,
            expires=moment,
            user=spec.user,
            administrator=spec.administrator,
        )

    def now(self) -> datetime:
        with self.lock:
            return self.timeline.now()

    def advance(self, by: timedelta) -> None:
        """Let emulated time pass at once; what is due within happens."""
        with self.lock:
            self.timeline.advance(by)

    @contextmanager
    def moment(self) -> Iterator[datetime]:
        """The lock, and the time: nothing happens between two reads inside."""
        with self.lock:
            yield self.timeline.now()

    @property
    def sessions(self) -> list[Session]:
        """Every session of every kind, in the order in which they were added."""
        with self.moment():
            return list(self._sessions.values())

    def of_kind(self, kind: str) -> list[Session]:
        """The sessions of a kind, oldest first; to be read under the lock and not to be changed."""
        return self._by_age[kind]

    def get(self, session_id: str) -> Session:
        """The session of any kind.

        Raises:
            Missing: there is none of that id.
        """
        return self.find(None, session_id)

    def lookup(self, session_id: str) -> Session | None:
        with self.moment():
            return self._sessions.get(session_id)

    def find(self, kind: str | None, session_id: str) -> Session:
        """The session of that kind (None: of any).

        Raises:
            Missing: there is none of that kind and id.
        """
        session = self.lookup(session_id)
        if session is None or kind not in (None, session.kind):
            raise Missing(f"There is no {kind or 'session'} session {session_id}.")
        return session

    def add_session(self, **fields: object) -> Session:
        """Add a session, written as in a scenario.

        `add_session(owner="kim@ROOT", age="3h", idle="2h")`.
        """
        with self.lock:
            return self._add(SessionSpec.model_validate(fields))

    def _add(self, spec: SessionSpec) -> Session:
        if spec.kind not in self.kinds:
            raise ValueError(f"generation {self.generation} has no {spec.kind} sessions")
        now = self.timeline.now()
        session = self.admit(build(spec, spec.id or self._new_id(), self.config.account, now))
        for task in build_tasks(spec, session, now):
            self._admit_task(task)
        return session

    def _new_id(self) -> str:
        return str(UUID(int=self.rng.getrandbits(128), version=4))

    def admit(self, session: Session) -> Session:
        if session.id in self._sessions:
            raise ValueError(f"there is already a session {session.id}")
        self._sessions[session.id] = session
        insort(self._by_age[session.kind], session, key=_age_order)
        return session

    def remove(self, session: Session) -> None:
        """The record vanishes."""
        with self.lock:
            if self._sessions.pop(session.id, None) is not None:
                self._by_age[session.kind].remove(session)
                for task in self.tasks_in(session.id):
                    self.remove_task(task)

    def touch(self, session_id: str, message: str = "page 'Demand' opened") -> None:
        """The owner does something: a real line in the log, now."""
        with self.moment() as now:
            self.get(session_id).log.add(now, message)

    def start(self, session: Session) -> None:
        """A waiting session starts to run, now."""
        now = self.now()
        session.queue_time = round((now - session.created_at).total_seconds(), 3)
        session.started_at = session.log.since = now
        session.log.until = None
        session.state = "running"
        session.log.add(now, opening_line(session))

    def end(self, session_id: str, state: str | None = None, message: str = "") -> None:
        """The session ends now: in the state of a natural end, or in the one given."""
        with self.moment() as now:
            session = self.get(session_id)
            if session.over:
                return
            session.state = state or ENDED_STATE[session.kind]
            session.message = message
            session.over_at = now
            session.log.until = session.forced_at or now
            session.return_code = 0 if state is None else 1
            for task in self.tasks_in(session_id):
                if not task.over:
                    task.finish("completed" if state is None else "failed", now, message)
            self._expire(session, now)

    @property
    def tasks(self) -> list[Task]:
        """Every task, the newest first; to be read under the lock and not to be changed."""
        return sorted(self._tasks.values(), key=lambda task: (task.created, task.key), reverse=True)

    def tasks_in(self, session_id: str) -> list[Task]:
        """What the session runs, has run and will run."""
        return list(self._runs.get(session_id, ()))

    def find_task(self, task_id: str, group_index: int = 0) -> Task:
        """The task of that id, which is no session's, and group index.

        Raises:
            Missing: there is none.
        """
        with self.moment():
            task = self._tasks.get((task_id, group_index))
        if task is None:
            raise Missing(f"There is no task {task_id} of group index {group_index}.")
        return task

    def begin_task(
        self, session_id: str, task_id: str, group_index: int = 0, state: str = "running"
    ) -> Task:
        """The session takes up a task, now."""
        with self.moment() as now:
            session = self.find(TASK, session_id)
            began = None if state == "queued" else now
            return self._admit_task(Task(task_id, session, group_index, state, now, began))

    def end_task(self, task: Task, state: str = "completed", message: str = "") -> None:
        """The task ends now.

        Its session takes up its next one, or is idle for a while and then ends, too.
        """
        with self.moment() as now:
            if task.over:
                return
            session, left = (
                task.session,
                [t for t in self.tasks_in(task.session.id) if t is not task and not t.over],
            )
            task.finish(state, now, message)
            session.state = "running"
            if left:
                self._take_up(left, now)
                return
            ended = None if state == "completed" else state
            self.timeline.at(
                now + self.rest_idle, lambda _: self._nothing_came(session, task, ended, message)
            )

    def _take_up(self, left: list[Task], now: datetime) -> None:
        following = min(left, key=lambda task: task.created)
        if all(task.state == "queued" for task in left):
            following.own_state, following.began_at = "running", now

    def _nothing_came(self, session: Session, last: Task, state: str | None, message: str) -> None:
        tasks = self.tasks_in(session.id)
        if (
            tasks
            and tasks[-1] is last
            and session.forced_at is None
            and self.lookup(session.id) is session
        ):
            self.end(session.id, state, message)

    def _admit_task(self, task: Task) -> Task:
        if task.key in self._tasks:
            raise ValueError(f"there is already a task {task.id} of group index {task.group_index}")
        self._tasks[task.key] = task
        self._runs.setdefault(task.session.id, []).append(task)
        return task

    def remove_task(self, task: Task) -> None:
        """The task's record vanishes."""
        with self.lock:
            if self._tasks.pop(task.key, None) is not None:
                self._runs[task.session.id].remove(task)

    def _expire(self, session: Session, now: datetime) -> None:
        if session.kind != TASK:
            self.timeline.at(now + RETENTION, lambda _: self.remove(session))


def _age_order(session: Session) -> tuple[datetime, str]:
    return session.created_at, session.id
