"""`reaper init`: a settings file and policies to start from."""

from __future__ import annotations

import re
from pathlib import Path

import click

_SETTINGS = """\
# Where reaper runs. What it decides stands in the policies. Every key can also come from the environment, which
# wins: REAPER_DATABASE_URL, REAPER_ENFORCE, and so on.

accounts:
  - name: acme
    url: https://acme.aimms.cloud      # the tenant's root
    api_key_env: ACME_API_KEY          # or api_key_file: /run/secrets/acme-key
    # generation: auto                 # 1 or 2, where the tenant's OpenAPI document does not tell

policies: policies                     # a file or a folder, relative to this file

# enforce: false                       # true: `run` and `daemon` may end sessions for policies in mode enforce
# database_url: sqlite:////var/lib/reaper/reaper.db
# interval: 5m                         # between two passes of `reaper daemon`, or
# schedule: {cron: "0 7 * * mon-fri", zone: Europe/Amsterdam}
# timeout: 10s                         # for one answer of the session-manager
# confirm_within: 90s                  # how long a session is watched until it is seen to have ended
# limits:                              # over one of them nothing is ended, until `reaper acknowledge`
#   run: {sessions: 10, percent: 20}   # by one run; percent of all running sessions
#   hour: {sessions: 30}
# per_minute: 30                       # at most so many terminations a minute
# stop_file: STOP                      # while this file exists, nothing is ended
# notify:                              # whom policies in mode notify tell
#   webhooks: [{name: ops-room, url_env: OPS_ROOM_HOOK}]
# activity:
#   ignore: ['^license check$']        # log lines that are no activity, besides heartbeats
#   workers: 8                         # how many logs are read at a time
"""


@click.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
def command(*, folder: Path) -> None:
    """Write reaper.yaml and policies/ into FOLDER (this one by default); nothing that exists is overwritten.

    The policies are the ready-made ones in mode observe, with the cases that try them and the schema by which an
    editor completes them: they only say what they would end.
    """
    from reaper.errors import ConfigurationError  # noqa: PLC0415 - --help stays quick
    from reaper.policy_files import ready_made  # noqa: PLC0415
    from reaper.policy_schema import SHIPPED, schema_text  # noqa: PLC0415

    files = {folder / "reaper.yaml": _SETTINGS}
    shipped = ready_made()
    for written in sorted(shipped.rglob("*.yaml")):
        text = written.read_text("utf-8")
        observing = text if written.parent != shipped else _observing(text)  # cases say by themselves what they try
        files[folder / "policies" / written.relative_to(shipped)] = observing
    files[folder / "policies" / SHIPPED] = schema_text()
    for path, text in files.items():
        if path.exists():
            click.echo(f"kept   {path}")
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}; choose another folder") from None
        click.echo(f"wrote  {path}")
    click.echo(f"next: set the account in {folder / 'reaper.yaml'}, then `reaper doctor` and `reaper run`")


def _observing(text: str) -> str:
    observe = r"\1mode: observe  # enforce, once you have seen what it would end"
    return re.sub(r"^( +)mode: enforce$", observe, text, flags=re.MULTILINE)
