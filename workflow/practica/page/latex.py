r"""Turn the prose of the report, which is LaTeX, into HTML: what authors write in sentences, without floats.

Commands that are not listed here become their text, so that a page never shows LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup, escape

from practica.figures.tones import TONES
from practica.paper.escape import COMMANDS

Link = Callable[[str], tuple[str, str]]
"""From a label such as ``fig:fig1a`` to the text and the target of a reference to it."""

TAGS = {"emph": "em", "textit": "em", "textbf": "strong", "texttt": "code", "textsuperscript": "sup", "underline": "u"}
HEADINGS = ("section", "subsection", "subsubsection")
LISTS = {"itemize": "ul", "enumerate": "ol"}
DROPPED = {"label": 1, "addcontentsline": 3, "input": 1, "vspace": 1, "hspace": 1, "pagestyle": 1}
"""Commands that are dropped, with their number of arguments."""
MATHS = {
    "times": "×", "pm": "±", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "approx": "≈", "infty": "∞", "rightarrow": "→", "to": "→", "sum": "∑", "sqrt": "√", "ldots": "…", "dots": "…",
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "lambda": "λ",
    "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ",
}  # fmt: skip
DINGBATS = {"51": "✓", "55": "✗"}
SIGNS = {"par": "\n\n", "item": "\n\n<li>", "allowbreak": "<wbr>"} | {
    command.strip("\\{}"): str(escape(character))
    for character, command in COMMANDS.items()
    if re.fullmatch(r"\\[a-z]+\{\}", command)
}
ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘", "'": "’", "~": "\u00a0"}
TOKEN = re.compile(
    r"(?P<comment>%[^\n]*\n?[ \t]*)|(?P<maths>\\\(.*?\\\)|\\\[.*?\\\]|\$[^$]*\$)|\\(?P<command>[A-Za-z]+)\*?[ \t]*"
    r"|\\(?P<sign>.)|(?P<brace>[{}])|(?P<ligature>---?|``|''|[`'~])|(?P<break>\n\s*\n)",
    re.DOTALL,
)
BLOCK = re.compile(r"\s*</?(?:h[2-4]|ul|ol|li|p)\b")


def to_html(text: str, link: Link, cite: Callable[[str], str], *, below: int = 1) -> Markup:
    r"""Return prose, with its macros expanded, as HTML.

    Args:
        text: in LaTeX; any HTML in it is treated as text.
        link: the text and the target of references.
        cite: returns the text of a citation of a work, by its key.
        below: the level of the heading on the page to which a ``\section`` belongs.
    """
    blocks = re.split(r"\n\s*\n", _Reader(text, link, cite, below).read(0)[0])
    paragraphs = (each if BLOCK.match(each) else f"<p>{each.strip()}</p>" for each in blocks if each.strip())
    return Markup("\n".join(paragraphs))


@dataclass(frozen=True)
class _Reader:
    text: str
    link: Link
    cite: Callable[[str], str]
    below: int = 1

    def read(self, start: int) -> tuple[str, int]:
        """Return the HTML from a position to the closing brace, or to the end, and the position after it."""
        parts, position = [], start
        while match := TOKEN.search(self.text, position):
            parts.append(str(escape(self.text[position : match.start()])))
            position = match.end()
            if match["brace"] == "}":
                return "".join(parts), position
            if match["brace"]:
                inside, position = self.read(position)
                parts.append(inside)
            elif match["command"]:
                html, position = self._command(match["command"], position)
                parts.append(html)
            elif match["sign"]:
                html, position = self._sign(match["sign"], position)
                parts.append(html)
            else:
                parts.append(self._other(match))
        return "".join([*parts, str(escape(self.text[position:]))]), len(self.text)

    def _other(self, match: re.Match[str]) -> str:
        if match["maths"]:
            inside = match["maths"].strip("$")
            formula = inside[2:-2] if inside.startswith("\\") and match["maths"][0] == "\\" else inside
            maths = f'<i class="maths">{_maths(formula)}</i>'
            return f"\n\n<p>{maths}</p>\n\n" if match["maths"].startswith("\\[") else maths
        if match["ligature"]:
            return LIGATURES[match["ligature"]]
        return "\n\n" if match["break"] else ""

    def _argument(self, position: int) -> tuple[str, int]:
        """Return the argument in braces at a position as HTML; empty if there is none."""
        if self.text[position : position + 1] != "{":
            return "", position
        return self.read(position + 1)

    def _raw(self, position: int) -> tuple[str, int]:
        """Return the argument in braces at a position unchanged."""
        match = re.compile(r"\s*(?:\[[^\]]*\])?\{([^{}]*)\}").match(self.text, position)
        return (match[1], match.end()) if match else ("", position)

    def _command(self, name: str, position: int) -> tuple[str, int]:
        """Return the HTML of a command with its arguments; empty for an unknown command."""
        if name in HANDLERS:
            return HANDLERS[name](self, name, position)
        if name in DROPPED:
            for _ in range(DROPPED[name]):
                _, position = self._raw(position)
            return "", position
        tag = f"h{self.below + 1 + HEADINGS.index(name)}" if name in HEADINGS else TAGS.get(name)
        if tag:
            inside, position = self._argument(position)
            gap = "\n\n" * (name in HEADINGS)
            return f"{gap}<{tag}>{inside}</{tag}>{gap}", position
        return SIGNS.get(name, ""), position

    def _ref(self, _name: str, position: int) -> tuple[str, int]:
        label, position = self._raw(position)
        text, target = self.link(label)
        return (f'<a href="{escape(target)}">{escape(text)}</a>' if target else str(escape(text))), position

    def _cite(self, name: str, position: int) -> tuple[str, int]:
        keys, position = self._raw(position)
        text = "; ".join(self.cite(key.strip()) for key in keys.split(","))
        return (text if name == "citet" else f"({text})"), position

    def _environment(self, name: str, position: int) -> tuple[str, int]:
        kind, position = self._raw(position)
        tag = LISTS.get(kind)
        return (f"\n\n<{'/' * (name == 'end')}{tag}>\n\n" if tag else "\n\n"), position

    def _coloured(self, _name: str, position: int) -> tuple[str, int]:
        colour, position = self._raw(position)
        inside, position = self._argument(position)
        return f'<span class="{_tone(colour)}">{inside}</span>', position

    def _link(self, _name: str, position: int) -> tuple[str, int]:
        target, position = self._raw(position)
        inside, position = self._argument(position)
        return f'<a href="{escape(target)}">{inside}</a>', position

    def _formula(self, _name: str, position: int) -> tuple[str, int]:
        inside, position = self._raw(position)
        return _maths(inside), position

    def _dingbat(self, _name: str, position: int) -> tuple[str, int]:
        inside, position = self._raw(position)
        return DINGBATS.get(inside, ""), position

    def _paragraph(self, _name: str, position: int) -> tuple[str, int]:
        inside, position = self._argument(position)
        return f"\n\n<strong>{inside}</strong> ", position

    def _sign(self, sign: str, position: int) -> tuple[str, int]:
        if sign in ACCENTS:
            inside, behind = self._argument(position)
            letter = inside or self.text[position : position + 1]
            return unicodedata.normalize("NFC", letter + ACCENTS[sign]), behind if inside else position + 1
        special = {"\\": "<br>", ",": "\u202f", ";": " ", "\n": " ", "/": ""}
        return special.get(sign, str(escape(sign))), position


HANDLERS: Mapping[str, Callable[[_Reader, str, int], tuple[str, int]]] = {
    **dict.fromkeys(("ref", "pageref", "autoref"), _Reader._ref),
    **dict.fromkeys(("cite", "citep", "citet"), _Reader._cite),
    **dict.fromkeys(("begin", "end"), _Reader._environment),
    "textcolor": _Reader._coloured,
    "href": _Reader._link,
    "ensuremath": _Reader._formula,
    "ding": _Reader._dingbat,
    "paragraph": _Reader._paragraph,
}
"""The readers of commands that need their arguments."""


def _tone(colour: str) -> str:
    """Return the CSS class for a text colour: a verdict, an uncompared value, or a gap."""
    names = {tone.upper(): name.replace(" ", "-") for name, tone in TONES.items()}
    return names.get(colour.upper(), "pale" if "!" in colour else "gap")


def _maths(text: str) -> str:
    """Return a short formula with its symbols, exponents and indices."""
    text = re.sub(r"\\([A-Za-z]+)\s*", lambda match: MATHS.get(match[1], ""), text)
    text = str(escape(re.sub(r"\\[,;: !]", "\u202f", text).replace("-", "−")))
    for mark, tag in (("^", "sup"), ("_", "sub")):
        text = re.sub(rf"\{mark}(?:\{{([^{{}}]*)\}}|(\S))", lambda at, t=tag: f"<{t}>{at[1] or at[2]}</{t}>", text)  # type: ignore[misc]
    return text.replace("{", "").replace("}", "").strip()


def works(path: Path) -> Mapping[str, str]:
    """Return the citation text of each work in a BibTeX file: authors and year, linked to the work."""
    if not path.is_file():
        return {}
    citations = {}
    for key, body in re.findall(r"@\w+\{([^,\s]+),(.*?)\n\}", path.read_text(encoding="utf-8"), re.DOTALL):
        fields = {name.lower(): value.strip('{}"') for name, value in FIELD.findall(body)}
        authors = " ".join(fields.get("author", key).split()).split(" and ")
        families = [_family(each) for each in authors]
        # The word “others” in the place of an author is BibTeX's.
        who = f"{families[0]} et al." if len(authors) > 2 or "others" in authors else " & ".join(families)
        text = str(escape(f"{who} {fields.get('year', '')}".strip()))
        target = f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", "")
        citations[key] = f'<a href="{escape(target)}">{text}</a>' if target else text
    return citations


FIELD = re.compile(r"(\w+)\s*=\s*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\"[^\"]*\"|\d+)")


def _family(author: str) -> str:
    """Return the family name of an author, given in either order."""
    name = author.partition(",")[0] if "," in author else author.rsplit(maxsplit=1)[-1]
    return Markup(_Reader(name, lambda _: ("", ""), str).read(0)[0]).unescape()
