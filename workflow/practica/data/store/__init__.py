"""Obtain data sets from wherever they can be had, check them, and keep them as plain arrays."""
