"""The stop file: while it exists, nothing is ended. What cannot be told stops as well."""

from __future__ import annotations

from pathlib import Path


def stop_reason(file: Path | None) -> str | None:
    """Why nothing may be ended, in words; None where no file is named, or it is certain that there
    is none.

    Anything of that name counts, be it a link to nowhere.
    """
    if file is None:
        return None
    try:
        file.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:  # a ValueError: no file can have that name
        why = error.strerror if isinstance(error, OSError) else str(error)
        return f"whether the stop file {str(file)!r} exists cannot be told: {why}"
    return f"the file {file} forbids it"
