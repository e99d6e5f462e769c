"""Put the report together and compile it: equal results give an equal PDF, byte for byte."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from pylatex import Document, NoEscape, Package

from practica.config import front
from practica.config.front import spoken
from practica.config.names import title
from practica.config.study import Study
from practica.errors import RunError
from practica.evidence.rules import VERDICTS
from practica.figures import catalogue as figures
from practica.files import atomic_path, write_text
from practica.paper import render
from practica.paper.appendix import appendix
from practica.paper.bibliography import bibliography
from practica.paper.catalogue import front_tables
from practica.paper.escape import breakable, escape
from practica.paper.facts import Facts
from practica.paper.glyphs import Glyphs, choose
from practica.paper.latexmk import check_installed, compile_pdf
from practica.paper.prose import RESULTS_FROM_DOCUMENT, Prose
from practica.paper.table import Table
from practica.paper.tables import make_table
from practica.words import items, report_name, section, word

INTRODUCTION = "intro"
TITLE = r"\maketitle\thispagestyle{fancy}"

REPRODUCIBLE = {
    "pdflatex": r"\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1",
    "lualatex": r"\pdfvariable suppressoptionalinfo 1023 ",
}
"""What keeps dates and names of the machine out of the PDF."""

PREAMBLE = r"""
\definecolor{links}{HTML}{00507a}
\setlength{\emergencystretch}{3em}\widowpenalty=10000 \clubpenalty=10000
\setlength{\headheight}{14pt}
\captionsetup{font=small,labelfont=bf}
\captionsetup[table]{skip=6pt}
\renewcommand{\topfraction}{0.9}\renewcommand{\bottomfraction}{0.8}
\renewcommand{\textfraction}{0.08}\renewcommand{\floatpagefraction}{0.85}
\makeatletter
\setlength{\columnsep}{7mm}
\setlength{\@fptop}{0pt}\setlength{\@fpsep}{\floatsep}\setlength{\@fpbot}{0pt plus 1fil}
\setlength{\@dblfptop}{0pt}\setlength{\@dblfpsep}{\floatsep}\setlength{\@dblfpbot}{0pt plus 1fil}
% As in the package placeins, which a small LaTeX lacks: no float leaves its section.
\def\FloatBarrier{\par\begingroup\let\@elt\relax
  \edef\@tempa{\@botlist\@deferlist\@dbldeferlist}%
  \ifx\@tempa\@empty\else
    \ifx\@fltovf\relax\clearpage\else\newpage\let\@fltovf\relax\FloatBarrier\fi
  \fi\endgroup}
% Tables and figures are made for the width of the page: in a class of two columns they span both.
\if@twocolumn
  \expandafter\let\expandafter\figure\csname figure*\endcsname
  \expandafter\let\expandafter\endfigure\csname endfigure*\endcsname
  \expandafter\let\expandafter\table\csname table*\endcsname
  \expandafter\let\expandafter\endtable\csname endtable*\endcsname
