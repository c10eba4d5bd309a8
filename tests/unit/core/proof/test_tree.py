"""The tree is that of RFC 6962: foreign implementations agree on it."""

from __future__ import annotations

from hashlib import sha256

import pytest
from pymerkle import InmemoryTree

from reaper.core.proof.checkpoint import Checkpoint, SignedNote
from reaper.core.proof.document import Leaf, canonical, row_digest, set_digest
from reaper.core.proof.tree import inclusion_path, leaf_hash, root

SIZES = [0, 1, 2, 3, 5, 7, 8, 9, 33]


def documents(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


def foreign(size: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for one in documents(size):
        tree.append_entry(one)
    return tree


@pytest.mark.parametrize("size", SIZES)
def test_pymerkle_finds_the_same_root(size: int) -> None:
    """Whatever the number of leaves, also those that fill no whole tree."""
    assert root([leaf_hash(one) for one in documents(size)]) == (
        foreign(size).get_root() if size else sha256().digest()
    )


@pytest.mark.parametrize("size", SIZES[1:])
def test_pymerkle_finds_the_same_paths(size: int) -> None:
    """Each leaf leads to the root by the same neighbours."""
    hashes, tree = [leaf_hash(one) for one in documents(size)], foreign(size)
    for index in range(size):
        path = tree.prove_inclusion(index + 1, size).path
        assert inclusion_path(hashes, index) == path[1:]


def test_the_root_of_the_reference_is_found() -> None:
    """The example tree that Certificate Transparency's own tests hold: eight leaves."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
    found = root([leaf_hash(bytes.fromhex(one)) for one in leaves])
    assert found.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_a_document_has_one_form() -> None:
    """Keys in order, no space, letters of every language as they are."""
    assert canonical({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()


def test_the_order_of_rows_does_not_matter() -> None:
    """Databases sort in different ways; a row more, less or other does matter."""
    rows = [row_digest({"id": n}, {}, "") for n in range(3)]
    leaf = Leaf("run", 1, 3, set_digest(rows))
    assert leaf.fits(reversed(rows))
    assert not leaf.fits(rows[:2])
    assert not leaf.fits([*rows[:2], row_digest({"id": 4}, {}, "")])


def test_a_person_is_only_found_by_the_key() -> None:
    """What is personal enters the digest under a key: the same name under another key differs."""
    first, second = (row_digest({"id": 1}, {"owner": "anna"}, key) for key in ("one", "two"))
    assert first != second


@pytest.mark.parametrize("broken", ["", "x", "o\n1\nAAAA\n\n", "o\n1\nAAAA\n\nno signature\n"])
def test_what_is_no_note_is_refused(broken: str) -> None:
    """Half a file, or another one, is never taken for a checkpoint."""
    with pytest.raises(ValueError, match=r"it is not|not understood"):
        SignedNote.parse(broken).checkpoint  # noqa: B018 - it raises


def test_a_checkpoint_reads_as_it_was_written() -> None:
    """Origin, size and root, and the signatures under them."""
    head = Checkpoint.of("reaper-1", [leaf_hash(b"x")])
    note = SignedNote(head.text, (("reaper-1", b"abcdsignature"),))
    assert SignedNote.parse(str(note)) == note
    assert SignedNote.parse(str(note)).checkpoint == head
