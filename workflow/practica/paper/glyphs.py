"""Set text beyond the Latin letters of pdfLaTeX's fonts: with LuaLaTeX and the machine's own fonts, else with marks.

``escape`` turns what pdfLaTeX cannot print into ``\\foreign{...}``; a document without any is set by pdfLaTeX.
"""

from __future__ import annotations

import re
import shutil
import string
import subprocess
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from practica.paper.escape import FOREIGN, escape
from practica.words import plural, section

INSTALL = "apt-get install --no-install-recommends texlive-luatex fonts-freefont-otf fonts-wqy-microhei fonts-symbola"
NEEDS = ("fontspec.sty", "luaotfload-main.lua")
UNFIT = re.compile(r"bold|italic|oblique|mono|condensed|light|thin|black|emoji|math|caps", re.IGNORECASE)
"""Parts of the names of fonts that are unfit for plain text; colour emoji have no outlines."""
PREFERRED = ("FreeSerif", "NotoSerif", "Amiri", "NotoNaskh", "DejaVuSans", "FreeSans", "wqy-microhei", "DroidSans")
MAIN = "FreeSerif"
"""The font of the Latin text, similar to the Times of pdfLaTeX; without it, Latin Modern is used."""
STYLES = {"BoldFont": "Bold", "ItalicFont": "Italic", "BoldItalicFont": "BoldItalic"}
MAIN_LETTER = "M"
SHAPED = ("ARABIC", "SYRIAC", "MONGOLIAN", "NKO")
"""Scripts with joining letters, of which the main font has only the isolated forms."""
SCRIPTS = {"ARABIC": "arab", "HEBREW": "hebr", "DEVANAGARI": "dev2", "BENGALI": "bng2", "TAMIL": "tml2", "THAI": "thai"}
RIGHT_TO_LEFT = ("R", "AL")
MOST_NAMES = 8


@dataclass(frozen=True)
class Glyphs:
    """How a document prints what pdfLaTeX cannot.

    Attributes:
        fonts: the font of every such character that has one; empty without LuaLaTeX.
        missing: the characters that no font has.
        unable: whether LuaLaTeX is missing or fails, rather than a font.
        main: the font of the Latin text, if the machine has it.
        upright: the characters that the main font has, but not in bold and italics.
    """

    fonts: Mapping[str, Path] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unable: bool = False
    main: Path | None = None
    upright: frozenset[str] = frozenset()

    @property
    def engine(self) -> str:
        """Return the program that typesets the document."""
        return "lualatex" if self.fonts else "pdflatex"

    def without_fonts(self) -> Glyphs:
        """Return the same characters for a machine on which LuaLaTeX does not work."""
        return Glyphs(missing=tuple(sorted({*self.fonts, *self.missing})), unable=True)

    def files(self) -> dict[str, Path]:
        """Return the fonts by the letters that select them, without the main one, which is loaded already."""
        letters = (letter for letter in string.ascii_uppercase if letter != MAIN_LETTER)
        others = dict.fromkeys(path for path in self.fonts.values() if path != self.main)
        return dict(zip(letters, others, strict=False))

    def preamble(self) -> str:
        """Return what a document needs for these fonts, after its packages; empty for pdfLaTeX."""
        if not self.fonts:
            return ""
        lines = [r"\usepackage[no-math]{fontspec}"]
        if self.main:
            styles = [f"{style}={path.name}" for style, path in _styles(self.main).items()]
            lines.append(rf"\setmainfont{{{self.main.name}}}[Path=fonts/,{','.join(styles)}]")
        else:
            lines.append(
                r"\setmainfont{lmroman10-regular.otf}[BoldFont=lmroman10-bold.otf,ItalicFont=lmroman10-italic.otf]"
            )
        renderer = "harf" if shutil.which("luahbtex") else "node"
        for letter, path in self.files().items():
            script = _script(next(each for each, font in self.fonts.items() if font == path))
            features = f"mode={renderer}" + (f";script={script}" if script else "")
            lines.append(rf"\newfontface\foreign{letter}{{{path.name}}}[Path=fonts/,RawFeature={{{features}}}]")
        lines += [
            rf"\expandafter\let\csname foreign{MAIN_LETTER}\endcsname\relax",
            r"\newcommand{\foreign}[3]{{\csname foreign#1\endcsname#2#3}}\newcommand{\apart}{\kern0pt }",
            r"\newcommand{\rtl}{\textdir TRT}\newcommand{\ltr}{}\newcommand{\foreignbreak}{\hskip0pt plus .03em\relax}",
            r"\pdfstringdefDisableCommands{\def\foreign#1#2#3{#3}\let\foreignbreak\empty\let\apart\empty}",
        ]
        return "\n".join(lines)

    def link(self, folder: Path) -> None:
        """Link the fonts beside the document, under their own names, so that it needs no paths."""
        if not self.fonts:
            return
        shutil.rmtree(folder / "fonts", ignore_errors=True)
        (folder / "fonts").mkdir(parents=True)
        main = [self.main, *_styles(self.main).values()] if self.main else []
        for path in {*self.fonts.values(), *main}:
            (folder / "fonts" / path.name).symlink_to(path)

    def set(self, text: str) -> str:
        """Return LaTeX in which every run of foreign characters has its font, or marks in its place."""
        if self.fonts:
            text = text.replace("{-}{-}", r"{-}\apart{}{-}\apart{}")  # LuaLaTeX would turn it into a dash
        return FOREIGN.sub(lambda run: "".join(self._run(*part) for part in self._parts(run[1])), text)

    def _parts(self, run: str) -> list[tuple[str, Path | None]]:
        """Split a run into parts with one font and style each; a space belongs to the part before it."""
        parts: list[tuple[str, Path | None]] = []
        for character in run:
            font = self.fonts.get(character)
            same = parts and font == parts[-1][1] and (character in self.upright) == (parts[-1][0][0] in self.upright)
            if parts and (same or character == " "):
                parts[-1] = (parts[-1][0] + character, parts[-1][1])
            else:
                parts.append((character, font))
        return parts

    def _run(self, text: str, font: Path | None) -> str:
        if font is None:
            return _marks(text)
        letter = next((letter for letter, path in self.files().items() if path == font), MAIN_LETTER)
        direction = r"\rtl" if unicodedata.bidirectional(text[0]) in RIGHT_TO_LEFT else r"\ltr"
        if text[0] in self.upright:
            direction += r"\mdseries\upshape"
        wide = [each + (r"\foreignbreak{}" if unicodedata.east_asian_width(each) in "WF" else "") for each in text]
        return rf"\foreign{{{letter}}}{{{direction}}}{{{''.join(wide)}}}"

    def complaint(self, language: str) -> str:
        """Return which characters are not shown and what to do; empty if all are shown."""
        if not self.missing:
            return ""
        words = section("glyphs", language)
        names = [f"U+{ord(each):04X} {unicodedata.name(each, '')}".strip() for each in self.missing[:MOST_NAMES]]
        if more := len(self.missing) - len(names):
            names.append(plural(words, "more", more).format(more))
        remedy = words["no_lualatex" if self.unable else "no_font"].format(install=INSTALL)
        return f"{words['not_shown']} {', '.join(names)}. {remedy}"