\fi
\newcommand{\doi}[1]{\href{https://doi.org/#1}{\nolinkurl{doi:#1}}}
\renewcommand*{\l@section}{\@dottedtocline{1}{0em}{2.2em}}
\makeatother
\extrafloats{500}
\setcounter{topnumber}{4}\setcounter{bottomnumber}{3}\setcounter{totalnumber}{6}
"""
OWN_NUMBERS = r"""\renewcommand{\thefigure}{E\arabic{figure}}\renewcommand{\thetable}{E\arabic{table}}
"""
"""Beside those with the numbers of a source, figures and tables of one's own have others."""


def output_path(results: Path, language: str) -> Path:
    """Return the file of the report in a language."""
    return results / f"{report_name(language)}.pdf"


def build(study: Study, results: Path, language: str) -> Path:
    """Build the report of the study in ``results`` and return the PDF.

    The LaTeX sources and the log stay in ``<results>/paper/<language>``.

    Raises:
        InputError: the language has no words, latexmk, a prose file or a collected table is missing, or a macro in the
            prose is wrong.
        RunError: LaTeX stopped; the message holds its first error, with file and line.
    """
    target = output_path(results, language)
    check_installed()
    facts = Facts(study, results, language)
    folder = results / "paper" / language
    folder.mkdir(parents=True, exist_ok=True)
    # What LaTeX left stays: with it one pass does where a sentence changed, and three are needed without.
    for old in folder.glob("*.tex"):
        old.unlink()
    prose, other_layers = _prose(facts)
    works = bibliography(folder, study.folder, language, "".join(prose.values()))
    texts = [_front(facts), *_sections(study, language), works, appendix(facts, other_layers)]
    glyphs = choose([*prose.values(), *texts, _metadata(study, language)])
    tex = folder / target.with_suffix(".tex").name
    try:
        pdf = _typeset(study, language, prose, texts, glyphs, tex)
    except RunError:
        if not glyphs.fonts:
            raise
        # LuaLaTeX has needs of its own, such as a cache that it may write: some letters are no reason for no report.
        pdf = _typeset(study, language, prose, texts, glyphs.without_fonts(), tex)
    with atomic_path(target) as part:
        shutil.copyfile(pdf, part)
    return target


def _typeset(
    study: Study, language: str, prose: Mapping[Path, str], texts: Sequence[str], glyphs: Glyphs, tex: Path
) -> Path:
    """Write the sources of the document and compile them; what is not shown is said on the first page and here."""
    front, *others = texts
    if unseen := glyphs.complaint(language):
        print(f"practica: {tex.stem}.pdf: {unseen}", file=sys.stderr)
        front = front.replace(TITLE, rf"{TITLE}\noindent\textcolor{{red}}{{{breakable(unseen)}}}\par\smallskip ")
    glyphs.link(tex.parent)
    for path, text in prose.items():
        write_text(tex.parent / _section_file(path), glyphs.set(text))
    write_text(tex, glyphs.set(_document(study, language, [front, *others], glyphs).dumps()) + "\n")
    return compile_pdf(tex, {_section_file(path): path for path in prose}, glyphs.engine)


def _prose(facts: Facts) -> tuple[dict[Path, str], list[Table]]:
    """Return every section's prose, expanded, by its source; and the tables of layers left for the appendix."""
    prose, other_layers = {}, []
    for exercise, path in facts.study.prose(facts.language).items():
        section = Prose(facts, exercise, _pictures(facts, exercise))
        # The prose comes first, so that a line of what LaTeX reads is the same line of its source.
        prose[path] = section.expand(path).rstrip() + "\n\n" + section.rest()
        other_layers += section.other_layers()
    return prose, other_layers


def _section_file(prose: Path) -> str:
    """Return the name of the file, among those that LaTeX reads, that a file of prose becomes."""
    return f"{INTRODUCTION if prose.stem.startswith(INTRODUCTION) else prose.parent.name}.tex"


def _pictures(facts: Facts, exercise: str | None) -> dict[str, str]:
    """Return the captions of the exercise's figures, by name."""
    specs = figures.of_exercise(facts.study, exercise) if exercise else []
    return {spec.name: spec.caption[facts.language] for spec in specs}


def _document(study: Study, language: str, texts: Sequence[str], glyphs: Glyphs) -> Document:
    """Return the document that holds ``texts`` one after another."""
    columns = {1: [], 2: ["twocolumn"]}[study.config["report"]["columns"]]
    encodings = {} if glyphs.engine == "pdflatex" else {"fontenc": None, "inputenc": None, "lmodern": False}
    document = Document(
        document_options=["11pt", "a4paper", *columns],
        geometry_options={"margin": "2.1cm"},
        microtype=True,
        page_numbers=False,
        **encodings,
    )
    for name, options in _packages(language).items():
        document.packages.append(Package(name, options=options and NoEscape(options)))
    reproducible = REPRODUCIBLE[glyphs.engine]
    preamble = PREAMBLE + OWN_NUMBERS * front.repeats(study) + _metadata(study, language)
    document.preamble.append(NoEscape(glyphs.preamble() + reproducible + preamble))
    for text in texts:
        document.append(NoEscape(text))
    return document


def _sections(study: Study, language: str) -> list[str]:
    """Return the introduction and one section an exercise, as LaTeX that reads their prose."""
    texts = [rf"\input{{{INTRODUCTION}.tex}}"]
    for exercise in study.exercises:
        heading = escape(title(study, exercise, language))
        # A section bears the number of its exercise, also where the report holds only some of them.
        number = rf"\setcounter{{section}}{{{study.number(exercise) - 1}}}"
        texts.append(rf"\FloatBarrier{number}\section{{{heading}}}\label{{sec:{exercise}}}\input{{{exercise}.tex}}")
    return texts


def _packages(language: str) -> dict[str, str | None]:
    return {
        "babel": section("language", language)["babel"],
        "amsmath": None,
        "amssymb": None,
        "graphicx": None,
        "xcolor": None,
        "booktabs": None,
        "longtable": None,
        "array": None,
        "float": None,
        "caption": None,
        "subcaption": None,
        "fancyhdr": None,
        "mathptmx": None,
        "pifont": None,
        "natbib": "numbers,sort&compress",
        "hyperref": "unicode,colorlinks,allcolors=links,bookmarksnumbered,pdfdisplaydoctitle",
    }


def _metadata(study: Study, language: str) -> str:
    name, writers = escape(study.heading(language)), front.authors(study, language)
    subject = escape(front.abstract(study, language) or study.heading(language))
    given = front.keywords(study, language) or (word("keywords", language),)
    keywords = ", ".join(map(escape, [*given, *study.datasets()]))
    named = ", ".join(escape(each.name) for each in writers)
    shown = r" \and ".join(escape(each.name) + _below(each.affiliation) for each in writers)
    return rf"""\hypersetup{{pdftitle={{{name}}},pdfauthor={{{named}}},pdflang={{{language}}},
  pdfsubject={{{subject}}},pdfkeywords={{{keywords}}},pdfcreator={{practica}},pdfproducer={{LaTeX}}}}
\title{{\vspace{{-22mm}}\bfseries {name}}}\author{{{shown}}}\date{{\vspace{{-14mm}}}}
"""


def _below(affiliation: str) -> str:
    """Return where an author works, as the line below the name."""
    return rf"\\{{\small {escape(affiliation)}}}" if affiliation else ""


def _front(facts: Facts) -> str:
    """Return the first pages: title, warnings, the verdicts, and the contents."""
    warnings = facts.warnings()
    header = ". ".join(word(f"page_{kind}", facts.language) for kind in warnings)
    lines = [
        r"\pagestyle{fancy}\fancyhf{}\fancyfoot[C]{\thepage}\renewcommand{\headrulewidth}{0pt}",
        rf"\fancyhead[C]{{\textcolor{{red}}{{\textbf{{{escape(header)}}}}}}}",
        TITLE,
    ]
    lines += [
        r"\begin{center}\fcolorbox{red}{red!6}{\begin{minipage}{0.9\linewidth}\bfseries\color{red!70!black}"
        rf"{escape(warning)}\end{{minipage}}}}\end{{center}}"
        for warning in warnings.values()
    ]
    if abstract := front.abstract(facts.study, facts.language):
        lines.append(rf"\medskip\noindent {escape(abstract)}\par\smallskip")
    lines.append(_overview(facts))
    tables = [render.to_latex(make_table(spec, facts), breaks=True) for spec in front_tables(facts.study)]
    return "\n".join([*lines, r"\tableofcontents\clearpage", *tables, ""])


def _overview(facts: Facts) -> str:
    """Return the figure of the first page, with how many claims have which verdict."""
    language, name = facts.language, figures.OVERVIEW
    path = f"{facts.study.shelf('figures', language)}/{name}.pdf"
    if facts.claims is None or not (facts.folder / path).is_file():
        return ""
    counted = Counter(claim["verdict"] for claim in facts.claims["claims"])
    counts = items(
        [_counted(counted[verdict], verdict, language) for verdict in VERDICTS if counted[verdict]], language
    )
    summary = ""  # of exercises about which nothing is claimed
    if counted:
        count = len(facts.study.exercises)
        exercises = word("one_exercise" if count == 1 else "several_exercises", language).format(count)
        counted_all = spoken(facts.study, section("report", language), "at_a_glance")
        summary = counted_all.format(
            exercises=exercises, seeds=facts.seeds(), claims=sum(counted.values()), counts=counts
        )
        summary += f" {decisions(facts)}"
    image = rf"\resizebox{{\linewidth}}{{!}}{{\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}}}"
    if len(facts.study.exercises) < 5:
        image = rf"\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}"
    caption = rf"\caption*{{{escape(figures.spec(facts.study, name).caption[language])}}}"
    return rf"\noindent {escape(summary)}\begin{{figure}}[!h]\centering {image}{caption}\end{{figure}}"


def decisions(facts: Facts) -> str:
    """Say how many decisions were taken at once; nothing before the claims were judged."""
    count = facts.claims["decisions"]["count"] if facts.claims else 0
    return word("decisions", facts.language).format(count) if count else ""


def _counted(number: int, verdict: str, language: str) -> str:
    """Say how many claims have a verdict."""
    return word(f"{'one' if number == 1 else 'several'} {verdict}", language).format(number)
