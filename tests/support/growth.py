"""A year of an account with two thousand sessions, written by a day of real runs whose rows are
then repeated.

A session lives for a day on average and is used all the time, but for those that are forgotten
after an hour, which
the reaper ends; for each that goes another one comes.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from reaper.core.judging.judge import judge, unresolved
from reaper.core.judging.verdict import Observation, Ruling
from reaper.core.language.limits import Limits
from reaper.core.language.policy import PolicySet
from reaper.core.model.session import Activity, Session, Snapshot
from reaper.core.planning.plan import Outcome, RecheckResult, Result, build_plan
from reaper.store import Database, SqlLedger
from support.clock import Clock

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SESSIONS = 2_000
FORGOTTEN = 0.15  # of all sessions
FORGOTTEN_AFTER = timedelta(hours=1)
USED = 0.3  # chance of being used between two runs
MEAN_LIFE = timedelta(hours=24)
EVERY = timedelta(minutes=5)
LIMITS = Limits.model_validate(
    {which: {"sessions": 9_999, "percent": 100} for which in ("run", "hour", "policy")}
)


@dataclass
class Seat:
    """A session, when it goes by itself, until when it is used, and when it was used last."""

    session: Session
    leaves: datetime
    used_until: datetime
    active_at: datetime


@dataclass
class Account:
    """Sessions that come, are used now and then, and go by themselves or are ended."""

    database: Database
    rules: PolicySet
    clock: Clock = field(default_factory=lambda: Clock(BEGIN))
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    made: int = 0

    def __post_init__(self) -> None:
        self.ledger = SqlLedger(self.database, self.clock, "reaper@host", "0.1.0")
        self.fleet: dict[str, Seat] = {}
        for _ in range(SESSIONS):
            self._come()

    def _come(self) -> None:
        self.made += 1
        now, chance = self.clock.now(), self.chance
        id_ = f"00000000-{self.made:08x}-{chance.getrandbits(64):016x}"
        kind = "webui" if chance.random() < 0.8 else "task"
        owner = f"user{self.made % 900}"
        session = Session(
            id_,
            kind,
            "running",
            owner,
            "Planning",
            f"Planner {self.made % 20}",
            "1.4.2",
            f"Planner {self.made % 20}",
            "",
            created_at=now,
            started_at=now,
        )
        lasts = MEAN_LIFE * chance.expovariate(1)
        used = FORGOTTEN_AFTER if chance.random() < FORGOTTEN else lasts
        self.fleet[id_] = Seat(session, now + lasts, now + used, now)

    def _time_passes(self) -> None:
        now = self.clock.now()
        for id_, seat in list(self.fleet.items()):
            if seat.leaves <= now:
                del self.fleet[id_]
                self._come()
            elif seat.used_until > now and self.chance.random() < USED:
                seat.active_at = now

    def pass_once(self) -> None:
        """What `run.py` does with the ledger, without the requests between."""
        now, account = self.clock.now(), "acme"
        self._time_passes()
        sessions = tuple(seat.session for seat in self.fleet.values())
        with self.ledger.lease(account):
            self.ledger.unsettled(account)
            memory = self.ledger.recall(account)
            asked = unresolved(self.rules, sessions, memory.activity, now)
            learnt = {
                s.id: Activity(s.id, self.fleet[s.id].active_at, now, "log line 7") for s in asked
            }
            activity = {**memory.activity, **learnt}
            verdicts = judge(self.rules, sessions, activity, now)
            seen = Observation(
                account, now, Snapshot(account, sessions), self.rules, verdicts, activity, learnt
            )
            offending = list({v.session.id for v in verdicts if v.ruling is Ruling.OFFENDER})
            memory = replace(memory, last_actions=self.ledger.last_actions(account, offending))
            plan = build_plan(verdicts, memory, LIMITS, sessions, now)
            with self.ledger.open_run(seen, plan, enforcing=True) as run:
                for step in plan.steps:
                    run.intend(
                        step,
                        RecheckResult(
                            now, step.session, activity.get(step.session.id), step.verdicts
                        ),
                    )
                    run.settle(
                        step, Outcome(Result.TERMINATED, "seen terminated 2s after it was asked")
                    )
                    self.fleet.pop(step.session.id)
                    self._come()
        self.clock.wait(EVERY.total_seconds())

    def live(self, span: timedelta) -> int:
        """So much time of passes; how many there were."""
        count = round(span / EVERY)
        for _ in range(count):
            self.pass_once()
        return count


SHIFTED = {
    "runs": "id = id + :runs, started_at = :at(started_at), finished_at = :at(finished_at)",
    "decisions": "run_id = run_id + :runs, session_id = :session",
    "steps": "id = id + :steps, run_id = run_id + :runs, session_id = :session",
    "step_events": "id = id + :step_events, step_id = step_id + :steps, at = :at(at)",
    "lives": "id = id + :lives, session_id = :session, first_seen_at = :at(first_seen_at), "
    "last_seen_at = COALESCE(:at(last_seen_at), :at(first_seen_at))",
    "life_changes": "id = id + :life_changes, life_id = life_id + :lives, at = :at(at)",
    "activity_steps": "life_id = life_id + :lives, run_id = run_id + :runs, "
    f"at = at + :day * {24 * 3600 * 1_000_000}",
}
NUMBERED = ("runs", "steps", "step_events", "lives", "life_changes")


def repeat(database: Database, days: int) -> None:
    """Add the rows of a day so many times, with ids and times that follow on.

    What as many days would have written.
    """
    with database.engine.connect() as db:
        size = {t: db.exec_driver_sql(f"SELECT max(id) FROM {t}").scalar_one() for t in NUMBERED}
        for table in SHIFTED:
            db.exec_driver_sql(f"CREATE TEMP TABLE day_{table} AS SELECT * FROM {table}")
        for day in range(1, days):
            for table, shifts in SHIFTED.items():
                _add_day(db, table, shifts, day, size)
            db.commit()


def _add_day(db: sa.Connection, table: str, shifts: str, day: int, size: dict[str, int]) -> None:
    written = shifts.replace(":session", f"'{day:08x}' || substr(session_id, 9)")
    written = re.sub(
        r":at\((\w+)\)", rf"strftime('%Y-%m-%d %H:%M:%f000', \1, '+{day} days')", written
    )
    written = written.replace(":day", str(day))
    for name, rows in size.items():
        written = written.replace(f":{name}", str(rows * day))
    new = dict(part.split(" = ") for part in re.split(r", (?=\w+ = )", written))
    columns = [row[1] for row in db.exec_driver_sql(f"PRAGMA table_info({table})")]
    chosen = ", ".join(new.get(column, f'"{column}"') for column in columns)
    db.exec_driver_sql(f"INSERT INTO main.{table} SELECT {chosen} FROM day_{table}")
