"""Whether a tenant's own OpenAPI document fits what the reaper relies on."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from reaper import errors, files
from reaper.bootstrap import connection
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.platforms.aimms.document import LONGEST, NotReadable, load
from reaper.platforms.aimms.fit import Finding, Fit, Kind, compare, compare_tenant
from reaper.platforms.aimms.openapi import Document
from reaper.ports import Clock, Tell

__all__ = ["Finding", "Fit", "Kind", "compare_account", "compare_file", "exit_code"]


def exit_code(fit: Fit) -> int:
    return errors.DONE if fit.fits else errors.SOME_FAILED


def compare_file(path: Path) -> Fit:
    """Compare a document that somebody saved; no account is asked. Raises ConfigurationError."""
    try:
        document = Document(load(files.read_bytes(path, LONGEST)))
    except OSError as error:
        raise errors.ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except NotReadable as error:
        raise errors.ConfigurationError(f"{path}: {error}") from None
    if not document.services:
        raise errors.ConfigurationError(
            f"{path}: it describes no service that reaper uses: take the session-manager's, from "
            "https://ACCOUNT.aimms.cloud/pro/session-manager/v1/openapi.yaml"
        )
    return compare([document], None)


def compare_account(
    settings: Settings,
    names: tuple[str, ...] = (),
    *,
    tell: Tell = lambda _: None,
    clock: Clock = SYSTEM_CLOCK,
) -> Fit:
    """Compare the documents that the account's own server hands out.

    Raises ConfigurationError, also where several accounts could be meant, and AccountError.
    """
    account, *others = settings.chosen(names)
    if others:
        raise errors.ConfigurationError(
            "--openapi makes the report of one account: choose it with --account"
        )
    tell(f"{account.name}: asking {account.url}")
    host = urlsplit(account.url).hostname or ""
    generation = None if account.generation == "auto" else account.generation
    with connection(settings, account, clock=clock) as opened:
        return compare_tenant(opened, generation, (account.name, host, host.split(".")[0]))
