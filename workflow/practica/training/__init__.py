"""Train blocks of seeds and write their results."""
