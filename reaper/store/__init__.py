"""The database: what was decided, what was done, and what was seen of it.

The only room that knows SQLAlchemy.
"""

from __future__ import annotations

from reaper.store.as_of import AsOf, PastEnd, as_of, recorded
from reaper.store.conditions import Condition, conditions
from reaper.store.database import Database, file_of
from reaper.store.entries import (
    DecisionEntry,
    HistoryEntry,
    PastLook,
    PolicyEntry,
    Position,
    RunEntry,
    SessionEntry,
    StepEntry,
)
from reaper.store.exemptions import ManualExemptionEntry, ending, grant, list_manual, remove
from reaper.store.fleet import sessions_page
from reaper.store.history import (
    HistoryFilter,
    count_runs,
    decisions_page,
    entries,
    last_runs,
    list_runs,
    policies_page,
    reading_entries,
    reading_runs,
    steps_page,
)
from reaper.store.holds import acknowledge, still_blocked
from reaper.store.lease import LeaseEntry, end_lease
from reaper.store.ledger import SqlLedger
from reaper.store.lives import Imported
from reaper.store.names import RecordedNames, recorded_names
from reaper.store.pauses import PauseEntry, end_pause, pause, pauses_that_hold, resume
from reaper.store.proof import Fault, ProvedLeaf, Revision, Verification, leaves_of_run, verify
from reaper.store.proof import hashes as leaf_hashes
from reaper.store.prune import prune
from reaper.store.pseudonyms import Pseudonymised, pseudonymise
from reaper.store.read_lives import LifeFilter, looks, reading_lives
from reaper.store.schema import HEAD, is_empty, open_database, revision
from reaper.store.transfer import transfer
from reaper.store.unmatched import MANY, Unmatched, unmatched

__all__ = [
    "HEAD",
    "MANY",
    "AsOf",
    "Condition",
    "Database",
    "DecisionEntry",
    "Fault",
    "HistoryEntry",
    "HistoryFilter",
    "Imported",
    "LeaseEntry",
    "LifeFilter",
    "ManualExemptionEntry",
    "PastEnd",
    "PastLook",
    "PauseEntry",
    "PolicyEntry",
    "Position",
    "ProvedLeaf",
    "Pseudonymised",
    "RecordedNames",
    "Revision",
    "RunEntry",
    "SessionEntry",
    "SqlLedger",
    "StepEntry",
    "Unmatched",
    "Verification",
    "acknowledge",
    "as_of",
    "conditions",
    "count_runs",
    "decisions_page",
    "end_lease",
    "end_pause",
    "ending",
    "entries",
    "file_of",
    "grant",
    "is_empty",
    "last_runs",
    "leaf_hashes",
    "leaves_of_run",
    "list_manual",
    "list_runs",
    "looks",
    "open_database",
    "pause",
    "pauses_that_hold",
    "policies_page",
    "prune",
    "pseudonymise",
    "reading_entries",
    "reading_lives",
    "reading_runs",
    "recorded",
    "recorded_names",
    "remove",
    "resume",
    "revision",
    "schema_differences",
    "sessions_page",
    "steps_page",
    "still_blocked",
    "transfer",
    "unmatched",
    "verify",
]


def schema_differences(database: Database) -> list[str]:
    """How the schema differs from what this version expects. Raises StoreError."""
    # Alembic takes a quarter of a second to import
    from reaper.store.migrate import check  # noqa: PLC0415

    return check(database)
