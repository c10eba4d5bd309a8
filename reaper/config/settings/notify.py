"""Whom policies in mode notify tell, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from reaper.config.settings import secret
from reaper.config.settings.problems import Strict, wrong
from reaper.config.settings.urls import is_loopback
from reaper.errors import ConfigurationError

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
_MOST_PORTS = 65_535


def _mailbox(address: str) -> str:
    user, _, domain = address.rpartition("@")
    if (
        not user
        or not domain
        or not address.isprintable()
        or not address.isascii()
        or set(address) & set(' ,;<>"()')
    ):
        raise wrong(
            f"'{address}' is not an e-mail address; write the bare address, like ops@example.com"
        )
    return address


def _somebody(to: tuple[str, ...]) -> tuple[str, ...]:
    if not to:
        raise wrong("an empty list tells nobody; write at least one address, like ops@example.com")
    return to


def _host(name: str) -> str:
    if "://" in name or set(name) & set("/@ \t"):
        raise wrong(f"'{name}' is not a host; write its bare name, like mail.example.com")
    return name


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class WebhookSettings(Strict):
    """A webhook, whose address is a secret. Exactly one of the three ways to give it is used."""

    name: str = Field(pattern=_NAME, description="its name; unique among all targets")
    url: SecretStr | None = Field(
        None, description="the address itself; prefer url_env or url_file"
    )
    url_env: str | None = Field(None, description="the environment variable that holds the address")
    url_file: Path | None = Field(
        None, description="the file that holds the address, relative to the settings file"
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        secret.one_way(self, "url", f"webhook '{self.name}'")
        if self.url is not None and (why := _never_works(self.url)):
            raise wrong(f"webhook '{self.name}': {why}")
        return self

    def address(self) -> SecretStr:
        """Where to post. Raises ConfigurationError when it cannot be had, or is none."""
        url = secret.read(self, "url", f"webhook '{self.name}'", "address")
        if why := _never_works(url):
            raise ConfigurationError(f"webhook '{self.name}': {why}")
        return url

    def require_secret(self) -> None:
        """Raises ConfigurationError when nothing can be sent, for the settings lack something."""
        self.address()


def _never_works(url: SecretStr) -> str:
    """Why nothing can be posted there without giving the secret away; empty where it can."""
    address = url.get_secret_value()
    try:
        parts = urlsplit(address)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))
        if safe and parts.hostname and parts.port != 0:
            return ""
    except ValueError:
        pass
    return "the address must begin with https:// and name a host"


class EmailSettings(Strict):
    """A server that takes mail, and who gets it."""

    name: str = Field(pattern=_NAME, description="its name; unique among all targets")
    host: Annotated[str, AfterValidator(_host)] = Field(min_length=1, description="the mail server")
    port: int = Field(
        587, ge=1, le=_MOST_PORTS, description="its port; 465 uses TLS from the start"
    )
    from_: Mailbox = Field(alias="from", description="the sender's address")
    to: Annotated[tuple[Mailbox, ...], AfterValidator(_somebody)] = Field(
        description="the recipients' addresses"
    )
    starttls: bool = Field(
        default=True, description="whether TLS with a trusted certificate is required"
    )
    user: str | None = Field(None, description="user name to log in with; no login by default")
    password: SecretStr | None = Field(
        None, description="the password itself; prefer password_env or password_file"
    )
    password_env: str | None = Field(
        None, description="the environment variable that holds the password"
    )
    password_file: Path | None = Field(None, description="the file that holds the password")

    @model_validator(mode="after")
    def _logs_in_safely(self) -> Self:
        whose = f"e-mail '{self.name}'"
        secret.one_way(self, "password", whose, needed=self.user is not None)
        if secret.given(self, "password") and self.user is None:
            raise wrong(f"{whose}: a password needs a user to log in as")
        if self.user is not None and not self.starttls and not is_loopback(f"smtp://{self.host}"):
            raise wrong(f"{whose}: without starttls the password would be sent unencrypted")
        return self

    def login(self) -> SecretStr:
        """The password. Raises ConfigurationError when it cannot be had."""
        return secret.read(self, "password", f"e-mail '{self.name}'", "password")

    def require_secret(self) -> None:
        """Raises ConfigurationError when nothing can be sent, for the settings lack something."""
        if self.user is not None:
            self.login()


class NotifySettings(Strict):
    """The targets that are told."""

    webhooks: tuple[WebhookSettings, ...] = Field((), description="addresses to post to")
    emails: tuple[EmailSettings, ...] = Field((), description="mail to send")

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = self.targets
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise wrong(f"two targets are named '{twice[0]}'; give each its own name")
        return self

    @property
    def targets(self) -> list[str]:
        return [*(hook.name for hook in self.webhooks), *(email.name for email in self.emails)]

    def anchored(self, folder: Path) -> NotifySettings:
        """The same with the files of secrets relative to a folder."""
        hooks = [
            h.model_copy(update={"url_file": folder / h.url_file}) if h.url_file else h
            for h in self.webhooks
        ]
        mails = [
            m.model_copy(update={"password_file": folder / m.password_file})
            if m.password_file
            else m
            for m in self.emails
        ]
        return NotifySettings(webhooks=tuple(hooks), emails=tuple(mails))
