"""Figures: a catalogue that is quick to import, and pure functions from data to matplotlib figures."""
