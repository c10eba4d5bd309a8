"""What people and services do as time passes: log in, work, solve, fall asleep, come back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import people
from .account import Account
from .session import SOLVE, TASK, WEBUI, Session

_DEEDS = (
    "page 'Demand' opened", "page 'Results' opened", "case 'Base' saved", "case 'Low demand' loaded",
    "data imported: Orders.xlsx", "procedure 'ComputeKPIs' finished",
)  # fmt: skip
_CLOSING = timedelta(minutes=5)  # the platform ends a WebUI session that long after its tabs close


def begin(world: Account) -> None:
    """Wake up everybody who is seen on the account."""
    for owner, session in _latest_of_each_owner(world).items():
        Person(world, owner, session).begin()
    if TASK in world.kinds:
        for owner in people.service_accounts(world.rng):
            Service(world, owner).begin()
    for session in world.sessions:
        if session.kind != WEBUI and not session.over:
            _follow(world, session)


def _latest_of_each_owner(world: Account) -> dict[str, Session]:
    """The WebUI session that each owner opened last, running or over."""
    return {session.owner: session for session in world.of_kind(WEBUI)}


def churn(world: Account) -> None:
    """One running WebUI session ends and one starts, from the seed."""
    rng = world.churn_rng
    running = [session for session in world.of_kind(WEBUI) if not session.over]
    if running:
        world.end(rng.choice(running).id)
    app, version = people.application(rng)
    world.add_session(owner=people.crew(rng, 1)[0], app=app, app_version=version, age="0s")


@dataclass
class Person:
    """One owner. Awake, they do something every few minutes; asleep, they are away for hours."""

    world: Account
    owner: str
    session: Session | None = None
    patience: int = 0
    closing: set[str] = field(default_factory=set)

    def begin(self) -> None:
        self._later(60, 8 * 3600)

    def _later(self, low: float, high: float) -> None:
        now = self.world.now()
        self.world.timeline.at(
            now + timedelta(seconds=self.world.rng.uniform(low, high)), self.step
        )

    def step(self, _: datetime) -> None:
        if self.patience == 0:
            self._wake()
        else:
            self._work()

    def _wake(self) -> None:
        rng = self.world.rng
        self.patience = rng.randint(4, 25)
        lost_interest = rng.random() < 0.3  # noqa: PLR2004 - a share
        if (
            self.session is None
            or self.session.over
            or self.session.id in self.closing
            or lost_interest
        ):
            app, version = people.application(rng)
            self.session = self.world.add_session(
                owner=self.owner, app=app, app_version=version, age="0s", heartbeat="60s"
            )
        self._later(20, 300)

    def _work(self) -> None:
        self.patience -= 1
        rng, session = self.world.rng, self.session
        if session is None or session.over:
            self.patience = 0
        elif rng.random() < 0.08:  # noqa: PLR2004 - a share
            self._solve(session)
        else:
            self.world.touch(session.id, rng.choice(_DEEDS))
        if self.patience:
            self._later(20, 480)
        else:
            self._fall_asleep()

    def _solve(self, session: Session) -> None:
        self.world.touch(session.id, "solve started: min TotalCost")
        if SOLVE in self.world.kinds:
            solve = self.world.add_session(
                kind=SOLVE, owner=self.owner, app=session.app_name, app_version=session.app_version,
                state="queued", age="0s", heartbeat="60s",
            )  # fmt: skip
            _follow(self.world, solve)

    def _fall_asleep(self) -> None:
        """One in four closes the tabs; the others just walk away."""
        if self.session is not None and not self.session.over and self.world.rng.random() < 0.25:  # noqa: PLR2004
            session = self.session
            self.closing.add(session.id)
            self.world.timeline.at(self.world.now() + _CLOSING, lambda _: self._closed(session))
        self._later(3600, 14 * 3600)

    def _closed(self, session: Session) -> None:
        self.closing.discard(session.id)
        _end_if_there(self.world, session)


@dataclass
class Service:
    """A service account: it submits a task every now and then."""

    world: Account
    owner: str

    def begin(self) -> None:
        self._later()

    def _later(self) -> None:
        delay = timedelta(seconds=self.world.rng.uniform(300, 3600))
        self.world.timeline.at(self.world.now() + delay, self._submit)

    def _submit(self, _: datetime) -> None:
        app, version = people.application(self.world.rng)
        service = self.world.rng.choice(people.TASK_SERVICES)
        task = self.world.add_session(
            kind=TASK, owner=self.owner, app=app, app_version=version, service=service,
            state="queued", age="0s", heartbeat="60s",
        )  # fmt: skip
        _follow(self.world, task)
        self._later()


def _follow(world: Account, session: Session) -> None:
    """A task or solve goes on by itself.

    Queued, running, solving, and over after minutes or hours.
    """
    delay = world.rng.uniform(20, 240) if session.waiting else world.rng.uniform(60, 1800)
    world.timeline.at(world.now() + timedelta(seconds=delay), lambda _: _go_on(world, session))


def _go_on(world: Account, session: Session) -> None:
    if session.over or session.forced_at or not _there(world, session):
        return
    if session.waiting:
        world.start(session)
    elif session.state == "running" and session.kind == TASK and world.rng.random() < 0.7:  # noqa: PLR2004
        session.state = "solving"
        world.touch(session.id, "solve started: min TotalCost")
    elif world.rng.random() < 0.5:  # noqa: PLR2004 - a share
        world.touch(session.id, f"solver: {world.rng.randint(1, 900) * 1000} iterations")
    else:
        _finish(world, session)
        return
    _follow(world, session)


def _finish(world: Account, session: Session) -> None:
    """A solve ends with its session, a task before it."""
    unfinished = [task for task in world.tasks_in(session.id) if not task.over]
    if not unfinished:
        world.end(session.id)
    for task in unfinished[:1]:
        world.end_task(task)


def _there(world: Account, session: Session) -> bool:
    return world.lookup(session.id) is session


def _end_if_there(world: Account, session: Session) -> None:
    if _there(world, session):
        world.end(session.id)
