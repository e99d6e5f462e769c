"""Read, check and type the configuration and a study's own files, with trials and the reference page."""
