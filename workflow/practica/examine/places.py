"""Find the line that a message about a study refers to."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from practica import study_folder
from practica.yamlfiles.reading import line_of

PLACED = re.compile(r"(configuration|[^:\n]+\.yaml): ([\w/-]+(?:\.[\w/-]+)*): ")
"""The beginning of a message about a YAML file: the file, or the configuration, and the path of a key."""


def with_line(text: str, files: Sequence[str | Path]) -> str:
    """Return a message with the line of its key, and paths relative to the current folder.

    Args:
        text: the message.
        files: what the configuration was merged from: a key is that of the last file that has it.
    """
    if match := PLACED.match(text):
        keys = match[2].split(".")
        candidates = [str(file) for file in files] if match[1] == "configuration" else [match[1]]
        lines = [(line_of(file, keys), file) for file in candidates]
        (depth, line), file = max(reversed(lines), key=lambda each: each[0][0])
        if depth:
            text = f"{file}:{line}: {text[match.start(2) :]}"
    folder = str(study_folder.opened())
    return text.replace(folder, os.path.relpath(folder)).replace(f"{Path.cwd()}{os.sep}", "")
