"""The session-manager and tasks APIs over HTTP; of the platforms, the one that there is.

source.py                 AccountSource, AccountEnder: what ports.py promises to the rest
sessions.py               the paths of both generations
listing.py                one kind's list, read completely
document.py               a tenant's own OpenAPI document, bounded
openapi.py, fit.py        what it says, and whether it fits reliance.py
reliance.py               what the client relies on, stated once
generation.py             which generation a tenant is
wire.py                   the shapes of the answers
tasks.py                  the gentle ends of a task
key.py                    what the user-manager tells of the key and its user
logs.py                   the last activity, from the log
connection.py, faults.py  requests, retries, typed errors
crowding.py               how much an answer may hold
doctor.py                 what is wrong with an account, and what to do
clock.py                  the server's time, for emulators
"""

from __future__ import annotations

from reaper.platforms.aimms.clock import ServerClock
from reaper.platforms.aimms.connection import Connection
from reaper.platforms.aimms.key import USED_SCOPES, KeyFacts, key_facts
from reaper.platforms.aimms.logs import DEFAULT_IGNORE, compile_ignore
from reaper.platforms.aimms.source import AccountEnder, AccountSource
from reaper.platforms.aimms.tasks import Tasks

__all__ = [
    "DEFAULT_IGNORE",
    "USED_SCOPES",
    "AccountEnder",
    "AccountSource",
    "Connection",
    "KeyFacts",
    "ServerClock",
    "Tasks",
    "compile_ignore",
    "key_facts",
]
