"""The HTML report as pages that people read: verdicts, learning curves that answer to the mouse, tables, runs."""
