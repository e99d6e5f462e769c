"""Collect the results of the runs in tidy tables, summarise them over seeds, read them, and judge claims."""
