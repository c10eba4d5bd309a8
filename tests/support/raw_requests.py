"""Each request that the client makes, sent to a server of `raw_server`, and what it cost."""

from __future__ import annotations

import ctypes
import gc
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from pydantic import SecretStr

from reaper.clock import SYSTEM_CLOCK
from reaper.core.judging.verdict import Ruling, Verdict
from reaper.core.language.policy import Policy
from reaper.core.model.session import Session, TaskKey
from reaper.core.planning.notice import Notice, ReportedOffender
from reaper.errors import AccountError
from reaper.notify.mail import Mail
from reaper.notify.webhook import Webhook
from reaper.platforms.aimms import Connection, Tasks
from reaper.platforms.aimms.generation import look
from reaper.platforms.aimms.sessions import SessionManager
from support.raw_answers import KEY

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SESSION = Session("a" * 32, "webui", "running", "anna", "Planning", "Planner")
_POLICY = Policy.model_validate(
    {"name": "idle", "mode": "notify", "select": {"kind": "webui"}, "terminate_when": {"age": "1h"}}
)
NOTICE = Notice(
    "acme",
    NOW,
    (ReportedOffender(Verdict(SESSION, _POLICY, Ruling.OFFENDER), NOW - timedelta(hours=3)),),
)


@dataclass(frozen=True)
class Where:
    """A server and the time that it is given for one answer."""

    url: str
    port: int
    timeout: float
    stop: Event


Ask = Callable[[Where], str]


def _of_account(ask: Callable[[Connection], object]) -> Ask:
    """What is read, or the one sentence why not."""

    def asked(where: Where) -> str:
        key = SecretStr(KEY)
        with Connection(
            "acme",
            where.url,
            key,
            clock=SYSTEM_CLOCK,
            timeout_seconds=where.timeout,
            stop=where.stop,
        ) as connection:
            try:
                found = ask(connection)
            except AccountError as error:
                return str(error)
            return f"read: {type(found).__name__}"

    return asked


def _manager(connection: Connection) -> SessionManager:
    return SessionManager(connection, 2, (), SYSTEM_CLOCK)


def _webhook(where: Where) -> str:
    hook = Webhook("ops", lambda: SecretStr(where.url), where.timeout, where.stop)
    told = hook.tell(NOTICE)
    return told.detail or told.result.value


def _mail(where: Where) -> str:
    mail = Mail(
        "crew",
        "127.0.0.1",
        where.port,
        "reaper@example.com",
        ("ops@example.com",),
        where.timeout,
        starttls=False,
        stop=where.stop,
    )
    told = mail.tell(NOTICE)
    return told.detail or told.result.value


REQUESTS: dict[str, Ask] = {
    "list": _of_account(lambda made: _manager(made).list("webui")),
    "one": _of_account(lambda made: _manager(made).read("webui", SESSION.id)),
    "log": _of_account(lambda made: _manager(made).last_activity(SESSION)),
    "terminate": _of_account(lambda made: _manager(made).terminate(SESSION)),
    "interrupt": _of_account(lambda made: Tasks(made).interrupt_solve(TaskKey("t1", None))),
    "tasks": _of_account(lambda made: Tasks(made).of_app("Planner")),
    "openapi": _of_account(look),
    "webhook": _webhook,
    "mail": _mail,
}


@dataclass(frozen=True)
class Cost:
    """Of one request: seconds, MiB above what the process took before, and what was told."""

    seconds: float
    mebibytes: float
    told: str


def cost_of(ask: Ask, where: Where) -> Cost:
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak is counted from here
    began = time.monotonic()
    told = ask(where)
    taken = time.monotonic() - began
    return Cost(taken, (_status("VmHWM") - before) / 1024, told)


def _status(name: str) -> int:
    """In KiB."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found is not None
    return int(found[1])
