"""A training as a job: one at a time, within its time limit, with a journal of its attempts and a status."""
