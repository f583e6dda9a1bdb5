"""Settings: precedence, errors that name the key, secrets that stay secret."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from digest.config import load, shown
from digest.errors import ConfigError
from digest.ranking.calibration import DEFAULT_BAR
from digest.ranking.rank import DEFAULT_LIMIT
from tests.stranger import shut_out


@pytest.fixture(autouse=True)
def quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DIGEST_CONFIG", "DIGEST_SECRETS_DIR", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return path


def test_without_any_file_the_defaults_hold() -> None:
    assert load().digest.limit == 10


def test_the_default_bar_and_limit_are_those_the_ranking_is_calibrated_for() -> None:
    assert (load().digest.bar, load().digest.limit) == (DEFAULT_BAR, DEFAULT_LIMIT)


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_EMAIL__PORT", "2525")
    settings = load(write(tmp_path, '[email]\nport = 26\nhost = "mail.example.org"\n'))
    assert (settings.email.port, settings.email.host) == (2525, "mail.example.org")


def test_a_secret_file_beats_the_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "email__password").write_text("from-a-file\n")
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(secrets))
    settings = load(write(tmp_path, '[email]\npassword = "from-toml"\n'))
    assert settings.email.password is not None
    assert settings.email.password.get_secret_value() == "from-a-file"


def test_a_secret_file_may_hold_several_keys_one_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web__secret_keys").write_text(
        "the newest key of all\nan older key than it\n".replace(" ", "-")
    )
    (tmp_path / "unrelated").write_text("left alone")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    keys = [key.get_secret_value() for key in load().web.secret_keys]
    assert keys == ["the-newest-key-of-all", "an-older-key-than-it"]


@pytest.mark.parametrize("text", ['["10.0.0.0/8", "192.168.0.0/16"]', "10.0.0.0/8 192.168.0.0/16"])
def test_the_environment_and_a_secret_file_write_lists_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    both = ("10.0.0.0/8", "192.168.0.0/16")
    with monkeypatch.context() as patch:
        patch.setenv("DIGEST_WEB__TRUSTED_PROXIES", text)
        assert load().web.trusted_proxies == both
    (tmp_path / "web__trusted_proxies").write_text(text)
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path))
    assert load().web.trusted_proxies == both


def test_a_list_that_is_broken_off_is_named_with_how_lists_are_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DIGEST_WEB__SECRET_KEYS", '["canary')
    with pytest.raises(ConfigError, match="DIGEST_WEB__SECRET_KEYS in the environment is no list") as refused:
        load()
    assert "canary" not in str(refused.value)
    assert '["one", "two"]' in refused.value.remedy


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("DIGEST_EMIAL__PORT", "DIGEST_EMAIL__PORT"),
        ("DIGEST_EMAIL_PORT", "DIGEST_EMAIL__PORT"),
        ("DIGEST_STORE_URL", "DIGEST_STORE__URL"),
        ("digest_store_url", "DIGEST_STORE__URL"),
        ("DIGEST_SECRET_DIR", "DIGEST_SECRETS_DIR"),
        ("DIGEST_EMAIL", "DIGEST_SECTION__KEY"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_nearest_right_one(
    monkeypatch: pytest.MonkeyPatch, name: str, near: str
) -> None:
    monkeypatch.setenv(name, "25")
    with pytest.raises(ConfigError, match=f"{name} in the environment is no setting") as refused:
        load()
    assert near in refused.value.remedy


def test_variables_of_the_program_and_those_a_cluster_sets_for_a_service_are_let_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kubernetes names a service's variables by it, and this one is likely to be called digest."""
    monkeypatch.setenv("DIGEST_DEBUG", "1")
    monkeypatch.setenv("DIGEST_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("DIGEST_WEB_SERVICE_PORT_HTTP", "80")
    monkeypatch.setenv("DIGEST_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("DIGEST_PORT_80_TCP_ADDR", "10.0.0.1")
    monkeypatch.setenv("digest_email__port", "26")
    assert load().email.port == 26


def test_a_wrong_value_is_told_with_the_place_it_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, '[email]\nport = 25\n[web]\nport = "none"\n')
    (tmp_path / "bounces__imap_port").write_text("many")
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("DIGEST_EMAIL__PORT", "many")
    with pytest.raises(ConfigError) as refused:
        load(file)
    told = {one.partition(": ")[0]: one for one in str(refused.value).partition(": ")[2].split("; ")}
    assert told["email.port"].endswith("(DIGEST_EMAIL__PORT in the environment)")
    assert told["bounces.imap_port"].endswith(f"(the secret {tmp_path / 'bounces__imap_port'})")
    assert told["web.port"].endswith(f"({file})")


def test_a_secret_file_for_an_unknown_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "email__pasword").write_text("x")
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path))
    with pytest.raises(ConfigError, match=r"email\.pasword: unknown key"):
        load()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[email]\nhots = "x"\n', r"email\.hots: unknown key"),
        ("[emial]\n", "emial: unknown key"),
        ('[email]\nport = "many"\n', r"email\.port"),
        ('[digest]\ntimezone = "Mars/Olympus"\n', r"digest\.timezone.*no time zone"),
        ('[digest]\ntimezone = "localtime"\n', r"digest\.timezone.*no time zone"),
        ("[digest\n", "not valid TOML"),
    ],
)
def test_a_wrong_configuration_names_the_key(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        load(write(tmp_path, text))


def test_a_wrong_value_is_never_repeated_because_it_may_be_a_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, '[email]\nport = "canary-secret"\n'))
    assert "canary-secret" not in str(caught.value)


def test_a_file_that_is_named_but_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no configuration file"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("closed", ["settings.toml", "."])
def test_a_file_one_may_not_read_is_a_wrong_configuration(tmp_path: Path, closed: str) -> None:
    file = write(tmp_path, "[email]\n")
    load(file)
    with (
        shut_out(tmp_path / closed),
        pytest.raises(ConfigError, match=r"settings\.toml cannot be read: Permission denied"),
    ):
        load(file)


def test_a_secrets_folder_that_is_missing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="secrets folder"):
        load()


def test_a_secret_that_cannot_be_read_is_named_without_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path))
    (tmp_path / "email__password").write_bytes(b"canary\xff")
    with pytest.raises(ConfigError, match=r"email__password cannot be read: it is no UTF-8") as refused:
        load()
    assert "canary" not in f"{refused.value} {refused.value.remedy}"


def test_secrets_are_masked_when_shown(tmp_path: Path) -> None:
    settings = load(
        write(
            tmp_path,
            '[store]\nurl = "postgresql://me:canary-one@db/digest"\n[email]\npassword = "canary-two"\n'
            '[web]\nsecret_keys = ["canary-three-long-enough"]\n',
        )
    )
    text = str(shown(settings)) + repr(settings.email) + repr(settings.web)
    assert "canary" not in text


EXAMPLE = Path(__file__).resolve().parents[1] / "config.example.toml"


def test_the_example_holds_every_key_with_its_true_default() -> None:
    """Keys without a default of their own stand there as comments."""
    text = EXAMPLE.read_text()
    example = tomllib.loads(text)
    for section, keys in load().model_dump().items():
        for key, default in keys.items():
            if key in example[section]:
                assert load(EXAMPLE).model_dump()[section][key] == default, f"{section}.{key}"
            else:
                assert f"# {key} = " in text, f"{section}.{key} is not in config.example.toml"
