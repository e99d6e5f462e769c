"""Find mistakes in the texts: unknown names and references, and macros that only one language uses."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from practica.config.study import Study
from practica.errors import InputError, hint
from practica.files import read_text
from practica.paper import names
from practica.paper.bibliography import cited_keys, works
from practica.paper.macros import FORMS
from practica.paper.references import REFERENCE, labels

COMMAND = re.compile(r"\\([A-Za-z]+)")
DEFINED = re.compile(r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|def)\*?\s*\{?\\([A-Za-z]+)")


def mistakes(study: Study) -> Iterator[str]:
    """Yield the mistakes in the prose: missing files, unknown names, and differences between the languages."""
    try:
        known_labels: Collection[str] | None = labels(study)
    except InputError:  # a text is missing, which is reported already
        known_labels = None
    keys = works(study.folder)
    uses: dict[str | None, tuple[Path, Counter[tuple[str, ...]]]] = {}
    for language in study.languages:
        for exercise, file in study.prose(language).items():
            if not file.is_file():
                yield names.no_prose(file, language)
                continue
            wrong = names.mistakes(study, file, exercise)
            yield from wrong
            yield from _references(study, file, known_labels, keys)
            if not wrong and exercise in uses:
                yield from _differ(*uses[exercise], file, names.macro_uses(file))
            elif not wrong:
                uses[exercise] = (file, names.macro_uses(file))


def _references(study: Study, file: Path, known_labels: Collection[str] | None, keys: Sequence[str]) -> Iterator[str]:
    """Yield references, citations and commands in a file of prose that lead nowhere; None: the labels are unknown."""
    content = file.read_text(encoding="utf-8")
    beside = (path for pattern in ("*.tex", "*.sty", "*.cls") for path in study.folder.glob(pattern))
    commands = set(DEFINED.findall("".join(map(read_text, [file, *beside]))))
    for number, line in enumerate(content.splitlines(), start=1):
        text = re.sub(r"(?<!\\)%.*", "", line)
        for label in REFERENCE.findall(text):
            if known_labels is not None and label not in known_labels and rf"\label{{{label}}}" not in content:
                yield f"{file}:{number}: \\ref{{{label}}}: nothing has this label{hint(label, sorted(known_labels))}"
        for name in COMMAND.findall(text):
            close = difflib.get_close_matches(name, FORMS, n=1, cutoff=0.85)
            if close and name not in FORMS and name not in commands:
                yield f"{file}:{number}: \\{name}: LaTeX has no such command; did you mean \\{close[0]}?"
        for key in cited_keys(text):
            if key not in keys:
                yield f"{file}:{number}: references.bib does not hold {key!r}{hint(key, keys)}"


def _differ(first: Path, one: Counter[tuple[str, ...]], second: Path, other: Counter[tuple[str, ...]]) -> Iterator[str]:
    """Yield the macros that one of two languages uses and the other does not, or not as often."""
    for call in [*one, *(each for each in other if each not in one)]:
        if one[call] != other[call]:
            name, *arguments = call
            macro = f"\\{name}{''.join(f'{{{each}}}' for each in arguments if each)}"
            yield f"{second}: {macro} is there {_times(other[call])}, and in {first.name} {_times(one[call])}"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
