"""Settings and policies to start from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reaper import files
from reaper.config.policies.load import ready_made
from reaper.config.policies.schema import SHIPPED, schema_text
from reaper.errors import ConfigurationError

_SETTINGS = """\
# Settings of reaper: accounts, database, limits. The policies decide which sessions end.
# An environment variable overrides a key: REAPER_DATABASE_URL, REAPER_ENFORCE, and so on.

accounts:
  - name: acme
    url: https://acme.aimms.cloud      # the tenant's base URL
    api_key_env: ACME_API_KEY          # or api_key_file: /run/secrets/acme-key
    # generation: auto                 # or 1 or 2, if it cannot be detected

policies: policies                     # a file or a folder, relative to this file
database_url: sqlite:///reaper.db      # beside this file; one for whoever calls reaper here

# enforce: false                       # true: policies in mode enforce may end sessions
# interval: 5m                         # time between two runs of `reaper daemon`, or
# schedule: {cron: "0 7 * * mon-fri", zone: Europe/Amsterdam}
# timeout: 10s                         # maximum time for one response of the session-manager
# confirm_within: 90s                  # how long to wait for a session to end
# limits:                              # a run over a limit ends nothing until `reaper acknowledge`
#   run: {sessions: 10, percent: 20}   # per run; percent of all running sessions
#   hour: {sessions: 30}
# per_minute: 30                       # maximum number of terminations per minute
# stop_file: STOP                      # while this file exists, nothing is ended
# notify:                              # targets of policies in mode notify
#   webhooks: [{name: ops-room, url_env: OPS_ROOM_HOOK}]
# activity:
#   ignore: ['^license check$']        # log lines that do not count as activity
#   workers: 8                         # number of logs read concurrently
"""


@dataclass(frozen=True)
class StartingFile:
    """A file to start from; `written` unless it was there already and was left as it is."""

    path: Path
    written: bool


def initialise(folder: Path) -> list[StartingFile]:
    """Write reaper.yaml and policies/ into the folder; nothing that exists is overwritten.

    The policies are the ready-made ones in mode observe, with their cases and the schema. Raises
    ConfigurationError where a file cannot be written.
    """
    settings = folder / "reaper.yaml"
    return [
        StartingFile(path, _write(path, text, files.PRIVATE if path == settings else files.PUBLIC))
        for path, text in _files(folder).items()
    ]


def _files(folder: Path) -> Mapping[Path, str]:
    starting = {folder / "reaper.yaml": _SETTINGS}
    shipped = ready_made()
    for file in sorted(shipped.rglob("*.yaml")):
        text = files.read_text(file)
        case = file.parent != shipped  # cases say by themselves what they try
        starting[folder / "policies" / file.relative_to(shipped)] = (
            text if case else _observing(text)
        )
    starting[folder / "policies" / SHIPPED] = schema_text()
    return starting


def _write(path: Path, text: str, mode: int) -> bool:
    try:
        if path.exists() or path.is_symlink():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(path, text, mode)
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}; choose another folder"
        raise ConfigurationError(why) from None
    return True


def _observing(text: str) -> str:
    observe = r"\1mode: observe  # enforce, once you have seen what it would end"
    return re.sub(r"^( +)mode: enforce$", observe, text, flags=re.MULTILINE)
