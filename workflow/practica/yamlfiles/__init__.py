"""Read, check, merge and edit the YAML files that people write."""
