"""The configuration and what a study says of itself: read, checked, typed, with its trials and its reference."""
