"""Check a proof: python check_proof.py PROOF.json VERIFIER_KEY. See docs/proof.md."""

import hmac
import json
import sys
from base64 import b64decode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def require(fact, otherwise):
    if not fact:
        sys.exit(f"the proof does not hold: {otherwise}")


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def head(note, key):  # how many leaves, and the root over them, as the key signed them
    name, _, encoded = key.split("+", 2)
    text, _, lines = note.rpartition("\n\n")
    mine = [line.split(" ")[2] for line in lines.splitlines() if line.split(" ")[1] == name]
    require(mine, "it is not signed by this key")
    public = Ed25519PublicKey.from_public_bytes(b64decode(encoded)[1:])
    public.verify(b64decode(mine[0])[4:], f"{text}\n".encode())  # or it raises InvalidSignature
    return int(text.split("\n")[1]), b64decode(text.split("\n")[2])


def row_digest(row, personal=None, key=""):
    if personal is not None:
        keyed = hmac.digest(key.encode(), canonical(personal), "sha256").hex()
        row = {**row, "personal": keyed}
    return sha256(canonical(row)).digest()


def root_of(node, index, size, path):  # an even last node has no neighbour and goes up as it is
    last = size - 1
    while last > 0:
        if index % 2 or index < last:
            other = bytes.fromhex(path.pop(0))
            node = sha256(b"\1" + (other + node if index % 2 else node + other)).digest()
        index, last = index // 2, last // 2
    return node


with open(sys.argv[1], encoding="utf-8") as file:
    proof = json.load(file)
size, root = head(proof["checkpoint"], sys.argv[2])
require(proof["leaves"], "it is empty")
for one in proof["leaves"]:
    leaf, digests = one["leaf"], [row_digest(**row) for row in one["rows"]]
    digests += [bytes.fromhex(digest) for digest in one["withheld"]]
    fits = len(digests), sha256(b"".join(sorted(digests))).hexdigest()
    require(fits == (leaf["rows"], leaf["digest"]), f"rows of {leaf['kind']} were changed")
    node = sha256(b"\0" + canonical(leaf)).digest()
    require(root_of(node, one["index"], size, one["path"]) == root, "a leaf is not in the tree")
    print(f"{leaf['kind']} {leaf['subject']} is leaf {one['index']}: {len(one['rows'])} rows fit")
