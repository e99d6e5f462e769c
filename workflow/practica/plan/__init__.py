"""Answers for Snakemake while it plans: the checked study, digests of code and words, and what must be rehearsed."""
