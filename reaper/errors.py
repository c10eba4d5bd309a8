"""Every error a person can meet, each with the exit code that a script sees.

    ReaperError
    ├── ConfigurationError      2  settings, policies or usage: what is wrong and what would be
    right
    │   └── FileProblems        2  all problems of the files a person writes, each with
    file:line:column
    │       └── PolicyProblems  2  those of policies and their cases
    ├── AccountError            3  the account's session-manager
    │   ├── Unreachable            no answer: unknown host, refused, timed out, dropped
    │   │   └── NotAsked           nothing was sent: this machine's variables, or no time left
    │   ├── Unready             2  its own settings keep it from being asked: a missing key
    │   ├── Refused                the answer is no: nothing was done
    │   │   ├── Unauthorized       the key is missing, unknown, expired or lacks a scope
    │   │   │   └── MissingScope   it is known, but may not do this
    │   │   ├── NotFound           nothing stands at this path, in the service's own words
    │   │   ├── Conflict           the session's state does not allow it
    │   │   └── RateLimited        too many requests; says for how long
    │   ├── Gone                   the session is no more: its own address says so, and its list
    confirms it
    │   ├── ServerFault            the server failed (5xx)
    │   └── Unintelligible         an answer that is not what the contract says
    ├── Held                    0  another reaper is at work on the account; nothing is wrong
    │   └── NotDue              0  another reaper has just made the run that was due
    ├── Withheld                   a step may not be taken now: paused, halted, stopped
    └── StoreError              4  the database: unreachable, locked, full, read-only, or from a
    newer version
        ├── LeaseLost           4  another reaper took the account over while this one was held up
        └── LeaseStuck          4  the account is held until long after any lease could end

The message is one line for a person: what was wrong, where, what to do. It never holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

DONE = 0
SOME_FAILED = 1
USAGE = 2
UNREACHABLE = 3
DATABASE = 4
HALTED = 5
INCONCLUSIVE = 6  # no error: it is what a run comes to that could judge or end nobody


class ReaperError(Exception):
    """The root: `str(error)` is the line a person reads, `exit_code` what a script sees."""

    exit_code = SOME_FAILED

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines

    def __str__(self) -> str:
        return "\n".join(self.lines)


class ConfigurationError(ReaperError):
    """Something a person wrote in settings or on the command line cannot be followed."""

    exit_code = USAGE


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file; `line` and `column` count from 1, 0 where the whole file is meant.

    `code` names what kind of problem it is, for programs.
    """

    file: str
    line: int
    column: int
    message: str
    code: str = field(default="file", compare=False)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}"


class FileProblems(ConfigurationError):
    """Every problem found in the files that were read, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__(*map(str, self.problems))


class PolicyProblems(FileProblems):
    """Problems of policies and their cases.

    Such files hold no secrets, so their lines may be shown.
    """


class AccountError(ReaperError):
    """The account could not be read or did not do what was asked."""

    exit_code = UNREACHABLE


class Unreachable(AccountError):
    """No answer came; whether a request was carried out is unknown."""


class Unready(AccountError):
    """The account cannot even be asked, for its key is missing or is not one; others can be."""

    exit_code = USAGE


class NotAsked(Unreachable):
    """Nothing was read, for nothing could be sent; asking again would not help."""


class Refused(AccountError):
    """The answer is no: by its own word the server did nothing, or nothing was sent to it."""


class Unauthorized(Refused):
    """401 or 403: the key, not the session, is the trouble."""


class MissingScope(Unauthorized):
    """403: the key is known but may not do this."""


def rejects_key(error: Exception | None) -> bool:
    """Whether the server does not know the key at all: any further request with it is in vain."""
    return isinstance(error, Unauthorized) and not isinstance(error, MissingScope)


class NotFound(Refused):
    """404 in the service's own form: nothing stands at this path.

    It takes more for a session to be gone.
    """


class Gone(AccountError):
    """The session is no more.

    The service says so in its own form, and its whole list does not hold it.
    """


class Conflict(Refused):
    """405 or 409: not possible in the session's present state."""


class RateLimited(Refused):
    """429; `retry_after` is in seconds, None when the server did not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerFault(AccountError):
    """5xx: whether a request was carried out is unknown.

    `retry_after` in seconds where the server said.

    `nobody_there` when a gateway said that what it asked did not answer: 502, 503 or 504.
    """

    def __init__(
        self, message: str, retry_after: float | None = None, *, nobody_there: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.nobody_there = nobody_there


class Unintelligible(AccountError):
    """The answer is not what the contract says: HTML, half a document, another shape."""


class LeaseHeld(ReaperError):
    """Another reaper works on the account; it is left to it.

    `until` is when that one's lease ends unless it stirs: whoever comes again then finds out
    whether it died.
    """

    exit_code = DONE

    def __init__(self, message: str, until: datetime | None = None) -> None:
        super().__init__(message)
        self.until = until


class AlreadyRun(LeaseHeld):
    """Another reaper has made the run that was due.

    Nothing is left to do until the next one, and `until` is None.
    """


class Withheld(ReaperError):
    """A step may not be taken now; the message says who or what forbids it."""


class StoreError(ReaperError):
    """The database could not be opened, read or written; nothing was ended without its record."""

    exit_code = DATABASE


class LeaseLost(StoreError):
    """This reaper no longer holds the account: it was held up for longer than its lease."""


class LeaseStuck(StoreError):
    """The account is held for far longer than a lease lasts: a clock was wrong when it was taken.

    Nobody works on the account until a person ends the lease, or its time comes.
    """
