"""When the interpreter looks for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def counting_only() -> Iterator[None]:
    """Free what nobody refers to any more, as always, but do not search for cycles meanwhile.

    For a batch that makes hundreds of thousands of values, none of which refers back: the search looks at
    all of them, and at all that lives long, again and again, and finds nothing. It was a quarter of the time.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
