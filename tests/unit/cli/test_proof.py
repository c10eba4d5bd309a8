"""`reaper history checkpoint`, `verify`, `prove` and `pseudonymise`, and a stranger's checker."""

import json
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from pymerkle import InmemoryTree
from support.cli_tools import IDLE, Cli, write_settings

from reaper.core.proof.checkpoint import SignedNote
from reaper.core.proof.document import canonical
from reaper.emulator import Emulator

CHECKER = Path(__file__).resolve().parents[3] / "docs/check_proof.py"


@pytest.fixture
def key(reaper: Cli, acme: Emulator) -> str:
    """The verifier key of an account whose one offender was ended, and whose record is signed."""
    made = reaper("init", "--signing-key", "proof.key")
    assert made.code == 0
    write_settings(acme=acme.url, more="proof: {signing_key_file: proof.key}\n")
    assert reaper("run", "--enforce").code == 0
    found = re.search(r"^verifier key: (.+)$", made.out, re.MULTILINE)
    assert found is not None
    return found[1]


def tamper(statement: str) -> None:
    """Somebody with the sqlite3 program, who knows of the door in the triggers."""
    with closing(sqlite3.connect("reaper.db")) as db, db:
        for one in ("INSERT INTO revising VALUES (1)", statement, "DELETE FROM revising"):
            db.execute(one)


def check(proof: str, key: str) -> subprocess.CompletedProcess[str]:
    """What the stranger's program says of a proof."""
    Path("proof.json").write_text(proof, "utf-8")
    command = [sys.executable, str(CHECKER), "proof.json", key]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_checker_is_short() -> None:
    """A stranger reads all of it: at most sixty lines, and nothing of ours."""
    text = CHECKER.read_text("utf-8")
    assert len(text.splitlines()) <= 60
    assert "import reaper" not in text


def test_a_new_key_is_for_its_owner_alone(reaper: Cli) -> None:
    """It is never written over another, and never shown."""
    made = reaper("init", "--signing-key", "proof.key")
    assert stat.S_IMODE(Path("proof.key").stat().st_mode) == 0o600
    assert Path("proof.key").read_text("utf-8").strip() not in made.out
    again = reaper("init", "--signing-key", "proof.key")
    assert (again.code, "exists already" in again.err) == (2, True)
    assert not Path("reaper.yaml").exists()


def test_a_whole_record_verifies(reaper: Cli, key: str) -> None:
    """Against itself, and against a checkpoint from before more was written."""
    assert reaper("history", "checkpoint", "--out", "one.txt").code == 0
    reaper("pause", "--reason", "close")
    found = reaper("history", "verify", "--checkpoint", "one.txt", "--key", key)
    assert found.code == 0
    assert "one.txt: the record goes on from its" in found.out
    assert "the record is whole" in found.out


@pytest.mark.usefixtures("key")
def test_a_changed_record_names_the_run(reaper: Cli) -> None:
    """Exit code 1, and the run that does not fit."""
    tamper("UPDATE decisions SET reason = 'as ordered' WHERE ruling = 'offender'")
    found = reaper("history", "verify")
    assert (found.code, "run 1: was changed after it was written" in found.err) == (1, True)
    assert "THE RECORD IS NOT WHOLE" in found.out
    refused = reaper("history", "prove", "1")
    assert (refused.code, "run 1 cannot be proved" in refused.err) == (1, True)


@pytest.mark.usefixtures("key")
def test_a_cut_tail_does_not_fit_the_checkpoint(reaper: Cli) -> None:
    """A record that fits itself is compared with what was signed."""
    reaper("pause", "--reason", "close")
    reaper("history", "checkpoint", "--out", "one.txt")
    tamper("DELETE FROM leaves WHERE kind = 'pause'")
    tamper("DELETE FROM pauses")
    assert reaper("history", "verify").code == 0
    found = reaper("history", "verify", "--checkpoint", "one.txt")
    assert (found.code, "its tail was cut" in found.err) == (1, True)


