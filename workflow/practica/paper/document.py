"""Assemble the report and compile it: equal results give an equal PDF, byte for byte."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from practica.config import front
from practica.config.names import title
from practica.config.study import Study
from practica.errors import RunError
from practica.figures import catalogue as figures
from practica.figures import rows
from practica.figures.glance import overview_caption
from practica.files import atomic_path, write_text
from practica.paper import custom_latex, render
from practica.paper.appendix import appendix
from practica.paper.bibliography import bibliography
from practica.paper.catalogue import front_tables
from practica.paper.escape import breakable, escape
from practica.paper.facts import Facts
from practica.paper.findings import colophon, findings, judged
from practica.paper.floats import COLUMNS, LEAVE, joined, origin
from practica.paper.glyphs import Glyphs, choose
from practica.paper.latexmk import check_installed, compile_pdf
from practica.paper.preamble import document, metadata
from practica.paper.prose import RESULTS_FROM_DOCUMENT, Prose
from practica.paper.references import with_holes
from practica.paper.table import Table
from practica.paper.tables import make_table
from practica.words import report_name, word

INTRODUCTION = "intro"
TITLE = r"\maketitle"
TITLE_OF_CONTENTS = r"\tableofcontents\clearpage"
CONTENTS = (
    r"\begingroup\makeatletter\small"
    r"\begin{multicols}{2}[\section*{\contentsname}][10\baselineskip]\raggedcolumns\@starttoc{toc}\end{multicols}"
    r"\makeatother\endgroup"
)
"""The contents in two columns, so that the first page holds them; their heading goes to the next page with them."""
FANCY = r"\pagestyle{fancy}"
EVERY_PAGE = r"\makeatletter\let\ps@plain\ps@fancy\let\ps@empty\ps@fancy\makeatother"


def output_path(results: Path, language: str) -> Path:
    """Return the file of the report in a language."""
    return results / f"{report_name(language)}.pdf"


def build(study: Study, results: Path, language: str) -> Path:
    """Build the report of the study in ``results`` and return the PDF.

    The LaTeX sources and the log stay in ``<results>/paper/<language>``.

    Raises:
        InputError: the language has no words; latexmk, a prose file or a collected table is missing; or a macro in the
            prose is wrong.
        RunError: LaTeX stopped; the message holds its first error, with file and line.
    """
    target = output_path(results, language)
    check_installed()
    facts = Facts(study, results, language)
    folder = results / "paper" / language
    folder.mkdir(parents=True, exist_ok=True)
    # Keep LaTeX's auxiliary files: with them one pass is enough after a changed sentence; without them it takes three.
    for old in folder.glob("*.tex"):
        old.unlink()
    prose, other_layers = _prose(facts)
    works = bibliography(folder, study.folder, language, "".join(prose.values()))
    texts = [_front(facts), *_sections(study, language), works, appendix(facts, other_layers)]
    prose = with_holes(prose, texts, study, language)
    imprint = colophon(facts)
    glyphs = choose([*prose.values(), *texts, metadata(study, language, imprint)])
    tex = folder / target.with_suffix(".tex").name
    try:
        pdf = _typeset(study, language, imprint, prose, texts, glyphs, tex)
    except RunError:
        if not glyphs.fonts:
            raise
        # LuaLaTeX may fail for its own reasons, such as a cache that it cannot write: a report without some letters
        # is better than none.
        pdf = _typeset(study, language, imprint, prose, texts, glyphs.without_fonts(), tex)
    with atomic_path(target) as part:
        shutil.copyfile(pdf, part)
    return target


def _typeset(
    study: Study,
    language: str,
    imprint: str,
    prose: Mapping[Path, str],
    texts: Sequence[str],
    glyphs: Glyphs,
    tex: Path,
) -> Path:
    """Write the sources of the document and compile them; name characters without a font on page 1 and stderr."""
    front, *others = texts
    if unseen := glyphs.complaint(language):
        print(f"practica: {tex.stem}.pdf: {unseen}", file=sys.stderr)
        front = front.replace(TITLE, rf"{TITLE}\noindent\textcolor{{red}}{{{breakable(unseen)}}}\par\smallskip ")
    glyphs.link(tex.parent)
    for path, text in prose.items():
        write_text(tex.parent / _section_file(path), glyphs.set(text))
    whole = document(study, language, [front, *others], glyphs, heads=FANCY in front, imprint=imprint)
    write_text(tex, glyphs.set(whole.dumps()) + "\n")
    sources = {_section_file(path): path for path in prose} | custom_latex.copy(study, tex.parent)
    return compile_pdf(tex, sources, glyphs.engine)


def _prose(facts: Facts) -> tuple[dict[Path, str], list[Table]]:
    """Return every section's expanded prose, by its source; and the tables of layers left for the appendix."""
    prose, other_layers = {}, []
    for exercise, path in facts.study.prose(facts.language).items():
        section = Prose(facts, exercise, _pictures(facts, exercise))
        # The prose comes first, so that line numbers in what LaTeX reads are those of the source.
        prose[path] = joined(section.expand(path).rstrip() + "\n\n" + section.rest())
        other_layers += section.other_layers()
    return prose, other_layers


def _section_file(prose: Path) -> str:
    """Return the name of the file that LaTeX reads for a file of prose."""
    return f"{INTRODUCTION if prose.stem.startswith(INTRODUCTION) else prose.parent.name}.tex"


def _pictures(facts: Facts, exercise: str | None) -> dict[str, str]:
    """Return the captions of the exercise's figures, by name."""
    specs = figures.of_exercise(facts.study, exercise) if exercise else []
    return {spec.name: spec.caption[facts.language] for spec in specs}


