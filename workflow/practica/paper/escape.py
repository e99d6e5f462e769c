"""Turn any string into LaTeX that prints it: nothing from a config or a data file can become a command."""

from __future__ import annotations

import unicodedata

COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "-": "{-}",  # keeps "--" from becoming a dash, which matters in options and paths
    "[": "{[}",  # a bracket after a line end in a table would be read as its optional argument
    "]": "{]}",
    "\u00a0": "~",
    "\u202f": r"\,",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "∞": r"\ensuremath{\infty}",
    "→": r"\ensuremath{\rightarrow}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "✓": r"\ding{51}",
    "✗": r"\ding{55}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "⁻": r"\textsuperscript{\ensuremath{-}}",
    **{mark: rf"\textsuperscript{{{digit}}}" for digit, mark in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}
LATIN = {chr(code) for code in range(0x00A1, 0x0100) if unicodedata.category(chr(code))[0] == "L"} | set("¡¿«»°·§")


def escape(value: object) -> str:
    """Return ``value`` as LaTeX text; a character that the report's fonts lack prints as its base letter or ``?``."""
    return "".join(_escape_character(character) for character in str(value))


def breakable(value: object, places: str = "/_,.:;=([)]") -> str:
    """Return ``value`` as LaTeX text that may break inside addresses, paths and other long words, after ``places``."""
    return "".join(escape(part) + (r"\allowbreak{}" if part in places else "") for part in str(value))


def _escape_character(character: str) -> str:
    if character in COMMANDS:
        return COMMANDS[character]
    if " " <= character < "\x7f" or character in LATIN:
        return character
    if character.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", character)[0]
    if plain != character:
        return _escape_character(plain)
    return "?"
