"""Everything before the text of the report: class, packages, settings, and the metadata of the PDF."""

from __future__ import annotations

from collections.abc import Sequence

from pylatex import Document, NoEscape, Package

from practica.config import front
from practica.config.study import Study
from practica.paper import custom_latex, origins
from practica.paper.escape import breakable, escape
from practica.paper.glyphs import Glyphs
from practica.words import section, word

REPRODUCIBLE = {
    "pdflatex": r"\pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1",
    "lualatex": r"\pdfvariable suppressoptionalinfo 1023 ",
}
"""Keeps dates and names of the machine out of the PDF."""

PREAMBLE = r"""
\definecolor{links}{HTML}{00507a}
\setlength{\emergencystretch}{3em}\widowpenalty=10000 \clubpenalty=10000
\renewcommand{\topfraction}{0.9}\renewcommand{\bottomfraction}{0.8}
\renewcommand{\textfraction}{0.08}\renewcommand{\floatpagefraction}{0.85}
\makeatletter
\setlength{\@fptop}{0pt}\setlength{\@fpsep}{\floatsep}\setlength{\@fpbot}{0pt plus 1fil}
\setlength{\@dblfptop}{0pt}\setlength{\@dblfpsep}{\floatsep}\setlength{\@dblfpbot}{0pt plus 1fil}
% No float leaves its section: those that wait for the next page are set where it ends, or as in the package placeins,
% which a small LaTeX lacks, in a class of two columns.
\def\FloatBarrier{\par\begingroup\let\@elt\relax
  \edef\@tempa{\@botlist\@deferlist\@dbldeferlist}%
  \ifx\@tempa\@empty\else
    \if@twocolumn\ifx\@fltovf\relax\clearpage\else\newpage\let\@fltovf\relax\FloatBarrier\fi
    \else\let\@tempa\@deferlist\global\let\@deferlist\@empty
      \def\@elt##1{\addvspace\intextsep\box##1\@cons\@freelist##1\addpenalty\z@\addvspace\intextsep}\@tempa
    \fi
  \fi\endgroup}
% Tables and figures are made for the width of the page: in a class of two columns they span both.
\AtBeginDocument{\if@twocolumn
  \expandafter\let\expandafter\figure\csname figure*\endcsname
  \expandafter\let\expandafter\endfigure\csname endfigure*\endcsname
  \expandafter\let\expandafter\table\csname table*\endcsname
  \expandafter\let\expandafter\endtable\csname endtable*\endcsname
\fi}
% Text of two columns is cut by figures and tables, which are as wide as the page, and goes on below them.
\setlength{\multicolsep}{6pt plus 3pt minus 2pt}
\newif\ifcut@
\newcommand{\leavecolumns}{\def\@tempa{multicols}\global\cut@false
  \ifx\@tempa\@currenvir\global\cut@true\end{multicols}\fi}
\newcommand{\entercolumns}{\ifcut@\begin{multicols}{2}\raggedcolumns\fi}
\providecommand{\doi}{}
\renewcommand{\doi}[1]{\href{https://doi.org/#1}{\nolinkurl{doi:#1}}}
\makeatother
\extrafloats{500}
\setcounter{topnumber}{4}\setcounter{bottomnumber}{3}\setcounter{totalnumber}{6}
"""
OWN_NUMBERS = r"""\renewcommand{\thefigure}{E\arabic{figure}}\renewcommand{\thetable}{E\arabic{table}}
"""
"""If figures and tables have the numbers of a source, the report's own get an E before theirs."""
LOOK = r"""\setlength{\headheight}{14pt}\setlength{\columnsep}{7mm}
\captionsetup{font=small,labelfont=bf}
\captionsetup[table]{skip=6pt}
\makeatletter\renewcommand*{\l@section}{\@dottedtocline{1}{0em}{2.2em}}\makeatother
"""
"""The look of the report, unless a class of the study decides it."""
MARGIN = "2.1cm"
OUR_FONT = "mathptmx"
# Replace TeX's default fonts, if a class chooses no others: the same shapes, with accents and as outlines.
CLASS_FONTS = [
    rf"\edef\@tempa{{\{family}default}}\edef\@tempb{{cm{name}}}\ifx\@tempa\@tempb\def\{family}default{{lm{name}}}\fi"
    for family, name in (("rm", "r"), ("sf", "ss"), ("tt", "tt"))
]


