"""The code of the package and the study, read and never run: what each name needs, and a digest of that."""
