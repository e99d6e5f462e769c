"""A training as a job: one process at a time, within its time limit, with a journal of its attempts and a status."""
