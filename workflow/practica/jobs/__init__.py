"""A training as a job: one at a time, within its time, with a journal of its attempts, and where all of them stand."""