def document(
    study: Study, language: str, texts: Sequence[str], glyphs: Glyphs, *, heads: bool, imprint: str = ""
) -> Document:
    """Return the document that holds ``texts`` one after another.

    Args:
        study: the study.
        language: of the document.
        texts: in LaTeX.
        glyphs: the fonts for letters that pdfLaTeX lacks.
        heads: whether the texts set the page headers.
        imprint: how the results were made, for the first page.
    """
    name, options = custom_latex.document_class(study)
    pdflatex = glyphs.engine == "pdflatex"
    ours = not custom_latex.decides(study)
    whole = Document(
        documentclass=name,
        document_options=options,
        geometry_options={"margin": MARGIN} if ours else None,
        microtype=ours,
        page_numbers=False,
        **({} if pdflatex else {"fontenc": None, "inputenc": None}),
        lmodern=ours and pdflatex,
    )
    if ours:
        whole.packages |= [
            Package(each, options=option and NoEscape(option)) for each, option in _packages(language).items()
        ]
    else:
        whole.clear()  # of the page style
        whole.preamble.append(NoEscape(_beside_class(language, heads=heads, font=pdflatex)))
    numbers = OWN_NUMBERS * front.repeats(study)
    settings = PREAMBLE + LOOK * ours + numbers + origins.macro(language) + metadata(study, language, imprint)
    last = rf"\input{{{custom_latex.COPIES}/{custom_latex.PREAMBLE}}}" if custom_latex.preamble(study) else ""
    whole.preamble.append(NoEscape(glyphs.preamble() + REPRODUCIBLE[glyphs.engine] + settings + last))
    for text in texts:
        whole.append(NoEscape(text))
    return whole


def _beside_class(language: str, *, heads: bool, font: bool) -> str:
    """Return the packages that the report needs besides a class of the study, unless the class has loaded them."""
    lines = [r"\makeatletter", *(CLASS_FONTS if font else []), r"\let\Bbbk\relax"]
    for name, options in _packages(language).items():
        if name != OUR_FONT and (heads or name != "fancyhdr"):
            argument = f"[{options}]" if options else ""
            lines.append(rf"\@ifpackageloaded{{{name}}}{{}}{{\usepackage{argument}{{{name}}}}}")
    return "\n".join([*lines, r"\makeatother", ""])


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
        "multicol": None,
        OUR_FONT: None,
        "pifont": None,
        "natbib": "numbers,sort&compress",
        "hyperref": "unicode,colorlinks,allcolors=links,bookmarksnumbered,pdfdisplaydoctitle",
    }


def metadata(study: Study, language: str, imprint: str = "") -> str:
    """Return title, authors and ``imprint``, how the results were made, for the first page and the PDF's properties."""
    name, writers = escape(study.heading(language)), front.authors(study, language)
    subject = escape(front.abstract(study, language) or study.heading(language))
    words = front.keywords(study, language) or (word("keywords", language),)
    keywords = ", ".join(map(escape, [*words, *study.datasets()]))
    pdf_authors = ", ".join(escape(each.name) for each in writers)
    page_authors = r" \and ".join(escape(each.name) + _below(each.affiliation) for each in writers)
    # A class decides the space around its title.
    above, below = (
        ("", "")
        if custom_latex.decides(study)
        else (r"\vspace{-22mm}\bfseries ", r"\vspace{-2mm}" if writers else r"\vspace{-9mm}")
    )
    when = rf"\small {breakable(imprint)}" if imprint else ""
    return rf"""\hypersetup{{pdftitle={{{name}}},pdfauthor={{{pdf_authors}}},pdflang={{{language}}},
  pdfsubject={{{subject}}},pdfkeywords={{{keywords}}},pdfcreator={{practica}},pdfproducer={{LaTeX}}}}
\title{{{above}{name}}}\author{{{page_authors}}}\date{{{below}{when}}}
"""


def _below(affiliation: str) -> str:
    """Return where an author works, as a line below the name."""
    return rf"\\{{\small {escape(affiliation)}}}" if affiliation else ""
