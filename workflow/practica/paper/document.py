"""Put the report together and compile it: equal results give an equal PDF, byte for byte."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pylatex import Command, Document, NoEscape, Package

from practica.config import Study
from practica.errors import InputError
from practica.evidence.rules import VERDICTS
from practica.figures import catalogue as figures
from practica.figures.listing import OVERVIEW
from practica.files import atomic_path, write_text
from practica.paper import render
from practica.paper.appendix import appendix
from practica.paper.bibliography import bibliography
from practica.paper.catalogue import front_tables
from practica.paper.escape import escape
from practica.paper.facts import Facts
from practica.paper.latexmk import check_installed, compile_pdf
from practica.paper.names import report_name, title
from practica.paper.prose import RESULTS_FROM_DOCUMENT, Prose
from practica.paper.settings import items
from practica.paper.table import Table
from practica.paper.tables import make_table
from practica.paper.words import WORDS, word

REPORT = Path(__file__).parents[3] / "report"
BABEL = {"es": "spanish,es-tabla,es-noshorthands,es-nodecimaldot", "en": "english"}
INTRODUCTION = "intro"

PREAMBLE = r"""
\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
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
\renewcommand{\thefigure}{E\arabic{figure}}\renewcommand{\thetable}{E\arabic{table}}
"""


def output_path(results: Path, language: str) -> Path:
    """Return the file of the report in a language."""
    return results / f"{report_name(language)}.pdf"


def prose_files(study: Study, language: str, report: Path = REPORT) -> list[Path]:
    """Return the prose files that the study's report is made from, there or not."""
    return [report / language / f"{name}.tex" for name in (INTRODUCTION, *study.exercises)]


def build(study: Study, results: Path, language: str, report: Path = REPORT) -> Path:
    """Build the report of the study in ``results`` and return the PDF.

    The LaTeX sources and the log stay in ``<results>/paper/<language>``.

    Raises:
        InputError: latexmk, a prose file or a collected table is missing, or a macro in the prose is wrong.
        RunError: LaTeX stopped; the message holds its first error, with file and line.
    """
    if language not in WORDS:
        raise InputError(f"no report in language {language!r} (known: {', '.join(WORDS)})")
    check_installed()
    facts = Facts(study, results, language)
    folder = results / "paper" / language
    # What LaTeX left stays: with it one pass does where a sentence changed, and three are needed without.
    for old in folder.glob("*.tex"):
        old.unlink()
    sources, other_layers = _write_prose(facts, folder, report)
    target = output_path(results, language)
    tex = folder / target.with_suffix(".tex").name
    prose = "".join((folder / name).read_text(encoding="utf-8") for name in sources)
    works = bibliography(folder, report, language, prose)
    write_text(tex, _document(facts, works, other_layers).dumps() + "\n")
    pdf = compile_pdf(tex, sources)
    with atomic_path(target) as part:
        shutil.copyfile(pdf, part)
    return target


def _write_prose(facts: Facts, folder: Path, report: Path) -> tuple[dict[str, Path], list[Table]]:
    """Write every section's prose; return the source of each file, and the layers left for the appendix."""
    sources, other_layers = {}, []
    for path in prose_files(facts.study, facts.language, report):
        exercise = None if path.stem == INTRODUCTION else path.stem
        prose = Prose(facts, exercise, _pictures(facts, exercise))
        # The prose comes first, so that a line of this file is the same line of its source.
        write_text(folder / path.name, prose.expand(path).rstrip() + "\n\n" + prose.rest())
        sources[path.name] = path
        other_layers += prose.other_layers()
    return sources, other_layers


def _pictures(facts: Facts, exercise: str | None) -> dict[str, str]:
    """Return the captions of the exercise's figures, by name."""
    specs = (figures.spec(name) for name in figures.figures_for(facts.study))
    return {spec.name: spec.caption[facts.language] for spec in specs if exercise and spec.exercise == exercise}


