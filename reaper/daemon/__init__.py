"""The daemon: APScheduler says when, workers make the passes, and signals are obeyed between them."""

from reaper.daemon.gate import Gate
from reaper.daemon.loop import Loop, signals
from reaper.daemon.orders import Orders, Standing
from reaper.daemon.rounds import Rounds, Visit

__all__ = ["Gate", "Loop", "Orders", "Rounds", "Standing", "Visit", "signals"]
