"""The daemon: APScheduler says when, workers make the passes, and signals are obeyed
between them.
"""

from reaper.daemon.database import DatabaseSupervisor
from reaper.daemon.loop import Loop, signals
from reaper.daemon.reload import Configuration, LiveConfiguration, load_configuration
from reaper.daemon.scheduler import ScheduledRun, Scheduler
from reaper.daemon.serving import serve
from reaper.daemon.worker import Worker

__all__ = [
    "Configuration",
    "DatabaseSupervisor",
    "LiveConfiguration",
    "Loop",
    "ScheduledRun",
    "Scheduler",
    "Worker",
    "load_configuration",
    "serve",
    "signals",
]