@pytest.mark.usefixtures("key")
def test_another_key_is_not_believed(reaper: Cli) -> None:
    """A checkpoint that somebody else signed proves nothing."""
    reaper("history", "checkpoint", "--out", "one.txt")
    other = reaper("init", "--signing-key", "other.key").out.split("verifier key: ")[1].split()[0]
    found = reaper("history", "verify", "--checkpoint", "one.txt", "--key", other)
    assert (found.code, "not signed by the key" in found.err) == (1, True)


def test_a_stranger_checks_the_proof_of_a_run(reaper: Cli, key: str) -> None:
    """With the verifier key alone; one changed value, or another key, and it does not hold."""
    proof = reaper("history", "prove", "1").out
    right = check(proof, key)
    assert (right.returncode, right.stderr) == (0, "")
    assert "run 1 is leaf 0" in right.stdout
    assert check(proof.replace('"ruling":"offender"', '"ruling":"exempt"'), key).returncode == 1
    assert IDLE in proof


def test_pymerkle_finds_the_signed_root(reaper: Cli, key: str) -> None:
    """A foreign tree over the leaves of the database has the root of the checkpoint."""
    head = SignedNote.parse(reaper("history", "checkpoint").out).checkpoint
    tree = InmemoryTree(algorithm="sha256")
    with closing(sqlite3.connect("reaper.db")) as db:
        for kind, subject, rows, digest in db.execute(
            "SELECT kind, subject, rows, digest FROM leaves ORDER BY id"
        ):
            leaf = {"kind": kind, "subject": subject, "rows": rows, "digest": digest}
            tree.append_entry(canonical(leaf))
    assert (head.size, head.root) == (tree.get_size(), tree.get_root())
    assert head.origin == key.partition("+")[0]


def test_a_pseudonym_leaves_a_record_that_verifies(reaper: Cli, key: str) -> None:
    """The name is gone from the history, the checkpoint of before holds, and the run is proved."""
    reaper("history", "checkpoint", "--out", "one.txt")
    done = reaper("history", "pseudonymise", "--owner", "ANNA@planning")
    assert done.code == 0
    pseudonym = done.out.split()[0]
    shown = reaper("history", "--all", "-o", "json").json["history"]
    assert {one["owner"] for one in shown if one["session"] == IDLE} == {pseudonym}
    assert "anna" not in json.dumps(shown)
    assert reaper("history", "verify", "--checkpoint", "one.txt").code == 0
    assert (
        check(reaper("history", "prove", "1", "--checkpoint", "one.txt").out, key).returncode == 0
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("prove", "99"), "run 99 has no leaf"),
        (("pseudonymise", "--owner", "nobody@Nowhere"), "nothing is on record"),
        (("verify", "--checkpoint", "reaper.yaml"), "not a signed note"),
        (("verify", "--checkpoint", "missing.txt"), "cannot be read"),
        (("verify", "--checkpoint", "one.txt", "--key", "nonsense"), "verifier key"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
@pytest.mark.usefixtures("key")
def test_what_cannot_be_done_says_why(reaper: Cli, asked: tuple[str, ...], why: str) -> None:
    """One line, and exit code 2."""
    reaper("history", "checkpoint", "--out", "one.txt")
    found = reaper("history", *asked)
    assert (found.code, why in found.err, len(found.err.splitlines())) == (2, True, 1)


@pytest.mark.usefixtures("acme")
def test_without_a_key_nothing_is_signed(reaper: Cli) -> None:
    """The way to one is told; the leaves are written all the same."""
    reaper("run")
    found = reaper("history", "checkpoint")
    assert (found.code, "reaper init --signing-key FILE" in found.err) == (2, True)
    assert reaper("history", "verify").code == 0


@pytest.mark.usefixtures("key")
def test_the_filters_of_the_list_are_not_for_the_proof(reaper: Cli) -> None:
    """An option that would do nothing is refused; the list itself works as ever."""
    found = reaper("history", "--owner", "anna@*", "verify")
    assert (found.code, "no option of `reaper history verify`" in found.err) == (2, True)
    assert "terminated" in reaper("history", "--owner", "anna@*").out