def _document(facts: Facts, works: str, other_layers: Sequence[Table]) -> Document:
    """Return the document around the prose: front page, one section per exercise, ``works`` cited, appendix."""
    study = facts.study
    columns = {1: [], 2: ["twocolumn"]}[study.config["report"]["columns"]]
    document = Document(
        document_options=["11pt", "a4paper", *columns],
        geometry_options={"margin": "2.1cm"},
        microtype=True,
        page_numbers=False,
    )
    for name, options in _packages(facts.language).items():
        document.packages.append(Package(name, options=options and NoEscape(options)))
    document.preamble.append(NoEscape(PREAMBLE + _metadata(study, facts.language)))
    document.append(NoEscape(_front(facts)))
    document.append(NoEscape(rf"\input{{{INTRODUCTION}.tex}}"))
    for exercise in study.exercises:
        heading = escape(study.title(exercise, facts.language) or title(exercise, facts.language))
        # A section bears the number of its exercise, also where the report holds only some of them.
        document.append(NoEscape(rf"\FloatBarrier\setcounter{{section}}{{{int(exercise[2:]) - 1}}}"))
        document.append(Command("section", NoEscape(heading)))
        document.append(Command("label", NoEscape(f"sec:{exercise}")))
        document.append(NoEscape(rf"\input{{{exercise}.tex}}"))
    document.append(NoEscape(works))
    document.append(NoEscape(appendix(facts, other_layers)))
    return document


def _packages(language: str) -> dict[str, str | None]:
    return {
        "babel": BABEL[language],
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
    name, author = escape(study.heading(language)), escape(study.config["author"])
    subject = escape(word("subject", language))
    keywords = ", ".join([escape(word("keywords", language)), *(escape(each) for each in study.datasets())])
    return rf"""\hypersetup{{pdftitle={{{name}}},pdfauthor={{{author}}},pdflang={{{language}}},
  pdfsubject={{{subject}}},pdfkeywords={{{keywords}}},pdfcreator={{practica}},pdfproducer={{pdfTeX}}}}
\title{{\vspace{{-22mm}}\bfseries {name}}}\author{{{author}}}\date{{\vspace{{-14mm}}}}
"""


def _front(facts: Facts) -> str:
    """Return the first pages: title, a warning where data are stand-ins, the verdicts, and the contents."""
    data = facts.stand_in()
    header = word("page_stand_in", facts.language) if data else ""
    lines = [
        r"\pagestyle{fancy}\fancyhf{}\fancyfoot[C]{\thepage}\renewcommand{\headrulewidth}{0pt}",
        rf"\fancyhead[C]{{\textcolor{{red}}{{\textbf{{{escape(header)}}}}}}}",
        r"\maketitle\thispagestyle{fancy}",
    ]
    if data:
        warning = escape(word("front_stand_in", facts.language).format(data=", ".join(data)))
        lines.append(
            r"\begin{center}\fcolorbox{red}{red!6}{\begin{minipage}{0.9\linewidth}\bfseries\color{red!70!black}"
            rf"{warning}\end{{minipage}}}}\end{{center}}"
        )
    lines.append(_overview(facts))
    tables = [render.to_latex(make_table(spec, facts), breaks=True) for spec in front_tables(facts.study)]
    return "\n".join([*lines, r"\tableofcontents\clearpage", *tables, ""])


def _overview(facts: Facts) -> str:
    """Return the figure of the first page, with how many claims have which verdict."""
    language, name = facts.language, OVERVIEW.name
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
        summary = word("at_a_glance", language).format(exercises=exercises, claims=sum(counted.values()), counts=counts)
    image = rf"\resizebox{{\linewidth}}{{!}}{{\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}}}"
    if len(facts.study.exercises) < 5:
        image = rf"\includegraphics{{{RESULTS_FROM_DOCUMENT}/{path}}}"
    caption = rf"\caption*{{{escape(OVERVIEW.caption[language])}}}"
    return rf"\noindent {escape(summary)}\begin{{figure}}[!h]\centering {image}{caption}\end{{figure}}"


def _counted(number: int, verdict: str, language: str) -> str:
    """Say how many claims have a verdict."""
    return word(f"{'one' if number == 1 else 'several'} {verdict}", language).format(number)
