"""Send messages about a run: by a command, a webhook, or SLURM's mail.

A command is a list of words, and the message becomes its last word: no shell reads either. Secrets belong in the
environment: ``${NAME}`` in the words or the address is replaced when a notice is sent, and never written to a file, log
or error.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

END, FAILURE, STALL, TEST = "end", "failure", "stall", "test"
PATIENCE = 15.0
"""Seconds for each way of sending."""
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
LONGEST = 1000
"""Characters of a message; the subject of a mail has a tenth of it."""


class UnsentError(Exception):
    """A notice could not be sent; the message contains no address and no word that might be secret."""


def notify(settings: Mapping[str, Any], event: str, message: str) -> list[str]:
    """Send a message in every way that the settings name, and return a sentence about each failure.

    Args:
        settings: those under ``notify`` in the configuration.
        event: one of ``end``, ``failure``, ``stall`` and ``test``; all but the last are sent only if the settings ask.
        message: one or several lines.
    """
    if event != TEST and event not in settings["on"]:
        return []
    failures = []
    for name, tell in WAYS.items():
        if settings[name]:
            try:
                tell(settings[name], event, _plain(message))
            except UnsentError as error:
                failures.append(f"notify.{name}: not told ({error})")
    return failures


def ways(settings: Mapping[str, Any]) -> list[str]:
    """Return how notices are sent, without anything that might be secret."""
    senders = {
        "command": lambda words: f"the command {words[0]}",
        "webhook": lambda url: (
            f"a webhook on {urlsplit(VARIABLE.sub('', url)).hostname or 'a host of the environment'}"
        ),
        "mail": lambda address: f"SLURM's mail to {address}",
    }
    return [tell(settings[name]) for name, tell in senders.items() if settings[name]]


def lacking(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence about each variable that a notice needs and the environment lacks."""
    texts = {"command": " ".join(settings["command"] or []), "webhook": settings["webhook"] or ""}
    for key, text in texts.items():
        for name in dict.fromkeys(VARIABLE.findall(text)):
            if name not in os.environ:
                yield f"notify.{key}: the environment has no {name}: export it"


def _command(words: Sequence[str], event: str, message: str) -> None:
    """Run a program with the message as its last word."""
    _run([*map(_filled, words), message], event)


def _run(words: Sequence[str], event: str) -> None:
    try:
        process = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "PRACTICA_EVENT": event},
        )
    except subprocess.TimeoutExpired:
        raise UnsentError(f"it took longer than {PATIENCE:.0f} s") from None
    except (OSError, ValueError) as error:
        raise UnsentError(f"it cannot be run: {getattr(error, 'strerror', None) or 'bad word'}") from None
    if process.returncode:
        raise UnsentError(f"it ended with exit code {process.returncode}")


def _webhook(url: str, event: str, message: str) -> None:
    """Post the message as JSON; redirections are not followed, because they could lead a secret elsewhere."""
    content = json.dumps({"text": message, "content": message, "event": event}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "practica"}
    try:
        request = urllib.request.Request(_filled(url), content, headers, method="POST")
        with urllib.request.build_opener(_NoRedirection).open(request, timeout=PATIENCE):
            pass
    except urllib.error.HTTPError as error:
        raise UnsentError(f"the server answers {error.code}") from None
    except TimeoutError:
        raise UnsentError(f"no answer within {PATIENCE:.0f} s") from None
    except urllib.error.URLError as error:
        why = error.reason.strerror if isinstance(error.reason, OSError) else type(error.reason).__name__
        raise UnsentError(f"no connection: {why or type(error.reason).__name__}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:  # an address that is invalid once it is filled in
        raise UnsentError(f"no connection: {type(error).__name__}") from None


def _mail(address: str, event: str, message: str) -> None:
    """Make SLURM send a mail at the end of a job that does nothing and has the message as its name."""
    name = f"practica: {' '.join(message.split())}"[: LONGEST // 10]
    options = [f"--job-name={name}", "--mail-type=END", f"--mail-user={address}", "--time=1", "--mem=50"]
    _run(["sbatch", *options, "--output=/dev/null", "--wrap=true"], event)


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Do not follow; the answer then counts as an error."""


def _filled(text: str) -> str:
    """Return a text with the values of environment variables.

    Raises:
        UnsentError: one is missing.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise UnsentError(f"the environment has no {name}")
        return os.environ[name]

    return VARIABLE.sub(value, text)


def _plain(message: str) -> str:
    """Return a message without characters that a terminal or a protocol might interpret."""
    letters = "".join(letter for letter in message if letter == "\n" or letter.isprintable())
    return letters[:LONGEST]


WAYS: dict[str, Callable[[Any, str, str], None]] = {"command": _command, "webhook": _webhook, "mail": _mail}
