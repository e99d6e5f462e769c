"""The look of a verdict: a colour, and a sign so that it does not depend on colour alone."""

from __future__ import annotations

from practica.evidence.rules import OVERALL, VERDICTS

SIGNS = dict(zip((*VERDICTS, *OVERALL), "✓✗?≠–★✔±✖", strict=True))

TONES = dict(
    zip(
        (*VERDICTS, *OVERALL),
        ("00664f", "a63600", "5b4b9b", "8a5a00", "5f5f5f", "00507a", "1b6e2a", "9b2a6e", "8f1d1d"),
        strict=True,
    )
)
"""Colours that colour-blind readers can distinguish, dark enough for small print."""
