r"""Expand the macros of the prose, such as ``\resultado{digits/dense/test/accuracy}``, and keep every line in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from practica.errors import InputError

COMMAND = re.compile(r"\\([A-Za-z]+|.)|%[^\n]*", re.DOTALL)
SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class Macro:
    """A command of the prose: how many arguments in braces it takes, and what it expands to."""

    arguments: int
    expand: Callable[..., str]


@dataclass(frozen=True)
class Form:
    """The arguments of a macro: names of things that exist, then texts of which one or all are printed."""

    names: int = 1
    texts: int = 0


FORMS = {
    **dict.fromkeys(("resultado", "fuente", "parametros", "ajuste", "entrenamiento", "semillas"), Form()),
    **dict.fromkeys(("veredicto", "evidencia", "tabla", "capas"), Form()),
    "entrenaigual": Form(names=2, texts=2),
    "sihay": Form(texts=2),
    "compara": Form(names=2, texts=3),
    "segun": Form(texts=3),
    "figura": Form(texts=1),
}
"""The macros of the prose; ``Prose.macros`` says what each expands to."""


def macros(become: Callable[[str], Callable[..., str]]) -> dict[str, Macro]:
    """Return every macro of the prose; ``become`` turns its name into its expansion."""
    return {name: Macro(form.names + form.texts, become(name)) for name, form in FORMS.items()}


def expand(
    text: str, path: str, macros: Mapping[str, Macro], mistaken: Callable[[InputError], object] | None = None
) -> str:
    """Return ``text`` with every macro expanded; other commands and comments stay as they are.

    Line numbers stay the same, so that LaTeX's messages about the result also fit ``text``.

    Args:
        mistaken: called with the error of a macro, which then expands to nothing; by default the error is raised.

    Raises:
        InputError: a macro lacks an argument or names something unknown; the message begins with ``path:line``.
    """
    return _Expander(text, path, macros, mistaken).expand(0, len(text))


@dataclass(frozen=True)
class _Expander:
    text: str
    path: str
    macros: Mapping[str, Macro]
    mistaken: Callable[[InputError], object] | None

    def expand(self, start: int, end: int) -> str:
        """Expand the macros between two positions of the text."""
        parts, position = [], start
        while match := COMMAND.search(self.text, position, end):
            parts.append(self.text[position : match.start()])
            macro = self.macros.get(match[1] or "")
            if macro is None:
                parts.append(match[0])
                position = match.end()
            else:
                expansion, position = self._call(macro, match)
                parts.append(expansion)
        return "".join([*parts, self.text[position:end]])

    def _call(self, macro: Macro, match: re.Match[str]) -> tuple[str, int]:
        arguments, position = [], match.end()
        for _ in range(macro.arguments):
            start, end = self._braces(position, match)
            arguments.append(" ".join(self.expand(start, end).replace("%\n", "").split()))
            position = end + 1
        try:
            result = macro.expand(*arguments)
        except InputError as error:
            located_error = InputError(f"{self._where(match.start())}: {match[0]}: {error}")
            if self.mistaken is None:
                raise located_error from error
            self.mistaken(located_error)
            result = ""
        lines = self.text.count("\n", match.start(), position)
        # Line ends come before the result: after it they would swallow the following space.
        return "%\n" * lines + result.replace("\n", " "), position

    def _braces(self, position: int, match: re.Match[str]) -> tuple[int, int]:
        """Return the start and end of the text inside the next pair of braces."""
        start = SPACE.match(self.text, position).end()  # type: ignore[union-attr]
        depth = 0
        if self.text[start : start + 1] == "{":
            for token in re.finditer(r"\\.|[{}]", self.text[start:], re.DOTALL):
                depth += {"{": 1, "}": -1}.get(token[0], 0)
                if not depth:
                    return start + 1, start + token.start()
        count = self.macros[match[1]].arguments
        raise InputError(f"{self._where(match.start())}: {match[0]} needs {count} argument(s) in braces")

    def _where(self, position: int) -> str:
        return f"{self.path}:{self.text.count(chr(10), 0, position) + 1}"
