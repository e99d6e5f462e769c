"""Judge the trials of a variant on validation, and write the winner into the configuration."""
