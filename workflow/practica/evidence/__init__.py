"""Collect the results of the runs into tidy tables, summarise them over seeds, read them, and judge claims."""
