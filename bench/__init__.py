"""Measure the study against plain Keras scripts and a bare Snakefile: ``python -m bench``."""
