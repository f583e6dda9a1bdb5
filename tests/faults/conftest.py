"""Faults come in a short form, for every run, and a long one, for ``make soak``."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether the long form was asked for."""
    return os.environ.get("SOAK") == "1"
