"""How a verdict looks: a sign, so that it does not rest on its colour, and a colour."""

from __future__ import annotations

from practica.evidence.rules import VERDICTS

SIGNS = dict(zip(VERDICTS, "✓✗?≠–", strict=True))

TONES = dict(zip(VERDICTS, ("00664f", "a63600", "5b4b9b", "8a5a00", "5f5f5f"), strict=True))
"""Colours that colour-blind readers tell apart, dark enough for small print."""
