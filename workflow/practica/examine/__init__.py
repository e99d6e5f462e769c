"""Say all that is wrong with a study, also what would show at the end of a run only. Without Keras."""
