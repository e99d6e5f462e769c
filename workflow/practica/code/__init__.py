"""Read the code of the package and the study without running it: what each name needs, and a digest of that."""
