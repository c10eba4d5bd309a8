"""Ed25519 keys as people keep them, in the form of signed notes, and what is signed by them.

A signing key is `PRIVATE+KEY+<name>+<hash>+<base64>`, the verifier key that belongs to it
`<name>+<hash>+<base64>`; see https://c2sp.org/signed-note. The package that signs is an extra.
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING

from reaper.core.proof.checkpoint import SignedNote
from reaper.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ed25519

_PRIVATE = "PRIVATE+KEY+"
_ALGORITHM = b"\x01"
_KEY_BYTES = 32
_HASH_BYTES = 4


@dataclass(frozen=True)
class VerifierKey:
    """The public half: by it anybody sees who signed."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        return sha256(f"{self.name}\n".encode() + _ALGORITHM + self.public).digest()[:_HASH_BYTES]

    def __str__(self) -> str:
        encoded = b64encode(_ALGORITHM + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Raises ConfigurationError."""
        name, hash_, public = _parts(text.strip(), "verifier key")
        key = cls(name, public)
        if key.hash.hex() != hash_:
            raise ConfigurationError("the verifier key does not fit its own hash; copy it anew")
        return key

    def signed(self, note: SignedNote) -> bool:
        """Whether this key signed the note."""
        mine = [
            one[_HASH_BYTES:]
            for name, one in note.signatures
            if name == self.name and one[:_HASH_BYTES] == self.hash
        ]
        return any(self._holds(signature, note.text) for signature in mine)

    def _holds(self, signature: bytes, text: str) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        try:
            _ed25519().Ed25519PublicKey.from_public_bytes(self.public).verify(
                signature, text.encode()
            )
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, repr=False)
class SigningKey:
    """The private half. It is never shown but where it is made."""

    name: str
    seed: bytes

    @classmethod
    def make(cls) -> SigningKey:
        """A new one, under a name that no other has. Raises ConfigurationError."""
        _ed25519()
        return cls(f"reaper-{secrets.token_hex(4)}", secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Raises ConfigurationError, without a word of the key."""
        if not text.strip().startswith(_PRIVATE):
            raise ConfigurationError(
                "the signing key is not one; `reaper init --signing-key FILE` makes one"
            )
        name, _, seed = _parts(text.strip().removeprefix(_PRIVATE), "signing key")
        return cls(name, seed)

    @property
    def written(self) -> str:
        encoded = b64encode(_ALGORITHM + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.hash.hex()}+{encoded}"

    @property
    def verifier(self) -> VerifierKey:
        """The public half. Raises ConfigurationError."""
        return VerifierKey(self.name, self._private().public_key().public_bytes_raw())

    def sign(self, text: str) -> SignedNote:
        """Raises ConfigurationError."""
        signature = self._private().sign(text.encode())
        return SignedNote(text, ((self.name, self.verifier.hash + signature),))

    def _private(self) -> ed25519.Ed25519PrivateKey:
        key: ed25519.Ed25519PrivateKey = _ed25519().Ed25519PrivateKey.from_private_bytes(self.seed)
        return key


def _ed25519() -> ModuleType:
    """Raises ConfigurationError where the extra is not installed."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ConfigurationError(
            "signatures need the Python package cryptography; "
            "run `pip install 'aimms-reaper[proof]'`"
        ) from None
    return ed25519


def _parts(text: str, what: str) -> tuple[str, str, bytes]:
    """Its name, hash and key. Raises ConfigurationError."""
    name, _, rest = text.partition("+")
    hash_, _, encoded = rest.partition("+")
    try:
        key = b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if not name or len(key) != 1 + _KEY_BYTES or key[:1] != _ALGORITHM:
        raise ConfigurationError(f"the {what} is not one of Ed25519; copy it anew")
    return name, hash_, key[1:]
