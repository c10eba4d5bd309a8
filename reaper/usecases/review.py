"""A plan on disk: what a person reviews, sealed so that nothing else is applied.

The seal is an HMAC with the account's API key: only who could end the sessions anyway could have
made it. The key itself is not in the file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from reaper import files
from reaper.core.judging.verdict import Observation
from reaper.core.language.policy import PolicySet
from reaper.core.model.duration import Duration, spoken
from reaper.core.planning.plan import Plan, Reviewed
from reaper.errors import ConfigurationError
from reaper.foreign_text import json_text

_CLOCKS_DIFFER = 60.0  # seconds


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReviewedStep(_Strict):
    """One step, as a person saw it."""

    session: str
    kind: str
    owner: str | None
    app: str | None
    created_at: AwareDatetime | None
    action: str
    policy: str
    reason: str

    @property
    def reviewed(self) -> Reviewed:
        return Reviewed(self.session, self.kind, self.owner, self.created_at, self.action)


class ReviewedPlan(_Strict):
    """One account's plan. `policies` are the hashes of the texts that it was made by, by name."""

    account: str
    url: str
    made_at: AwareDatetime
    policies: dict[str, str]
    steps: tuple[ReviewedStep, ...]
    seal: str = ""

    def sealed(self, key: SecretStr) -> ReviewedPlan:
        return self.model_copy(update={"seal": self._seal(key)})

    def _seal(self, key: SecretStr) -> str:
        text = self.model_dump_json(exclude={"seal"}).encode()
        return hmac.new(key.get_secret_value().encode(), text, hashlib.sha256).hexdigest()

    def refuse_unless(
        self, *, key: SecretStr, url: str, policies: PolicySet, now: datetime, oldest: Duration
    ) -> None:
        """Raises ConfigurationError, saying why, unless this is that account's own, recent and
        unchanged plan.
        """
        age = (now - self.made_at).total_seconds()
        if not hmac.compare_digest(self.seal.encode(), self._seal(key).encode()):
            why = "it was changed after it was made, or made with another API key"
        elif self.url != url:
            why = f"it was made for {self.url}, and the account is {url} now"
        elif not -_CLOCKS_DIFFER <= age <= oldest.seconds:
            why = (
                f"it was made {spoken(age)} ago; the maximum age is {oldest} (`plan_age` in the "
                "settings)"
            )
        elif self.policies != hashes(policies):
            why = "the policies have changed since"
        else:
            return
        raise ConfigurationError(
            f"the plan for account '{self.account}' is refused: {why}; make a new one with "
            "`reaper plan`"
        )


class PlanFile(_Strict):
    """What `reaper plan` writes and `reaper apply` reads."""

    plans: tuple[ReviewedPlan, ...] = Field(min_length=1)


def hashes(policies: PolicySet) -> dict[str, str]:
    """What identifies the policies and all that protects from them, by name."""
    protect = json.dumps([e.model_dump(mode="json", exclude_none=True) for e in policies.protect])
    hashes = {policy.name: policy.hash for policy in policies.policies}
    return {**hashes, "": hashlib.sha256(protect.encode()).hexdigest()}


def reviewable(observation: Observation, plan: Plan, url: str, key: SecretStr) -> ReviewedPlan:
    """The plan as it goes to disk."""
    steps = tuple(
        ReviewedStep(
            session=s.session.id,
            kind=s.session.kind,
            owner=s.session.owner,
            app=s.session.app,
            created_at=s.session.created_at,
            action=s.action,
            policy=s.policy,
            reason=s.reason,
        )
        for s in plan.steps
    )
    made = ReviewedPlan(
        account=observation.account,
        url=url,
        made_at=observation.now,
        policies=hashes(observation.policies),
        steps=steps,
    )
    return made.sealed(key)


def write_plan(path: Path, plans: list[ReviewedPlan]) -> None:
    """Raises ConfigurationError when the file cannot be written."""
    try:
        text = json_text(PlanFile(plans=tuple(plans)).model_dump_json(indent=2))
        files.write_text(path, f"{text}\n")
    except OSError as error:
        why = f"{path} cannot be written: {error.strerror}; name another file"
        raise ConfigurationError(why) from None


def read_plan(path: Path) -> PlanFile:
    """Raises ConfigurationError when the file cannot be read or is no plan."""
    try:
        return PlanFile.model_validate_json(files.read_bytes(path, files.LARGE))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError:
        raise ConfigurationError(
            f"{path} is not a plan; `reaper plan --out {path}` makes one"
        ) from None
