"""List all mistakes in a study, even those that would show only at the end of a run. Without Keras."""
