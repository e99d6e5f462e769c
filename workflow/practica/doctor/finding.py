"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the report: ``level`` is ok, warn or fail; ``advice`` says what to do."""

    what: str
    level: str
    found: str
    advice: str = ""
