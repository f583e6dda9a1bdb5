"""Digests as files: whole or not at all, once whatever happens."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.channels.file import FileChannel
from digest.model import Faulty, Message, Sent, Sheet


def channel(folder: Path) -> FileChannel:
    return FileChannel(folder, rendering, "email-1")


def rendering(sheet: Sheet) -> bytes:
    return sheet.address.encode()


def message(number: int) -> Message:
    return Message(number, "ada@example.org", b"papers", "<1@example.net>")


def test_each_digest_is_a_file_and_what_the_gate_keeps_back_is_none(tmp_path: Path) -> None:
    with channel(tmp_path / "out").open() as sender:
        outcomes = dict(sender.hand_over([message(1), message(2)], lambda ids: set(ids) - {2}))
    assert outcomes == {1: Sent("1.eml")}
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["1.eml"]
    assert (tmp_path / "out" / "1.eml").read_bytes() == b"papers"


def test_a_file_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    files = channel(tmp_path)
    assert files.find(message(1)) is None
    with files.open() as sender:
        list(sender.hand_over([message(1)], lambda ids: ids))
    assert files.find(message(1)) == Sent("1.eml")


def test_a_folder_that_cannot_be_written_is_our_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with channel(tmp_path / "file").open() as sender:
        ((number, outcome),) = sender.hand_over([message(1), message(2)], lambda ids: ids)
    assert number == 1
    assert isinstance(outcome, Faulty)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process grows beyond ``size`` bytes: a write fails half-way, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_digest_that_cannot_be_written_whole_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    with files_up_to(3), channel(tmp_path).open() as sender:
        ((_, outcome),) = sender.hand_over([message(1)], lambda ids: ids)
    assert isinstance(outcome, Faulty)
    assert list(tmp_path.iterdir()) == []


def test_a_digest_whose_place_is_taken_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "1.eml").mkdir()
    with channel(tmp_path).open() as sender:
        ((_, outcome),) = sender.hand_over([message(1)], lambda ids: ids)
    assert isinstance(outcome, Faulty)
    assert [file.name for file in tmp_path.iterdir()] == ["1.eml"]
