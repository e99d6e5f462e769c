"""Get data sets from any source that has them, check them, and keep them as plain arrays."""