def choose(texts: Iterable[str]) -> Glyphs:
    """Return how to print the foreign characters of some LaTeX texts on this machine."""
    runs = (run[1] for text in texts for run in FOREIGN.finditer(text))
    characters = sorted({character for run in runs for character in run} - {" "})
    if not characters:
        return Glyphs()
    if not _lualatex():
        return Glyphs(missing=tuple(characters), unable=True)
    covers = _fonts()
    main = next((path for path in covers if path.stem == MAIN), None)
    fonts = {each: main for each in characters if main and ord(each) in covers[main] and _script_of(each) not in SHAPED}
    rest = {ord(each) for each in characters if each not in fonts}
    while rest:
        # As few fonts as possible, so that no name mixes several.
        best = max((path for path in covers if path != main), key=lambda path: len(covers[path] & rest), default=None)
        if best is None or not covers[best] & rest:
            break
        fonts |= {chr(code): best for code in sorted(covers[best] & rest)}
        rest -= covers[best]
    common = covers[main].intersection(*map(_charmap, _styles(main).values())) if main else set()
    upright = frozenset(each for each, path in fonts.items() if path == main and ord(each) not in common)
    return Glyphs(fonts, tuple(map(chr, sorted(rest))), main=main, upright=upright)


def _lualatex() -> bool:
    """Return whether LuaLaTeX is there with everything that it needs to load fonts."""
    if shutil.which("lualatex") is None or shutil.which("kpsewhich") is None:
        return False
    process = subprocess.run(["kpsewhich", *NEEDS], capture_output=True, text=True, check=False)
    return len(process.stdout.split()) == len(NEEDS)


def _fonts() -> dict[Path, set[int]]:
    """Return the plain fonts of this machine, preferred ones first, with the characters that each has."""
    from matplotlib import font_manager, get_data_path

    dejavu = Path(get_data_path()) / "fonts/ttf/DejaVuSans.ttf"  # matplotlib brings it along
    paths = {Path(path) for path in font_manager.findSystemFonts()} | {dejavu}
    plain = [path for path in paths if not UNFIT.search(path.stem) and path.suffix.lower() in (".otf", ".ttf", ".ttc")]
    ranks = {name: rank for rank, name in enumerate(PREFERRED)}

    def rank(path: Path) -> tuple[int, str]:
        matches = (place for name, place in ranks.items() if path.stem.startswith(name))
        return min(matches, default=len(ranks)), str(path)

    covers = {}
    for path in sorted(plain, key=rank):
        try:
            covers[path] = _charmap(path)
        except (OSError, RuntimeError):  # not a font, despite its name
            continue
    return covers


def _charmap(path: Path) -> set[int]:
    """Return the characters that a font has."""
    from matplotlib import font_manager

    return set(font_manager.get_font(str(path)).get_charmap())


def _styles(main: Path) -> dict[str, Path]:
    """Return the existing files of the bold and italic styles of a font."""
    paths = {style: main.with_stem(main.stem + name) for style, name in STYLES.items()}
    return {style: path for style, path in paths.items() if path.is_file()}


def _script(character: str) -> str:
    return SCRIPTS.get(_script_of(character), "")


def _script_of(character: str) -> str:
    """Return the name of a letter's script: the first word of its Unicode name."""
    return unicodedata.name(character, "").partition(" ")[0]


def _marks(text: str) -> str:
    """Return a replacement for characters that cannot be printed: their base letters, or their code points."""
    marks = []
    for character in text:
        plain = unicodedata.normalize("NFKD", character)[0]
        replacement = escape(plain) if plain != character else ""
        if character == " " or (replacement and not FOREIGN.search(replacement)):
            marks.append(replacement or " ")
        else:
            marks.append(rf"{{\scriptsize {{[}}U+{ord(character):04X}{{]}}}}\allowbreak{{}}")
    return "".join(marks)
