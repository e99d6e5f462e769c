"""Distinguish texts from numbers among the inputs of a net."""

from __future__ import annotations

from typing import Any

import numpy as np


def holds_text(values: Any) -> bool:
    """Return whether values are texts: a NumPy array, or a TensorFlow tensor."""
    return values.dtype.kind in "OSU" if isinstance(values, np.ndarray) else getattr(values, "dtype", None) == "string"
