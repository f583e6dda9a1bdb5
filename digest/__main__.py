"""``python -m digest``: the same as the command ``digest``."""

from digest.cli import run

run()
