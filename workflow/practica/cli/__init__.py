"""The command line: one subcommand for each rule of the workflow, and for people at a terminal."""

from practica.cli import people, reporting, training
from practica.cli.base import main

__all__ = ["main", "people", "reporting", "training"]
