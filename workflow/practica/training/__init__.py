"""Train blocks of seeds and write what came of them."""
