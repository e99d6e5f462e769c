"""The HTML report as pages for people: verdicts, interactive learning curves, tables, runs."""
