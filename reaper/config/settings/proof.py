"""By which key the record's checkpoints are signed, and by which they are checked."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from reaper.config.settings import secret
from reaper.config.settings.problems import Strict
from reaper.config.signing import SigningKey, VerifierKey
from reaper.errors import ConfigurationError

_WHOSE = "proof"


class ProofSettings(Strict):
    """The keys of the proof. The signing key is a secret, given in at most one of three ways."""

    signing_key: SecretStr | None = Field(
        None, description="the key itself; prefer signing_key_env or signing_key_file"
    )
    signing_key_env: str | None = Field(
        None, description="the environment variable that holds the key"
    )
    signing_key_file: Path | None = Field(
        None, description="the file that holds the key, relative to the settings file"
    )
    verifier_key: str | None = Field(
        None, description="the public key that checkpoints must be signed by"
    )

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        secret.one_way(self, "signing_key", _WHOSE, needed=False)
        return self

    def anchored(self, folder: Path) -> ProofSettings:
        """The same with a relative file as one of this folder."""
        file = self.signing_key_file
        return self.model_copy(update={"signing_key_file": folder / file}) if file else self

    def signer(self) -> SigningKey:
        """Raises ConfigurationError when there is no key, or it cannot be had."""
        if not secret.given(self, "signing_key"):
            raise ConfigurationError(
                "there is no key to sign with; make one with `reaper init --signing-key FILE`, and "
                "set `proof: {signing_key_file: FILE}`"
            )
        key = secret.read(self, "signing_key", _WHOSE, "signing key")
        return SigningKey.parse(key.get_secret_value())

    def verifier(self) -> VerifierKey:
        """The key to check by: the public one that is set, or that of the signing key.

        Raises ConfigurationError.
        """
        return VerifierKey.parse(self.verifier_key) if self.verifier_key else self.signer().verifier