def _sections(study: Study, language: str) -> list[str]:
    """Return the introduction and one section per exercise, as LaTeX that reads their prose."""
    texts = [_text(study, INTRODUCTION)]
    for exercise in study.exercises:
        heading = escape(title(study, exercise, language))
        # A section has the number of its exercise, even if the report holds only some exercises.
        number = rf"\setcounter{{section}}{{{study.number(exercise) - 1}}}"
        texts.append(_text(study, exercise, rf"{number}\section{{{heading}}}\label{{sec:{exercise}}}"))
    return texts


def _text(study: Study, name: str, heading: str = "") -> str:
    """Return LaTeX that reads a file of prose below its heading, in as many columns as the report has."""
    barrier = r"\FloatBarrier" * bool(heading)
    if custom_latex.columns(study) == 1:
        return rf"{barrier}{heading}\input{{{name}.tex}}"
    return rf"{barrier}{COLUMNS % (heading and f'[{{{heading}}}]')}\input{{{name}.tex}}{LEAVE}"


def _front(facts: Facts) -> str:
    """Return the first pages: title, warnings, abstract, overview, contents, forest plot and verdicts."""
    warnings = facts.warnings()
    header = ". ".join(word(f"page_{kind}", facts.language) for kind in warnings)
    heads = [
        rf"{FANCY}\fancyhf{{}}\fancyfoot[C]{{\thepage}}\renewcommand{{\headrulewidth}}{{0pt}}",
        rf"\fancyhead[C]{{\textcolor{{red}}{{\textbf{{{escape(header)}}}}}}}",
    ]
    lines = [*heads, rf"{TITLE}\thispagestyle{{fancy}}"]
    if custom_latex.decides(facts.study):  # the class decides the look of pages, but each must show the warning
        lines = [*heads, EVERY_PAGE, TITLE] if warnings else [TITLE]
    lines += [
        r"\begin{center}\fcolorbox{red}{red!6}{\begin{minipage}{0.9\linewidth}\bfseries\color{red!70!black}"
        rf"{escape(warning)}\end{{minipage}}}}\end{{center}}"
        for warning in warnings.values()
    ]
    lines += [_abstract(facts), _overview(facts)]
    tables = [render.to_latex(make_table(spec, facts), breaks=True) for spec in front_tables(facts.study)]
    forest = _forest(facts)
    # The first part of a long forest plot leaves room for the contents above it.
    contents = CONTENTS if "viewport=" in forest else rf"{CONTENTS}\clearpage"
    if custom_latex.decides(facts.study):
        contents = TITLE_OF_CONTENTS
    return "\n".join([*lines, contents, forest, *tables, ""])


def _abstract(facts: Facts) -> str:
    """Return what the study does and what it found, as an abstract if the document's class has one."""
    paragraphs = [escape(front.abstract(facts.study, facts.language)), escape(judged(facts)), findings(facts)]
    text = r"\par ".join(filter(None, paragraphs))
    if not text:
        return ""
    if custom_latex.decides(facts.study):  # \csname does nothing if the class has no abstract
        return rf"{{\csname abstract\endcsname {text}\par\csname endabstract\endcsname}}"
    return rf"{{\small\begin{{center}}\bfseries\abstractname\end{{center}}\noindent {text}\par}}"


def _overview(facts: Facts) -> str:
    """Return the figure of the first page."""
    language, name = facts.language, figures.OVERVIEW
    path = f"{facts.study.shelf('figures', language)}/{name}.pdf"
    if facts.claims is None or not (facts.folder / path).is_file():
        return ""
    image = rf"\resizebox{{\linewidth}}{{!}}{{\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}}}"
    if len(facts.study.exercises) < 5:
        image = rf"\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}"
    caption = rf"\caption*{{{escape(overview_caption(facts.results, language))}{origin(name)}}}"
    return rf"\begin{{figure}}[!h]\centering {image}{caption}\end{{figure}}"


def _forest(facts: Facts) -> str:
    """Return the forest plot of all claims, in parts that fill a page each, with the axis below each of them."""
    language, name = facts.language, figures.FOREST
    path = f"{facts.study.shelf('figures', language)}/{name}.pdf"
    if not figures.any_claims(facts.study) or not (facts.folder / path).is_file():
        return ""
    file = f"{{{RESULTS_FROM_DOCUMENT}/{path}}}"
    caption = rf"\caption*{{{escape(figures.spec(facts.study, name).caption[language])}{origin(name)}}}"
    whole = rf"\includegraphics[width=\linewidth,height=0.83\textheight,keepaspectratio]{file}"
    parts = rows.cuts(facts.results, language)
    if len(parts) < 2:
        return rf"\begin{{figure}}[!h]\centering {whole}{caption}\end{{figure}}"
    continuation = rf"\emph{{{escape(word('continued', language))}}}\\[0.2ex]"
    floats = "\n".join(
        rf"\begin{{figure}}[!h]\centering {continuation if place else ''}{_strip(file, low, high)}\\"
        rf"{_strip(file, 0, rows.FOOT * rows.POINTS)}{'' if place else caption}\end{{figure}}"
        for place, (low, high) in enumerate(parts)
    )
    low, high = parts[-1]
    # The verdicts follow on the same page if much of it is free.
    end = r"\FloatBarrier" if high - low < rows.PAGE * rows.POINTS / 2 else r"\clearpage"
    return f"{floats}{end}"


def _strip(file: str, low: float, high: float) -> str:
    """Return the part of the forest plot between two heights [pt], as wide as a line."""
    box = f"0 {low:.1f} {rows.WIDTH * rows.POINTS:.1f} {high:.1f}"
    return rf"\includegraphics[viewport={box},clip,width=\linewidth]{file}"
