"""Turn any string into LaTeX that prints it: no text from a config or a data file can become a command."""

from __future__ import annotations

import re
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
    "≠": r"\ensuremath{\neq}",
    "★": r"\ding{72}",
    "✓": r"\ding{51}",
    "✔": r"\ding{52}",
    "✖": r"\ding{54}",
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
UNDECLARED = set("ĦħĸĿŀŉŦŧſ")
LATIN = {
    character
    for code in (*range(0x00A1, 0x0180), *range(0x0218, 0x021C))
    if unicodedata.category(character := chr(code))[0] == "L" and character not in UNDECLARED
} | set("¡¿«»°·§€£¥©®™µ¶•†‡‰¼½¾÷¬‹›„‚")
"""The characters that pdfLaTeX prints with the report's fonts."""

FOREIGN = re.compile(r"\\foreign\{([^{}]*)\}")
"""Characters that it cannot print; ``glyphs`` finds a font for them."""
INVISIBLE = ("Cc", "Cf", "Cs")
BEGIN, END = "\x00", "\x01"  # of a foreign character; control characters never stay in a text
JOINT = re.compile(f"{END}( *){BEGIN}")
VARIANTS = range(0xFE00, 0xFE10)  # they select a form of the preceding character, such as a coloured one


def escape(value: object) -> str:
    """Return ``value`` as LaTeX text; characters that the report's fonts lack become the argument of ``\\foreign``."""
    text = unicodedata.normalize("NFC", str(value))
    markup = JOINT.sub(r"\1", "".join(_escape_character(character) for character in text))
    return markup.replace(BEGIN, r"\foreign{").replace(END, "}")


def breakable(value: object, places: str = "/_,.:;=([)]") -> str:
    """Return ``value`` as LaTeX text that may break after ``places``, inside addresses, paths and other long words."""
    parts = re.split(f"([{re.escape(places)}])", str(value))
    return "".join(escape(part) + (r"\allowbreak{}" if part and part in places else "") for part in parts)


def _escape_character(character: str) -> str:
    if character in COMMANDS:
        return COMMANDS[character]
    if " " <= character < "\x7f" or character in LATIN:
        return character
    if character.isspace():
        return " "
    if unicodedata.category(character) in INVISIBLE or ord(character) in VARIANTS:
        return ""
    plain = unicodedata.normalize("NFKC", character)
    if plain != character:  # such as a ligature or a full-width digit
        return "".join(map(_escape_character, plain))
    return BEGIN + character + END
