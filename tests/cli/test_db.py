"""``digest db``: a store moved to another database by one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Digest


def test_a_store_is_copied_with_its_subscribers_and_works_there(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "eve"):
        assert digest("subscribers", "add", f"{name}@example.org", "-k", "robots").code == 0
    assert digest("subscribers", "erase", "1", "--yes").code == 0
    before = digest("subscribers", "export").out
    there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    ran = digest("db", "copy", there)
    assert (ran.code, "set store.url" in ran.err) == (0, True), ran.err
    monkeypatch.setenv("DIGEST_STORE__URL", there)
    assert digest("db", "check").code == 0
    assert digest("subscribers", "export").out == before
    assert digest("subscribers", "show", "2").code == 0


def test_a_backup_is_put_in_place_by_the_documented_steps_and_gives_no_number_twice(
    digest: Digest, tmp_path: Path
) -> None:
    store, copy = tmp_path / "store.sqlite3", tmp_path / "copy.sqlite3"
    assert digest("subscribers", "add", "ada@example.org", "-k", "robots").out == "1\n"
    assert digest("db", "backup", str(copy)).code == 0
    assert digest("subscribers", "add", "bob@example.org", "-k", "robots").out == "2\n"
    store.write_bytes(copy.read_bytes())
    for beside in ("-wal", "-shm"):
        store.with_name(store.name + beside).unlink(missing_ok=True)
    assert digest("db", "upgrade").code == 0
    ran = digest("db", "restored")
    assert (ran.code, ran.out, "a million further" in ran.err) == (0, "", True)
    assert digest("subscribers", "list").out.count("\n") == 1
    assert digest("subscribers", "add", "eve@example.org", "-k", "robots").out == "1000002\n"


def test_a_target_in_use_is_refused_with_a_remedy(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("subscribers", "add", "ada@example.org", "-k", "robots").code == 0
    there = f"sqlite:///{tmp_path / 'there.sqlite3'}"
    assert digest("db", "copy", there).code == 0
    again = digest("db", "copy", there)
    assert (again.code, "not empty" in again.err, "→" in again.err) == (4, True, True)


def test_init_leaves_a_store_on_postgres_that_a_worker_can_use_and_a_missing_queue_is_named(
    digest: Digest, postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("procrastinate")
    monkeypatch.setenv("DIGEST_STORE__URL", postgres_url)
    for ran in (digest("db", "check"), digest("doctor", "--no-network")):
        assert ran.code
        assert "the queue has no tables yet" in ran.out + ran.err
        assert "digest db upgrade" in ran.out + ran.err
    assert digest("init", "--path", str(tmp_path / "config.toml")).code == 0
    assert digest("db", "check").code == 0
    assert digest("worker", "--until-empty").code == 0


@pytest.mark.parametrize("target", ["mysql://x", "bogus", "postgresql://me:canary@db:abc/digest"])
def test_a_target_that_is_no_address_is_blamed_itself(digest: Digest, target: str) -> None:
    ran = digest("db", "copy", target)
    assert (ran.code, ran.err.startswith("error: TARGET ")) == (3, True), ran.err
    assert "canary" not in ran.err


def test_a_target_in_a_folder_that_is_not_there_is_refused_and_nothing_is_made(
    digest: Digest, tmp_path: Path
) -> None:
    ran = digest("db", "copy", f"sqlite:///{tmp_path / 'nowhere' / 'a' / 'copy.sqlite3'}")
    assert (ran.code, f"there is no folder {tmp_path / 'nowhere' / 'a'}" in ran.err) == (4, True), ran.err
    assert not (tmp_path / "nowhere").exists()
