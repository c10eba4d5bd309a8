"""The one way to read and write a file that a person names: bounded, regular, whole or not at all.

Whatever goes wrong is an OSError whose `strerror` says it to a person.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

_MIB = 1 << 20
LARGE = 64 * _MIB
"""For what the program itself wrote: a plan, or a whole fleet."""
PRIVATE = 0o600
"""For what holds people's names, or secrets."""
PUBLIC = 0o666
"""As the user's umask allows."""

_KINDS = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a named pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)
_BESIDES_OWNER = (
    (stat.S_IROTH, "everybody may read it"),
    (stat.S_IWOTH, "everybody may write it"),
    (stat.S_IRGRP, "its group may read it"),
    (stat.S_IWGRP, "its group may write it"),
)


def read_bytes(path: Path, most: int = _MIB) -> bytes:
    """All of a regular file of at most so many bytes; a link to one is followed.

    Raises OSError, also for a folder, pipe, socket or device, and for a file that is larger.
    """
    if (why := irregular(path)) is not None:
        raise OSError(errno.EINVAL, f"{why}, not a file")
    # a file that was exchanged for a pipe meanwhile must not hold this up
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // _MIB} MiB")
    return content


def read_text(path: Path, most: int = _MIB) -> str:
    """The same as text, in UTF-8 with or without a byte order mark. Raises OSError."""
    try:
        return read_bytes(path, most).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "it is not text in UTF-8") from None


def missing(path: Path) -> bool:
    """Whether nothing is there; where that cannot be told, whoever reads it is told why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def irregular(path: Path) -> str | None:
    """What the path names where that is no regular file. Raises OSError where there is nothing."""
    try:
        mode = path.stat().st_mode
    except ValueError:
        raise OSError(errno.EINVAL, "it has a name that no file can have") from None
    if stat.S_ISREG(mode):
        return None
    return next((kind for of, kind in _KINDS if of(mode)), "it is not a regular file")


def write_text(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write the whole file beside and put it in the place of what was there, or change nothing.

    Raises OSError, also where there is a link or anything else that is no regular file: what is
    written never lands elsewhere.
    """
    _refuse_unless_plain(path)
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(beside, flags, mode), "wb") as stream:
            stream.write(text.encode())
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def make_private(path: Path) -> None:
    """An empty file that only its owner reads and writes, where there is nothing yet.

    Raises OSError.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with suppress(FileExistsError):
        os.close(os.open(os.path.realpath(path), flags, PRIVATE))


def exposed(path: Path) -> str | None:
    """Who besides its owner may read or write the file; None where nobody may. Raises OSError.

    That its group may read it says nothing where this user is in need of that: a service often
    reads what belongs to root.
    """
    status, user = path.stat(), os.geteuid()
    needed = stat.S_IRGRP if user not in {0, status.st_uid} else 0
    return next((how for bit, how in _BESIDES_OWNER if status.st_mode & bit & ~needed), None)


def _refuse_unless_plain(path: Path) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link")
    with suppress(FileNotFoundError):
        if (why := irregular(path)) is not None:
            raise OSError(errno.EINVAL, why)
