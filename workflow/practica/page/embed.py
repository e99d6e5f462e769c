"""Embed data in a page so that nothing in them can close the element that holds them."""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup


def json_text(value: Any) -> Markup:
    """Return ``value`` as JSON for a script element; NaN and infinities become null."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))
