"""The documents of the project, and what is set as code in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GENERATED = "docs/configuration.md"  # checked by tests/study/test_documents_of_the_ten.py
PAGES = sorted({path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")} - {GENERATED})
NAMES = (
    "README.md",
    "CONTRIBUTING.md",
    "config/README.md",
    "profiles/README.md",
    "bench/README.md",
    *PAGES,
)
DOCUMENTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
EXAMPLES = re.compile(r"^`([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
ADDING = "\n".join(DOCUMENTS[name] for name in PAGES if name.startswith("docs/add-"))
WORKED = dict(EXAMPLES.findall(ADDING))
"""The files of the worked example, and for config.yaml what is added to it."""


def snippets() -> Iterator[tuple[str, list[str]]]:
    """Yield everything set as code, with its page: shell lines, and code inside sentences."""
    for name, text in DOCUMENTS.items():
        shell = [line for language, code in FENCE.findall(text) if language == "sh" for line in code.splitlines()]
        for code in [*shell, *INLINE.findall(FENCE.sub("", text))]:
            yield f"{name}: {code}", shlex.split(code, comments=True)


def paths() -> Iterator[tuple[str, str]]:
    """Yield the snippets that are one word, with their pages, but for the files of the worked example."""
    for name, words in snippets():
        if len(words) == 1 and "<" not in words[0] and words[0] not in WORKED:
            yield name, words[0]
