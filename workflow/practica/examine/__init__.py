"""List all mistakes in a study, even those that would appear only at the end of a run. Needs no Keras."""
