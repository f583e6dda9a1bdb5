"""``digest demo``: a few seconds, everything real, and errors that say what to do."""

from __future__ import annotations

import threading
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.demo import play
from digest.demo.mailbox import Mailbox
from tests.cli.conftest import Digest

NAMES = [f"2026-10-{day}-{name}" for day in (15, 16, 17) for name in ("ada", "mika", "ravi")]


def test_it_tells_its_story_shows_a_digest_and_leaves_all_mails(digest: Digest, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "demo-output"
    ran = digest("demo", "--out", str(out))

    assert ran.code == 0, ran.err
    assert ran.err.count("3 mails delivered by SMTP") == 3
    assert ran.err.count("nothing prepared or sent twice") == 3
    assert f"{len(NAMES)} mails lie in {out}/" in ran.err
    assert "digest init" in ran.err
    assert "Diffusion Policies Learn to Recover" in ran.out
    assert "papers listed" in ran.out
    rising = [name for name in NAMES if ">Rising" in (out / f"{name}.html").read_text(encoding="utf-8")]
    assert rising == ["2026-10-17-mika"]
    assert sorted(path.name for path in out.iterdir()) == sorted(
        name + suffix for name in NAMES for suffix in (".eml", ".html")
    )
    for name in NAMES:
        mail = message_from_bytes((out / f"{name}.eml").read_bytes(), policy=policy.default)
        assert mail["To"] == f"{name.rpartition('-')[2]}@sample.example"
        assert (out / f"{name}.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_it_needs_no_configuration_and_minds_none(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text("[nonsense]\nkey = 1\n")
    monkeypatch.setenv("DIGEST_STORE__URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("DIGEST_EMAIL__HOST", "nowhere.invalid")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    before = set(threading.enumerate())
    ran = digest("--quiet", "demo")

    assert (ran.code, ran.err) == (0, "")
    assert len(list((tmp_path / "demo-output").iterdir())) == 2 * len(NAMES)
    assert set(threading.enumerate()) <= before


def test_a_folder_that_cannot_be_written_is_named_before_anything_else(
    digest: Digest, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ran = digest("demo", "--out", str(tmp_path / "file" / "below"))

    assert ran.code == 1
    assert ran.err.startswith(f"error: nothing can be written into {tmp_path / 'file' / 'below'}: ")
    assert "--out" in ran.err
    assert "Traceback" not in ran.err


def test_a_mail_that_cannot_be_written_is_an_error_too(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "demo-output" / "2026-10-15-ada.eml").mkdir(parents=True)
    ran = digest("demo")

    assert ran.code == 1
    assert "a mail cannot be written into demo-output" in ran.err


def test_mails_that_a_second_run_would_send_are_an_error(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(play, "AGAIN", timedelta(days=1))  # everybody is due again
    ran = digest("demo")

    assert ran.code == 6
    assert "a second run prepared 3 digests and sent 3 mails again" in ran.err


def test_without_a_port_it_says_so(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object, **__: object) -> Mailbox:
        with Mailbox() as held:
            return Mailbox(port=held.port)

    monkeypatch.setattr(play, "Mailbox", taken)
    ran = digest("demo")

    assert ran.code == 1
    assert "no SMTP server can be opened on 127.0.0.1" in ran.err
    assert "→ end the program that holds the port" in ran.err


@pytest.mark.parametrize(
    ("called", "found", "named"),
    [("digest", "/usr/bin/digest", "  digest init"), (".venv/bin/digest", None, "  .venv/bin/digest init")],
)
def test_what_comes_next_can_be_typed_as_it_stands(
    digest: Digest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    called: str,
    found: str | None,
    named: str,
) -> None:
    monkeypatch.setattr("sys.argv", [str(tmp_path / called)])
    monkeypatch.setattr("shutil.which", lambda _name: found)
    assert named in digest("demo").err
