"""A session-manager that stands on its own feet, written from the contract.

It shares no code with the client.

config, faults, scenario     what it is told
timeline, account, session, task, log    the account: pure of HTTP
building, fleet, people, life, endings, world    how sessions come about, live and end
parameters, listing, schemas, problems, access    the edge of HTTP
sessions_api, logs_api, tasks_api, admin_api    the endpoints
front, app, server           the whole of it, on a socket
"""

from .account import Recorded
from .config import BOTH_SCOPES, DEFAULT_KEY, Config, Key
from .faults import Faults
from .log import HEARTBEAT
from .refusals import Missing
from .scenario import Scenario, ScenarioError, SessionSpec, TaskSpec, load_scenario
from .server import Emulator, serve
from .session import OMIT, Session
from .task import Task
from .world import World

__all__ = [
    "BOTH_SCOPES",
    "DEFAULT_KEY",
    "HEARTBEAT",
    "OMIT",
    "Config",
    "Emulator",
    "Faults",
    "Key",
    "Missing",
    "Recorded",
    "Scenario",
    "ScenarioError",
    "Session",
    "SessionSpec",
    "Task",
    "TaskSpec",
    "World",
    "load_scenario",
    "serve",
]
