"""Files of YAML that people write: read, checked, laid over one another, and written into."""
