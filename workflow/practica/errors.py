"""The two ways in which a command can end badly, each with its exit code."""


class InputError(Exception):
    """Bad input: the message names the file, key or run and says what to do. Exit code 2."""

    exit_code = 2


class RunError(Exception):
    """A run, or a step after it, failed: the message says which and why. Exit code 1."""

    exit_code = 1
