"""Settings: defaults, TOML file, environment, secret files; read once at the start.

Precedence, highest first: ``DIGEST_SECTION__KEY`` in the environment, files in the secrets folder
(``section__key``), the TOML file. An unknown or wrong key is an error that names it.
"""

from __future__ import annotations

import os
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_config_path, user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from digest.errors import ConfigError
from digest.model import NO_ZONES

APP = "digest"


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


Zone = Annotated[str, AfterValidator(_known_zone)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


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
    slack_webhook: SecretStr | None = None
    ping_url: SecretStr | None = None
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
        env_prefix="DIGEST_",
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
    ``overrides`` are whole sections, for tests and the demo. Raises ``ConfigError`` naming the key.
    """
    chosen = path or default_config_path()
    if (path or "DIGEST_CONFIG" in os.environ) and not chosen.is_file():
        raise ConfigError(f"there is no configuration file at {chosen}", remedy="run `digest init`")
    try:
        return _settings_class(chosen)(**overrides)
    except ValidationError as error:
        raise ConfigError(_first_problem(error, chosen), remedy="see config.example.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{chosen} is not valid TOML: {error}", remedy="correct that line") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{chosen} cannot be read: {error}", remedy="check its rights and encoding"
        ) from error


def _settings_class(path: Path) -> type[Settings]:
    secrets = os.environ.get("DIGEST_SECRETS_DIR") or os.environ.get("CREDENTIALS_DIRECTORY")

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            sources: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
            if secrets:
                sources.append(SecretFiles(settings_cls, Path(secrets)))
            sources.append(TomlConfigSettingsSource(settings_cls, path))
            return tuple(sources)

    return FromFile


class SecretFiles(SecretsSettingsSource):
    """One file per secret, named ``section__key``: systemd credentials, container secrets.

    Other files are left alone. A key that takes several values has one a line.
    """

    def __init__(self, settings_cls: type[BaseSettings], folder: Path) -> None:
        super().__init__(settings_cls, secrets_dir=folder)
        self.folder = folder

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if not self.folder.is_dir():
            raise ConfigError(f"the secrets folder {self.folder} does not exist", remedy="create or unset it")
        for file in sorted(self.folder.iterdir()):
            section, mark, key = file.name.lower().partition("__")
            if mark and file.is_file():
                text = _secret(file)
                several = _holds_several(self.settings_cls, section, key)
                found.setdefault(section, {})[key] = text.split() if several else text
        return found


def _secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigError(
            f"the secret {file} cannot be read: {reason}",
            remedy="let the user that digest runs as read it, and nobody else",
        ) from error


def _holds_several(settings: type[BaseSettings], section: str, key: str) -> bool:
    """Whether a key takes a list: its file holds one value a line."""
    part = settings.model_fields.get(section)
    kind = part.annotation if part else None
    if not (isinstance(kind, type) and issubclass(kind, Part) and key in kind.model_fields):
        return False
    return get_origin(kind.model_fields[key].annotation) is tuple


def _first_problem(error: ValidationError, path: Path) -> str:
    """One line per problem, with the key as it stands in the file; never the value, it may be secret."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False):
        key = ".".join(str(piece) for piece in problem["loc"])
        says = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        says = says.removeprefix("Value error, ")
        lines.append(f"{key}: {says}")
    return f"the configuration is wrong ({path}): " + "; ".join(lines)


def shown(settings: Settings) -> dict[str, Any]:
    """The effective settings, secrets masked, for ``digest config show``.

    A store URL with a password shows ``***`` in its place.
    """
    from sqlalchemy.engine import make_url

    values: dict[str, Any] = settings.model_dump(mode="json")
    values["store"]["url"] = make_url(settings.store.url).render_as_string(hide_password=True)
    return values
