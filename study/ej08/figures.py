"""Draw which classes a net takes for which."""

from __future__ import annotations

from study.shared.confusion import confusion

__all__ = ["confusion"]
