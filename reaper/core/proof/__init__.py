"""How the record proves that it is whole: canonical documents, a Merkle tree, checkpoints.

`docs/proof.md` writes the format down for a stranger.
"""
