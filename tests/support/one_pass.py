"""A dry pass in a process of its own, which then tells how much memory it took at its
peak, in MiB.
"""

import re
import sys
from pathlib import Path

from reaper.bootstrap import database
from reaper.cli import prepare_process
from support.measuring import policies, reaper, settings

prepare_process()
url, folder = sys.argv[1], Path(sys.argv[2])
with database(settings(url, folder)) as store, reaper(url, folder, store, policies(folder)) as made:
    report = made.run_once()
# Not getrusage: its peak begins with that of the process that started this one.
peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("utf-8"))
assert peak is not None
sys.stdout.write(f"{len(report.observation.snapshot.sessions)} {int(peak[1]) / 1024:.1f}\n")
