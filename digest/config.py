"""Settings: defaults, TOML file, environment, secret files; read once at the start.

Precedence, highest first: ``DIGEST_SECTION__KEY`` in the environment, files in the secrets folder
(``section__key``), the TOML file. An unknown or wrong key is an error that names it and its place.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_config_path, user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from digest.errors import ConfigError
from digest.model import NO_ZONES

APP = "digest"
PREFIX = "DIGEST_"
OWN_VARIABLES = ("DIGEST_CONFIG", "DIGEST_DEBUG", "DIGEST_SECRETS_DIR")
"""What else the program asks the environment for, beside its settings."""
_SERVICE = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$")


def default_config_path() -> Path:
    """``$DIGEST_CONFIG``, else ``config.toml`` here if there is one, else the user's config folder."""
    named = os.environ.get("DIGEST_CONFIG")
    if named:
        return Path(named)
    here = Path("config.toml")
    return here if here.is_file() else user_config_path(APP) / "config.toml"


def default_store_url() -> str:
    return f"sqlite:///{user_data_path(APP) / 'digest.sqlite3'}"


def _known_zone(name: str) -> str:
    wrong = ValueError(f"{name!r} is no time zone; use a name such as Europe/Berlin")
    if name in NO_ZONES:
        raise wrong
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise wrong from error
    return name


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(
            f"{url!r} is no address to begin links with; give one such as https://digest.example.org"
        )
    return url


LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts to which nothing leaves this machine: no name is needed there, and no encryption."""
Zone = Annotated[str, AfterValidator(_known_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


def _secret_address(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if url and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("that is no web address; give one that begins with https://")
    return url


SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(Part):
    url: str = Field(default_factory=default_store_url)


class SourceSettings(Part):
    """``share`` is the part of the anonymous allowance we allow ourselves, at most a half."""

    base_url: WebAddress = "https://huggingface.co"
    contact: str = "https://github.com/daily-papers-digest"
    token: SecretStr | None = None
    look_back_days: int = Field(14, ge=1, le=60)
    collect_minutes: int = Field(30, ge=5, le=720)
    keep_raw_days: int = Field(30, ge=0, le=3650)
    fetch_deadline_seconds: float = Field(60, gt=0, le=600)
    share: float = Field(0.5, gt=0, le=0.5)


class EmailSettings(Part):
    """``sender`` is a name and an address; ``bounce_domain`` receives VERP returns.

    ``per_minute`` mails are sent by all processes of a store together; 0 is no limit."""

    enabled: bool = True
    sender: str = "Daily Papers digest <digest@localhost>"
    reply_to: str = ""
    host: str = "localhost"
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: SecretStr | None = None
    ca_file: Path | None = None
    bounce_domain: str = ""
    list_domain: str = ""
    postal_address: str = ""
    connections: int = Field(2, ge=1, le=64)
    messages_per_connection: int = Field(500, ge=1)
    per_minute: int = Field(0, ge=0)
    dkim_selector: str = ""
    dkim_key_file: Path | None = None


class BounceSettings(Part):
    """Where mail to ``email.bounce_domain`` waits to be read: a Maildir, or a folder by IMAP."""

    maildir: Path | None = None
    imap_host: str = ""
    imap_port: int = Field(993, ge=1, le=65535)
    imap_security: Literal["tls", "starttls", "none"] = "tls"
    imap_username: str = ""
    imap_password: SecretStr | None = None
    imap_folder: str = "INBOX"


class SlackSettings(Part):
    enabled: bool = False
    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    client_id: str = ""
    client_secret: SecretStr | None = None
    base_url: WebAddress = "https://slack.com/api/"
    webhook_hosts: tuple[str, ...] = ("hooks.slack.com",)
    thread: Literal["auto", "always", "never"] = "auto"

    @property
    def several(self) -> bool:
        """Whether the app, without a token of its own, is for several workspaces that install it by OAuth."""
        return not self.bot_token and bool(self.client_id and self.client_secret)

    @property
    def installable(self) -> bool:
        """Whether workspaces may install the app on the web site, and it hears of them then."""
        return self.enabled and self.several and bool(self.app_token or self.signing_secret)


class FileSettings(Part):
    """Digests written as files: for trying things out and for tests."""

    enabled: bool = False
    folder: Path = Field(default_factory=lambda: user_data_path(APP) / "outbox")


class WebSettings(Part):
    """``secret_keys``: newest first; older ones still verify links that are out there."""

    enabled: bool = True
    base_url: WebAddress = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    trusted_proxies: tuple[str, ...] = ()
    secret_keys: tuple[SecretStr, ...] = ()
    sign_ups_per_hour: int = Field(500, ge=1)
    metrics: bool = False


class DigestSettings(Part):
    """Defaults for new subscribers and limits for all."""

    timezone: Zone = "UTC"
    send_at: time = time(7, 30)
    limit: int = Field(10, ge=1, le=50)
    bar: float = Field(4.0, ge=0, le=10)
    rising: bool = True
    empty: Literal["always", "weekly", "never"] = "weekly"
    catch_up_days: int = Field(7, ge=1, le=30)
    wait_minutes: int = Field(120, ge=0, le=720)
    abstract_sentences: int = Field(2, ge=0, le=10)


class DeliverySettings(Part):
    """Seconds unless named otherwise. A lease outlasts every phase limit of a hand-over."""

    lease_seconds: int = Field(1200, ge=1)
    batch: int = Field(100, ge=1, le=1000)
    max_age_hours: float = Field(24, gt=0)
    max_kills: int = Field(3, ge=1)
    on_unknown_email: Literal["resend", "hold"] = "resend"
    connect_seconds: float = Field(30, gt=0)
    command_seconds: float = Field(120, gt=0)
    final_dot_seconds: float = Field(600, gt=0)
    shutdown_seconds: float = Field(30, gt=0)


class OperatorSettings(Part):
    """Who is told when something is wrong, and how."""

    email: str = ""
    slack_webhook: SecretAddress | None = None
    ping_url: SecretAddress | None = None
    stale_after_hours: float = Field(6, gt=0)
    overdue_after_minutes: float = Field(60, gt=0)


class RetentionSettings(Part):
    """Days things are kept. Entries must outlast the look-back, or a paper could come twice."""

    digests_days: int = Field(400, ge=60)
    attempts_days: int = Field(90, ge=1)
    observations_days: int = Field(400, ge=30)
    unconfirmed_days: int = Field(7, ge=1)


class LogSettings(Part):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    store: StoreSettings = StoreSettings()
    source: SourceSettings = SourceSettings()
    email: EmailSettings = EmailSettings()
    bounces: BounceSettings = BounceSettings()
    slack: SlackSettings = SlackSettings()
    file: FileSettings = FileSettings()
    web: WebSettings = WebSettings()
    digest: DigestSettings = DigestSettings()
    delivery: DeliverySettings = DeliverySettings()
    operator: OperatorSettings = OperatorSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()


def load(path: Path | None = None, **overrides: Any) -> Settings:
    """Read the settings once.

    ``path`` must exist when given; without it the default place is read if there is a file.
    ``overrides`` are whole sections, for tests and the demo. Raises ``ConfigError`` naming the key, and
    where its value came from.
    """
    chosen = path or default_config_path()
    if (path or "DIGEST_CONFIG" in os.environ) and not _is_there(chosen):
        raise ConfigError(f"there is no configuration file at {chosen}", remedy="run `digest init`")
    environment, secrets = _environment(), _secrets()
    try:
        return _settings_class(environment, secrets, chosen)(**overrides)
    except ValidationError as error:
        places = secrets.places | environment.places
        raise ConfigError(_problems(error, places, chosen), remedy="see config.example.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{chosen} is not valid TOML: {error}", remedy="correct that line") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(chosen, error) from error


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> ConfigError:
    reason = error.strerror if isinstance(error, OSError) else error
    return ConfigError(f"{file} cannot be read: {reason}", remedy="check its rights and encoding")


@dataclass(frozen=True, slots=True)
class Given:
    """Values by section and key, as they stand outside the configuration file; ``places`` says where."""

    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, section: str, key: str, text: str, place: str) -> None:
        value = _several(text, place) if (section, key) in _LISTS else text
        self.values.setdefault(section, {})[key] = value
        self.places[section, key] = place


def _settings_class(environment: Given, secrets: Given, path: Path) -> type[Settings]:
    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            given = (InitSettingsSource(settings_cls, one.values) for one in (environment, secrets))
            return (init_settings, *given, TomlConfigSettingsSource(settings_cls, path))

    return FromFile


def _keys() -> dict[tuple[str, str], Any]:
    """Every section and key, with what it is annotated with."""
    return {
        (section, key): field.annotation
        for section, part in Settings.model_fields.items()
        if isinstance(part.annotation, type) and issubclass(part.annotation, Part)
        for key, field in part.annotation.model_fields.items()
    }


_LISTS = frozenset(name for name, kind in _keys().items() if get_origin(kind) is tuple)
_VARIABLES = {f"{PREFIX}{section}__{key}".upper(): (section, key) for section, key in _keys()}


def _environment() -> Given:
    """What ``DIGEST_SECTION__KEY`` say. A mistyped one is refused: it would be left out without a word."""
    given = Given()
    for name, text in os.environ.items():
        upper = name.upper()
        if upper in _VARIABLES:
            given.add(*_VARIABLES[upper], text, f"{name} in the environment")
        elif upper.startswith(PREFIX) and upper not in OWN_VARIABLES and not _of_a_cluster(upper, text):
            near = get_close_matches(upper, [*_VARIABLES, *OWN_VARIABLES], n=1)
            asked = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(
                f"{name} in the environment is no setting",
                remedy=f"{asked}They are called {PREFIX}SECTION__KEY, by the names of config.example.toml",
            )
    return given


def _of_a_cluster(name: str, text: str) -> bool:
    """Whether Kubernetes, or a container's link, set it for a service that is called ``digest``."""
    return bool(_SERVICE.search(name)) or text.startswith(("tcp://", "udp://", "sctp://"))


