"""From a session in brief to a session with its times and its log."""

from datetime import datetime, timedelta

from .log import Log
from .scenario import SessionSpec, TaskSpec
from .session import OVER, SOLVE, TASK, WAITING, Session
from .task import Task
from .timeline import floor_ms

LAUNCH = timedelta(seconds=4)
SOLVING_LINE = "solve started: min TotalCost"
_LINES = (
    "page 'Demand' opened",
    "case 'Base' saved",
    "data imported: Orders.xlsx",
    "page 'Results' opened",
)


def build(spec: SessionSpec, session_id: str, account: str, now: datetime) -> Session:
    """The session as it stands at `now`."""
    user, _, environment = (spec.owner or "").partition("@")
    created = floor_ms(now - spec.age)
    session = Session(
        id=session_id, kind=spec.kind, state=spec.resolved_state, created_at=created,
        log=Log(created, spec.heartbeat, until=created),
        name=spec.name or _name(spec), user_name=user or None, environment_name=environment or None,
        app_name=spec.app, app_version=spec.app_version, description=spec.description, account_name=account,
        message=spec.message, memory_gb=spec.memory_gb, send=spec.send, service_name=_service(spec),
        queue_time=spec.queue_time.total_seconds(),
    )  # fmt: skip
    if session.state.lower() not in WAITING:
        _start(session, spec, now)
    return session


def build_tasks(spec: SessionSpec, session: Session, now: datetime) -> list[Task]:
    """What the session runs, has run and will run."""
    if session.kind != TASK:
        return []
    if spec.tasks is None:
        return [Task(f"task-{session.id}", session)]
    return [_task(one, session, now) for one in spec.tasks]


def _task(spec: TaskSpec, session: Session, now: datetime) -> Task:
    created = session.created_at if spec.age is None else floor_ms(now - spec.age)
    began = None if spec.state.lower() in WAITING else created
    ended = floor_ms(now - (spec.ended or timedelta(0))) if spec.state.lower() in OVER else None
    return Task(
        spec.id, session, spec.group_index, spec.state, created, began, ended, send=spec.send
    )


def _name(spec: SessionSpec) -> str:
    return spec.service if spec.kind == TASK else spec.app


def _service(spec: SessionSpec) -> str:
    return spec.service if spec.kind == TASK else ""


def _start(session: Session, spec: SessionSpec, now: datetime) -> None:
    """A started session has waited, launched and logged; one that is over has also ended."""
    launching = session.created_at + spec.queue_time
    last = floor_ms(now - spec.idle) if spec.idle is not None else min(launching + LAUNCH, now)
    started = min(launching + LAUNCH, last)
    session.started_at = started
    session.launch_time = round((started - launching).total_seconds(), 3)
    session.log = Log(
        since=started, heartbeat=spec.heartbeat, entries=_entries(session, spec, started, last)
    )
    if session.state.lower() in OVER:
        session.over_at = session.log.until = (
            floor_ms(now - spec.ended) if spec.ended is not None else last
        )
        session.return_code = 0 if session.state.lower() in ("completed", "finished") else 1


def _entries(
    session: Session, spec: SessionSpec, started: datetime, last: datetime
) -> list[tuple[datetime, str]]:
    count = spec.log_entries if spec.log_entries is not None else (1 if spec.idle is None else 2)
    if count == 0:
        return []
    first = (started if count > 1 else last, opening_line(session))
    step = (last - started) / max(1, count - 1)
    middle = [(floor_ms(started + step * n), _LINES[n % len(_LINES)]) for n in range(1, count - 1)]
    closing = SOLVING_LINE if spec.solving or spec.kind == SOLVE else _LINES[0]
    return [first, *middle, (last, closing)][: max(1, count)]


def opening_line(session: Session) -> str:
    return f"session started: {session.app_name} {session.app_version}"
