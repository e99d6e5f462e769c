"""Seeds for claims that are undecided, until they are decided or a budget is spent."""
