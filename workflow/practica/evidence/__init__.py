"""What the runs left behind: collected into tidy tables, summarised over seeds, read back, and held against claims."""
