"""The two errors with which a command ends, each with its exit code, and the kinds of failed runs."""

import difflib
from collections.abc import Iterable


class InputError(Exception):
    """Bad input: the message names the file, key or run and says what to do. Exit code 2."""

    exit_code = 2


class RunError(Exception):
    """A run, or a step after it, failed: the message says which and why. Exit code 1."""

    exit_code = 1


class DivergedError(RunError):
    """The loss of a run has diverged: neither more training nor another attempt with the same settings helps."""


class StoppedError(RunError):
    """A run was stopped early: running it again continues from its last checkpoint."""


def in_one_line(error: Exception) -> str:
    """Return kind and text of another library's error in one line; TensorFlow's have several."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def hint(name: str, options: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown name: the closest known one, or all of them."""
    names = list(options)
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(names) or 'none'}"
