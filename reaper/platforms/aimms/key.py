"""What the user-manager tells of the key itself, where the key may ask.

A key without the scope for it is refused: then nothing is known, and nothing is held against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reaper.core.model.matching import Answer
from reaper.errors import AccountError
from reaper.platforms.aimms.address import USERS
from reaper.platforms.aimms.wire import read_object

if TYPE_CHECKING:
    from reaper.platforms.aimms.connection import Connection

PARTIAL = (
    "the key's user is not an administrator: the key sees that user's own sessions only, not those "
    "of others"
)
USED_SCOPES = frozenset({"Session", "Tasks", "APIKey"})
_ADMINISTRATORS = frozenset({"admin", "admins", "administrator", "administrators"})
_DAY = len("2027-01-31")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What was told of a key; None is what was not."""

    expires: date | None = None
    scopes: frozenset[str] | None = None


def key_facts(connection: Connection) -> KeyFacts:
    """Raises nothing for what a server can do."""
    try:
        sent = _ask(connection, "/user/@current/api-key")
    except AccountError:
        return KeyFacts()
    scopes = sent.get("scopes")
    names = {_name(one, "scope") for one in scopes} if isinstance(scopes, list) else None
    return KeyFacts(_day(sent.get("expiration_date")), None if names is None else frozenset(names))


def is_administrators(connection: Connection) -> Answer:
    """Whether the key is that of an administrator, who sees all sessions.

    Raises nothing for what a server can do.
    """
    try:
        groups = _ask(connection, "/user/@current/info").get("groups")
    except AccountError:
        return Answer.UNKNOWN
    if not isinstance(groups, list):
        return Answer.UNKNOWN
    names = {_name(one, "name").casefold().partition("@")[0] for one in groups}
    return Answer.YES if names & _ADMINISTRATORS else Answer.NO


def _ask(connection: Connection, path: str) -> dict[str, Any]:
    refuse = connection.faults.unintelligible
    return read_object(connection.get_once(f"{USERS}{path}"), refuse)


def _name(sent: object, key: str) -> str:
    """A name that is sent by itself, or in an object."""
    name = sent.get(key) if isinstance(sent, dict) else sent
    return name if isinstance(name, str) else ""


def _day(sent: object) -> date | None:
    try:
        return date.fromisoformat(sent[:_DAY]) if isinstance(sent, str) else None
    except ValueError:
        return None
