"""How to run: addresses, secrets, database, schedule. Never what to decide.

That is the policies' business.

Settings come from a YAML file (default `reaper.yaml`) and from the environment, which wins:
`REAPER_DATABASE_URL`, `REAPER_ENFORCE`, and for nested ones `REAPER_ACTIVITY__WORKERS`;
`REAPER_ACCOUNTS` is a JSON list.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from reaper import files
from reaper.config import located_yaml
from reaper.config.settings.accounts import EMULATED_CLOCK, PREFIX, AccountSettings, DurationText
from reaper.config.settings.database import address_of, here
from reaper.config.settings.environment import Variables
from reaper.config.settings.http import HttpSettings
from reaper.config.settings.notify import NotifySettings
from reaper.config.settings.problems import Strict, wrong
from reaper.config.settings.proof import ProofSettings
from reaper.config.settings.schedule import Cron, DaemonSettings
from reaper.config.settings.urls import normal
from reaper.core.language.limits import Limits
from reaper.core.language.lines import ignoring
from reaper.core.language.zone import zone_of
from reaper.core.model.duration import Duration
from reaper.errors import ConfigurationError, FileProblems

DEFAULT_FILE = Path("reaper.yaml")
_FIELD = re.compile(r'field "(\w+)"')  # in the settings library's message


def _regex(pattern: str) -> str:
    try:
        ignoring(pattern)
    except ValueError as error:
        raise wrong(str(error)) from None
    return pattern


def _zone(name: str) -> str:
    return zone_of(name).key


class ActivitySettings(Strict):
    """How the last activity of a session is learnt from its log."""

    ignore: tuple[Annotated[str, AfterValidator(_regex)], ...] = Field(
        (),
        description="regular expressions of log lines that do not count as activity, besides heartbeats",
    )
    workers: int = Field(8, ge=1, le=32, description="how many logs are read at a time")


class HistorySettings(Strict):
    """How finely the lives of the sessions are kept."""

    activity: DurationText = Field(
        Duration.parse("10m"),
        description="activities of a session no further apart than this are kept as one stretch",
    )


class LogSettings(Strict):
    """What is told of what happens, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="of the daemon's log; other commands log only with --log-level"
    )
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="auto: a console on a terminal, else JSON"
    )


class Settings(BaseSettings):
    """Everything `reaper` needs to know about where it runs."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    accounts: tuple[AccountSettings, ...] = Field((), description="the accounts to monitor")
    policies: Path = Field(
        Path("policies"), description="a policy file or folder, relative to the settings file"
    )
    database_url: str | None = Field(
        None,
        description="where decisions are stored: any SQLAlchemy URL; reaper.db beside the settings file by default",
    )
    upgrade: Literal["auto", "ask"] = Field(
        "auto", description="ask: leave an older database to `reaper db upgrade`"
    )
    keep: DurationText = Field(
        Duration.parse("400d"),
        description="how long the record is kept; what is unfinished is always kept",
    )
    history: HistorySettings = Field(
        HistorySettings(), description="how finely the lives of the sessions are kept"
    )
    enforce: bool = Field(default=False, description="whether `run` and `daemon` may end sessions")
    activity: ActivitySettings = ActivitySettings()
    http: HttpSettings = Field(HttpSettings(), description="the HTTP server of the daemon")
    notify: NotifySettings = Field(
        NotifySettings(), description="the targets of policies in mode notify"
    )
    zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="the zone on whose clock people read and write times, like UTC"
    )
    proof: ProofSettings = Field(ProofSettings(), description="the keys that sign the record")
    log: LogSettings = Field(LogSettings(), description="logging to standard error")
    timeout: DurationText = Field(
        Duration.parse("10s"), description="maximum time for one response of the session-manager"
    )
    look_within: DurationText = Field(
        Duration.parse("5m"), description="how long one look at an account may take"
    )
    pass_within: DurationText = Field(
        Duration.parse("30m"),
        description="how long one pass over an account may take; the rest is left to the next",
    )
    limits: Limits = Field(
        Limits(), description="how many sessions may be ended; beyond any limit, none is"
    )
    per_minute: int | None = Field(
        30, ge=1, description="maximum number of terminations per minute"
    )
    stop_file: Path | None = Field(None, description="while this file exists, nothing is ended")
    lease: DurationText = Field(
        Duration.parse("2m"),
        validate_default=True,
        description="how long a reaper that has stopped responding keeps an account",
    )
    plan_age: DurationText = Field(
        Duration.parse("1h"), description="the maximum age of a plan that `apply` accepts"
    )
    confirm_within: DurationText = Field(
        Duration.parse("90s"), description="how long to wait for a session to end"
    )
    interval: DurationText = Field(
        Duration.parse("5m"), description="time between two runs of the daemon over an account"
    )
    schedule: Cron | None = Field(
        None, description="when the daemon's runs are due, instead of an interval"
    )
    daemon: DaemonSettings = Field(DaemonSettings(), description="how the daemon works")
    _file: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [account.name for account in self.accounts]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise wrong(f"two accounts are named '{twice[0]}'; give each its own name")
        return self

    @model_validator(mode="after")
    def _addresses_differ(self) -> Self:
        """Limits, pauses and exemptions belong to a tenant.

        Under two names it would have each of them twice.
        """
        first: dict[str, AccountSettings] = {}
        for account in self.accounts:
            other = first.setdefault(normal(account.url), account)
            if other is not account:
                raise wrong(
                    f"accounts '{other.name}' ({other.url}) and '{account.name}' ({account.url}) "
                    "are the same tenant; keep one of them, because limits, pauses and "
                    "exemptions count per account"
                )
        return self

    @field_validator("lease")
    @classmethod
    def _outlasts_a_look(cls, lease: Duration, info: ValidationInfo) -> Duration:
        """A second look waits for two answers.

        One that is older than the lease is not acted upon.
        """
        timeout = info.data.get("timeout")
        if timeout is not None and lease.seconds < (needed := 2 * timeout.seconds):
            raise wrong(
                f"a lease of {lease} may be over before a second look is, for an answer may take "
                "the timeout of "
                f"{timeout}; nothing would ever be ended: write {needed}s or more"
            )
        return lease

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file; nothing else is read."""
        return env_settings, init_settings

    @property
    def display_zone(self) -> ZoneInfo:
        return zone_of(self.zone)

    @property
    def secret_files(self) -> list[Path]:
        """The files that hold keys, addresses and passwords."""
        named = [account.api_key_file for account in self.accounts]
        named += [hook.url_file for hook in self.notify.webhooks]
        named += [mail.password_file for mail in self.notify.emails]
        named.append(self.proof.signing_key_file)
        return [file for file in named if file is not None]

    @property
    def origin(self) -> str:
        """Where they come from, in words."""
        if self._file is not None:
            return str(self._file.parent.resolve() / self._file.name)
        return f"the environment (there is no {here() / DEFAULT_FILE})"

    def database_address(self) -> str:
        """The database of this installation, whoever calls. Raises ConfigurationError where that
        cannot be told.
        """
        return address_of(self.database_url, self._file).checked(self._file)

    def of(self, file: Path | None) -> Settings:
        """The same as settings of this file: a relative path is one from its folder."""
        folder = file.parent if file else Path()
        keys = [(one, one.api_key_file) for one in self.accounts]
        accounts = tuple(
            one.model_copy(update={"api_key_file": folder / key}) if key else one
            for one, key in keys
        )
        paths: dict[str, Any] = {
            "policies": folder / self.policies,
            "notify": self.notify.anchored(folder),
            "proof": self.proof.anchored(folder),
            "stop_file": folder / self.stop_file if self.stop_file is not None else None,
        }
        made: Settings = self.model_copy(update={"accounts": accounts, **paths})
        made._file = file
        return made

    def pace(self, account: AccountSettings) -> Cron | timedelta:
        """When passes over the account are due: by its own word, or by that for all."""
        own = account.schedule or (account.interval and account.interval.delta)
        return own or self.schedule or self.interval.delta

    def schedule_of(self, account: AccountSettings) -> Cron | timedelta | None:
        """The pace of passes over the account where somebody wrote one for a daemon; None beside
        cron, of which the settings say nothing.
        """
        written = self.model_fields_set & {"interval", "schedule", "daemon"}
        own = account.schedule or account.interval
        return self.pace(account) if written or own or self.http.listen else None

    def chosen(self, names: tuple[str, ...] = ()) -> tuple[AccountSettings, ...]:
        """The named accounts, or all.

        Raises ConfigurationError when there are none, or one is not known.
        """
        if not self.accounts:
            raise ConfigurationError(
                f"no account is set up in {self.origin}; `reaper init` writes a settings file to "
                "start from, and --settings or REAPER_SETTINGS names another one"
            )
        by_name = {account.name: account for account in self.accounts}
        for name in names:
            if name not in by_name:
                raise ConfigurationError(
                    f"no account is named '{name}'; there is {', '.join(by_name)}"
                )
        return tuple(by_name[name] for name in names) or self.accounts


