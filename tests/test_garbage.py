"""A batch is spared the search for cycles, and whatever happens in it, the search goes on afterwards."""

from __future__ import annotations

import gc

import pytest

from digest.garbage import counting_only


def test_nothing_is_searched_meanwhile_and_everything_afterwards() -> None:
    with counting_only():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_batch_that_fails_leaves_the_search_on() -> None:
    with pytest.raises(ValueError, match="failed"), counting_only():
        raise ValueError("the batch failed")
    assert gc.isenabled()


def test_a_batch_within_a_batch_does_not_begin_the_search() -> None:
    with counting_only():
        with counting_only():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_search_waits_for_the_last_of_batches_that_overlap() -> None:
    """Two threads: the one that began first is over first."""
    first, second = counting_only(), counting_only()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
