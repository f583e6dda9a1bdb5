"""Digests as files in a folder: for trying things out, for tests, and for other programs to pick up."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from digest.channels import Gate, NothingOpen, Sender
from digest.model import ChannelName, Faulty, HandOver, Message, Sent, Sheet, UnknownPolicy


@dataclass(frozen=True, slots=True)
class FileChannel:
    """Writes each digest to ``FOLDER/{delivery}.eml``, as another channel renders it.

    A file appears whole or not at all, under a name of its own, so writing it again changes nothing.
    """

    name: ClassVar[ChannelName] = ChannelName.FILE
    on_unknown: ClassVar[UnknownPolicy] = UnknownPolicy.RECONCILE

    folder: Path
    rendering: Callable[[Sheet], bytes]
    template: str

    def render(self, sheet: Sheet) -> bytes:
        """As the other channel does."""
        return self.rendering(sheet)

    def open(self) -> Sender:
        return FileSender(self.folder)

    def find(self, message: Message) -> HandOver | None:
        """A file that is there was written whole."""
        path = place(self.folder, message)
        return Sent(path.name) if path.is_file() else None


def place(folder: Path, message: Message) -> Path:
    """Where a message lies."""
    return folder / f"{message.delivery_id}.eml"


@dataclass(frozen=True, slots=True)
class FileSender(NothingOpen):
    """Writes messages into a folder."""

    folder: Path

    def hand_over(self, messages: Sequence[Message], gate: Gate) -> Iterator[tuple[int, HandOver]]:
        passed = set(gate([message.delivery_id for message in messages]))
        for message in messages:
            if message.delivery_id in passed:
                outcome = self._write(message)
                yield message.delivery_id, outcome
                if isinstance(outcome, Faulty):
                    return

    def _write(self, message: Message) -> HandOver:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _put(message.body, place(self.folder, message))
        except OSError as error:
            return Faulty(f"the outbox folder cannot be written: {error.strerror}", "file")
        return Sent(place(self.folder, message).name)


def _put(body: bytes, where: Path) -> None:
    """Write a file whole, or leave nothing."""
    with tempfile.NamedTemporaryFile(dir=where.parent, suffix=".part", delete=False) as file:
        try:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(where)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
