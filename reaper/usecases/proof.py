"""Proving the record: checkpoints, verification, the proof of a run, and pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reaper import files
from reaper import store as record
from reaper.bootstrap import database
from reaper.clock import SYSTEM_CLOCK
from reaper.config.settings.model import Settings
from reaper.config.signing import SigningKey, VerifierKey
from reaper.core.proof.checkpoint import Checkpoint, SignedNote
from reaper.core.proof.document import canonical
from reaper.core.proof.tree import inclusion_path, root
from reaper.errors import DONE, SOME_FAILED, ConfigurationError, ReaperError
from reaper.ports import Clock
from reaper.store import ProvedLeaf, Pseudonymised, Revision

__all__ = [
    "CheckedCheckpoint",
    "Pseudonymised",
    "Revision",
    "Verified",
    "checkpoint",
    "make_key",
    "prove",
    "pseudonymise",
    "verify",
]

FORMAT = "reaper-proof/1"


@dataclass(frozen=True)
class CheckedCheckpoint:
    """An earlier checkpoint against the record as it is; `problem` is None where it goes on from
    it.
    """

    file: Path
    head: Checkpoint
    problem: str | None


@dataclass(frozen=True)
class Verified:
    """What became of a verification; `problems` are in the order of the leaves, a line each."""

    where: str
    leaves: int
    rows: int
    problems: Sequence[str]
    checkpoints: Sequence[CheckedCheckpoint]
    revisions: Sequence[Revision]
    uncovered: int

    @property
    def holds(self) -> bool:
        return not self.problems and all(one.problem is None for one in self.checkpoints)

    @property
    def exit_code(self) -> int:
        return DONE if self.holds else SOME_FAILED


def make_key(file: Path) -> str:
    """Write a new signing key into a file that only its owner reads; the verifier key.

    Raises ConfigurationError, also where there is a file already.
    """
    key = SigningKey.make()
    try:
        if not files.missing(file):
            raise ConfigurationError(f"{file} exists already; name a file that does not")
        files.write_text(file, f"{key.written}\n", files.PRIVATE)
    except OSError as error:
        why = f"{file} cannot be written: {error.strerror}; name another file"
        raise ConfigurationError(why) from None
    return str(key.verifier)


def checkpoint(settings: Settings, out: Path | None = None) -> str:
    """The head of the tree, signed, and written to the file if one is named.

    Raises ConfigurationError and StoreError.
    """
    signer = settings.proof.signer()
    with database(settings) as store:
        note = str(signer.sign(Checkpoint.of(signer.name, record.leaf_hashes(store)).text))
    if out is not None:
        try:
            files.write_text(out, note, files.PUBLIC)
        except OSError as error:
            why = f"{out} cannot be written: {error.strerror}; name another file by --out"
            raise ConfigurationError(why) from None
    return note


def verify(settings: Settings, earlier: Sequence[Path] = (), key: str | None = None) -> Verified:
    """Compare the whole record with its leaves, and with earlier checkpoints.

    Raises ConfigurationError where a checkpoint cannot be read, or there is no key to check it by,
    and StoreError.
    """
    notes = [(file, _note(file)) for file in earlier]
    verifier = _verifier(settings, key) if notes else None
    with database(settings) as store:
        found = record.verify(store)
        where = store.where
    checked = [
        CheckedCheckpoint(file, note.checkpoint, _against(note, verifier, found.hashes))
        for file, note in notes
    ]
    return Verified(
        where,
        len(found.hashes),
        found.rows,
        [str(fault) for fault in found.faults],
        checked,
        found.revisions,
        found.uncovered,
    )


def _verifier(settings: Settings, key: str | None) -> VerifierKey:
    if key is not None:
        return VerifierKey.parse(key)
    try:
        return settings.proof.verifier()
    except ConfigurationError as error:
        raise ConfigurationError(
            f"a checkpoint is checked by a key: name it by --key, or set proof.verifier_key ({error})"
        ) from None


def _note(file: Path) -> SignedNote:
    try:
        note = SignedNote.parse(files.read_text(file))
        _ = note.checkpoint
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(
            f"{file}: {error}; name a file that `reaper history checkpoint` wrote"
        ) from None
    return note


def _against(note: SignedNote, key: VerifierKey | None, leaves: Sequence[bytes]) -> str | None:
    """Why the record does not go on from this checkpoint; None where it does."""
    head = note.checkpoint
    if key is None or not key.signed(note):
        return "it is not signed by the key that it is checked by"
    if head.origin != key.name:
        return f"it is of {head.origin}, another record"
    if head.size > len(leaves):
        return f"it is of {head.size} leaves, and the record has {len(leaves)}: its tail was cut"
    if root(leaves[: head.size]) != head.root:
        return f"the first {head.size} leaves are not those that it was made of"
    return None


def prove(settings: Settings, run: int, earlier: Path | None = None) -> dict[str, Any]:
    """All that is proved of a run, for a program that need not trust this one.

    By an earlier checkpoint, or one that is signed now. Raises ConfigurationError, StoreError, and
    ReaperError where the record of the run does not fit.
    """
    note = _note(earlier) if earlier is not None else None
    signer = settings.proof.signer() if note is None else None
    with database(settings) as store:
        leaves, found = record.leaf_hashes(store), record.leaves_of_run(store, run)
    if note is None and signer is not None:
        note = signer.sign(Checkpoint.of(signer.name, leaves).text)
    assert_fits(run, found)
    size = note.checkpoint.size if note is not None else 0
    covered = leaves[:size]
    return {
        "format": FORMAT,
        "run": run,
        "checkpoint": str(note),
        "leaves": [_proved(one, covered) for one in found if one.index < len(covered)],
    }


def assert_fits(run: int, found: Sequence[ProvedLeaf]) -> None:
    """Raises ConfigurationError where there is nothing to prove, ReaperError where it is broken."""
    if not found:
        raise ConfigurationError(
            f"run {run} has no leaf: it was never made, or it was pruned; `reaper runs` lists them"
        )
    if broken := [one for one in found if not one.fits]:
        raise ReaperError(
            f"run {run} cannot be proved: its {broken[0].leaf.kind} does not fit leaf "
            f"{broken[0].index}; `reaper history verify` names all that does not"
        )


def _proved(one: ProvedLeaf, leaves: Sequence[bytes]) -> dict[str, Any]:
    rows = [
        {"row": row.plain, "personal": row.personal, "key": key}
        if row.personal
        else {"row": row.plain}
        for row, key in one.rows
    ]
    return {
        "index": one.index,
        "leaf": one.leaf.document,
        "path": [step.hex() for step in inclusion_path(leaves, one.index)],
        "rows": rows,
        "withheld": [digest.hex() for digest in one.withheld],
    }


def as_json(proof: dict[str, Any]) -> str:
    """The proof as a file for others: canonical JSON."""
    return canonical(proof).decode("utf-8", "backslashreplace")


def pseudonymise(settings: Settings, owner: str, *, clock: Clock = SYSTEM_CLOCK) -> Pseudonymised:
    """Put a pseudonym in place of an owner, everywhere on record.

    Raises StoreError, ConfigurationError where nothing is on record of the owner, and ReaperError
    where something of the owner does not fit its leaf.
    """
    with database(settings) as store:
        done = record.pseudonymise(store, owner, clock.now())
    if done.broken:
        kind, subject = done.broken[0]
        raise ReaperError(
            f"nothing was replaced: {kind} {subject} does not fit its leaf; "
            "`reaper history verify` names all that does not"
        )
    if not done.rows and not done.exemptions:
        raise ConfigurationError(
            f"nothing is on record of an owner {owner}; `reaper history` shows owners, written "
            "like anna@Planning"
        )
    return done
