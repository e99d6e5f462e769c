"""Figures: a light catalogue of what they show, and pure functions from data to matplotlib figures."""
