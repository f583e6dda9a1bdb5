"""What the program is deployed with: image, compose file and unit say what it understands."""

from __future__ import annotations

import re
import shlex
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are another package, for one test

from digest.cli import root
from digest.config import Settings, StoreSettings, load
from tests.reference import commands

PROJECT = Path(__file__).resolve().parents[1]
IMAGE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
UNIT = (PROJECT / "deploy" / "digest.service").read_text(encoding="utf-8")
TREE = dict(commands(root))
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
PLACEHOLDER = re.compile(r"\$\{(\w+):([?-])([^}]*)\}")


def variables_of_the_image() -> dict[str, str]:
    lines = IMAGE.replace("\\\n", " ").splitlines()
    told = [line.removeprefix("ENV ") for line in lines if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for line in told for pair in shlex.split(line))


def asked_for(value: str) -> str:
    """A value of the compose file as compose fills it in when only what it insists on is given."""
    return PLACEHOLDER.sub(lambda found: "digest@example.org" if found[2] == "?" else found[3], str(value))


@pytest.mark.parametrize("name", OURS)
def test_a_service_gets_its_store_and_secrets_from_the_files_of_the_compose_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image named a store of its own, and the environment wins over files: Postgres was never asked."""
    secrets = {"store__url": "postgresql://digest:pw@store/digest", "web__secret_keys": "new\nold\n"}
    for secret in OURS[name]["secrets"]:
        assert secret in COMPOSE["secrets"]
        (tmp_path / secret).write_text(secrets.get(secret, ""))
    variables = variables_of_the_image() | OURS[name]["environment"]
    for key, value in variables.items():
        if key != "PATH":
            monkeypatch.setenv(key, asked_for(value))
    monkeypatch.setenv("DIGEST_SECRETS_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings = load()
    assert settings.store.url == secrets["store__url"]
    assert [key.get_secret_value() for key in settings.web.secret_keys] == ["new", "old"]
    assert settings.web.host == "0.0.0.0"


def test_the_image_keeps_its_store_in_its_volume(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGEST_STORE__URL", raising=False)
    for key, value in variables_of_the_image().items():
        if key != "PATH":
            monkeypatch.setenv(key, value)
    assert StoreSettings().url == "sqlite:////data/digest/digest.sqlite3"
    assert re.search(r'^VOLUME \["/data"\]$', IMAGE, re.MULTILINE)


@pytest.mark.parametrize("name", OURS)
def test_what_a_service_sets_and_runs_exists(name: str) -> None:
    service = OURS[name]
    assert tuple(service["command"]) in TREE
    assert (PROJECT / "deploy" / service["build"] / "Dockerfile").is_file()
    for key in (*service["environment"], *service["secrets"]):
        section, mark, field = key.removeprefix("DIGEST_").lower().partition("__")
        if mark:
            part = Settings.model_fields[section].annotation
            assert part is not None
            assert field in part.model_fields


def test_the_image_copies_what_exists_and_what_its_build_needs_is_not_left_out() -> None:
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", IMAGE, re.MULTILINE)
    assert copied
    for name in " ".join(copied).split():
        assert (PROJECT / name).exists(), name
        assert name.split("/")[0] not in ignored, name
    assert "deploy" in ignored  # its secrets have no business in a build


def test_the_image_holds_what_every_extra_needs() -> None:
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    locked = (PROJECT / "requirements" / "image.txt").read_text(encoding="utf-8")
    for wanted in chain.from_iterable(extras.values()):
        name = re.match(r"[\w-]+", wanted)
        assert name
        assert re.search(rf"^{name[0]}==", locked, re.MULTILINE), wanted


def test_the_unit_runs_a_command_that_exists() -> None:
    line = re.search(r"^ExecStart=\S+/digest --config \S+ (\S+)$", UNIT, re.MULTILINE)
    assert line
    assert (line[1],) in TREE


@pytest.mark.parametrize("file", ["Makefile", "Dockerfile"])
def test_what_is_locked_is_installed_as_it_stands(file: str) -> None:
    """Resolving again, pips before 23.3 wanted the newest release of what is asked for with an extra."""
    installs = re.findall(r"pip install .*-r requirements/.*", (PROJECT / file).read_text(encoding="utf-8"))
    assert installs
    assert all("--no-deps --require-hashes" in install for install in installs)
