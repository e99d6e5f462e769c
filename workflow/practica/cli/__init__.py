"""The command line: one subcommand for each rule of the workflow, and for people at a terminal."""

from practica.cli import (
    deciding,
    exporting,
    following,
    people,
    predicting,
    rehearsing,
    reporting,
    submitting,
    training,
    tuning,
    warming,
)
from practica.cli.base import main

__all__ = [
    "deciding",
    "exporting",
    "following",
    "main",
    "people",
    "predicting",
    "rehearsing",
    "reporting",
    "submitting",
    "training",
    "tuning",
    "warming",
]
