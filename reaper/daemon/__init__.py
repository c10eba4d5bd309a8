"""The daemon: APScheduler says when, workers make the passes, and signals are obeyed between them."""

from reaper.daemon.gate import Gate
from reaper.daemon.loop import Loop, signals
from reaper.daemon.orders import Orders, Standing, load_orders
from reaper.daemon.rounds import Rounds, Visit
from reaper.daemon.serving import serve
from reaper.daemon.worker import Worker

__all__ = [
    "Gate",
    "Loop",
    "Orders",
    "Rounds",
    "Standing",
    "Visit",
    "Worker",
    "load_orders",
    "serve",
    "signals",
]
