"""Raw evidence → the scale 0 to 10, the same for every profile and day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SCALE = 12.0
TOP = 10.0
DEFAULT_BAR = 4.0
"""Points; the least score of an entry unless the profile says otherwise."""


def calibrated(raw: NDArray[np.floating]) -> NDArray[np.float64]:
    """The score of raw evidence: 0 without any, ever closer to 10."""
    return np.asarray(TOP * -np.expm1(-np.maximum(raw, 0.0) / SCALE), dtype=np.float64)