def _secrets() -> Given:
    """One file per secret, named ``section__key``: systemd credentials, container secrets.

    Other files are left alone.
    """
    given = Given()
    named = os.environ.get("DIGEST_SECRETS_DIR") or os.environ.get("CREDENTIALS_DIRECTORY")
    if not named:
        return given
    folder = Path(named)
    if not folder.is_dir():
        raise ConfigError(f"the secrets folder {folder} does not exist", remedy="create or unset it")
    for file in sorted(folder.iterdir()):
        section, mark, key = file.name.lower().partition("__")
        if mark and file.is_file():
            given.add(section, key, _secret(file), f"the secret {file}")
    return given


def _secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigError(
            f"the secret {file} cannot be read: {reason}",
            remedy="let the user that digest runs as read it, and nobody else",
        ) from error


def _several(text: str, place: str) -> list[Any]:
    """The values of a list: ``["one", "two"]``, or one after another with blanks or line breaks between."""
    if not text.lstrip().startswith("["):
        return text.split()
    try:
        return list(json.loads(text))
    except ValueError as error:
        raise ConfigError(
            f"{place} is no list", remedy='write ["one", "two"], or the values with blanks between them'
        ) from error


def _problems(error: ValidationError, places: Mapping[tuple[str, str], str], path: Path) -> str:
    """Each problem with its key and where it stands; never the value, it may be secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        pieces = [str(piece) for piece in problem["loc"]]
        place = places.get((pieces[0], pieces[1]), str(path)) if len(pieces) > 1 else str(path)
        says = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        lines.append(f"{'.'.join(pieces)}: {says.removeprefix('Value error, ')} ({place})")
    return "the configuration is wrong: " + "; ".join(lines)


def shown(settings: Settings) -> dict[str, Any]:
    """The effective settings, secrets masked, for ``digest config show``.

    A store URL with a password shows ``***`` in its place, and so does what is none.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    values: dict[str, Any] = settings.model_dump(mode="json")
    try:
        values["store"]["url"] = make_url(settings.store.url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        values["store"]["url"] = "***"
    return values
