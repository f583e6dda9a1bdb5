"""Being a user of the machine who has no right to what the tests made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def shut_out(place: Path) -> Iterator[None]:
    """Nobody but its owner may use the file or folder, and we are not its owner, or may as little.

    Modules that are imported late may be out of reach, too: import them before.
    """
    mode = place.stat().st_mode
    root = os.geteuid() == 0  # root may always
    place.chmod(0)
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        place.chmod(mode)
