"""Run the command line: ``python -m practica``."""

from practica.cli import main

main()
