"""Benchmarks: ratios against a peer or a floor measured in the same run. See docs/performance.md."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program's own commands have it
