"""What the runs left behind: collected into tidy tables, summarised over seeds, and read back."""
