"""From when until when a policy is in force: whole days, in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from reaper.core.language.hours import OnlyDuring


def inactive_reason(first: date | None, last: date | None, now: datetime) -> str | None:
    """Why something with these days is not in force at that moment, in words; None when it is."""
    today = now.astimezone(UTC).date()
    if first is not None and today < first:
        return f"it begins on {first}"
    if last is not None and today > last:
        return f"it ended on {last}"
    return None


def never_active(first: date | None, last: date | None, hours: OnlyDuring | None) -> str | None:
    """Why it never ends anything between these days, in words; None when it can, or when they leave
    that open.
    """
    if first is None or last is None:
        return None
    if first > last:
        return f"this is never in force: it begins on {first}, after its end on {last}"
    opens = None if hours is None else hours.opens_after(datetime.combine(first, time(0), UTC))
    if hours is not None and (opens is None or opens.date() > last):
        return f"'only_during' never opens from {first} until {last}; nothing would ever end"
    return None