class OwnSettings(Settings):
    """Settings that the program itself gives.

    No environment that names a real account can reach them.
    """

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, and nothing else."""
        return (init_settings,)


_SETTINGS_VARIABLE = f"{PREFIX}SETTINGS"
"""The variable that names the settings file, for whom no option does."""

_VARIABLES = Variables(Settings, PREFIX, besides=(EMULATED_CLOCK, _SETTINGS_VARIABLE))


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file (`reaper.yaml` if there is one and no other is named) and the
    environment.

    Paths in the file are relative to its folder. Raises ConfigurationError with every problem at
    once.
    """
    file = path or DEFAULT_FILE
    located = None if path is None and files.missing(file) else located_yaml.load(file)
    if misspelt := _VARIABLES.misspelt(os.environ, _mentioned(located.text if located else "")):
        raise ConfigurationError(*misspelt)
    if located is None:
        return _validated({}, None).of(None)
    if not isinstance(located.value, dict):
        raise ConfigurationError(f"{file}: a settings file is a mapping, like `accounts: [...]`")
    return _validated(located.value, located).of(file)


def variables_without_effect(path: Path | None = None) -> list[str]:
    """Which variables of the environment look like settings beside that file and are none, one line
    each.
    """
    file = path or DEFAULT_FILE
    text = ""
    with suppress(OSError):
        text = files.read_text(file)
    return _VARIABLES.without_effect(os.environ, _mentioned(text))


def _mentioned(text: str) -> str:
    """Where a variable is named that holds a key: in the file, or in another variable."""
    return "\n".join(
        [text, *(value for name, value in os.environ.items() if name.upper().startswith(PREFIX))]
    )


def _validated(values: dict[str, Any], located: located_yaml.Located | None) -> Settings:
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = [
            _VARIABLES.refused(e)
            for e in error.errors()
            if located is None or _VARIABLES.set(e, os.environ)
        ]
        if problems or located is None:
            raise ConfigurationError(*problems) from None
        raise FileProblems(located_yaml.explain(error, located, Settings, noun="setting")) from None
    except SettingsError as error:
        named = _FIELD.search(str(error))
        where = f"environment variable {PREFIX}{named[1].upper()}" if named else "the environment"
        raise ConfigurationError(
            f"{where}: this is not valid JSON; lists and mappings are written as JSON"
        ) from None
