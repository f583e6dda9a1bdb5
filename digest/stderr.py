"""A stderr that never fails: what cannot be written there (a full disk, a closed pipe) is dropped.

A program that delivers must not end because its log cannot be kept.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDERR = 2


class _Forgiving(io.FileIO):
    """Descriptor 2; what it does not take counts as written."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return len(memoryview(data)) if written is None else written


def forgive_stderr() -> None:
    """Replace ``sys.stderr``, once, at the start of the process.

    A process started without descriptor 2 gets one, on the null device: else the next file or
    socket it opens would be number 2, and whatever a library prints would land in it.
    """
    if sys.stderr is None:  # the interpreter found the descriptor closed
        null = os.open(os.devnull, os.O_WRONLY)
        if null != STDERR:
            os.dup2(null, STDERR)
            os.close(null)
    raw = _Forgiving(STDERR, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
