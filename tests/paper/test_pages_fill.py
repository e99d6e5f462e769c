"""Pages of the PDF fill: text goes on beside figures and tables, and long tables break, in one column as in two."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from paper.conftest import needs_latex
from paper.factory import fill
from paper.test_document import text_of
from practica.config.study import Study
from practica.paper import custom_latex, floats, render
from practica.paper.document import build
from practica.paper.preamble import PREAMBLE
from practica.paper.table import Cell, Column, Table, label
from toy import resolve, toy_study

PACKAGES = r"\usepackage{array,booktabs,longtable,caption,graphicx,multicol,xcolor,float,hyperref}"
DOCUMENT = rf"\documentclass{{article}}{PACKAGES}{PREAMBLE}\begin{{document}}TEXT\end{{document}}"
HALF = r"\begin{figure}[!htp]\centering\rule{1cm}{0.%s\textheight}\caption{%s}\end{figure}"
FEW, LINES = (r"\noindent first" + r"\\ line" * more + r"\par " for more in (3, 20))


def typeset(text: str, folder: Path) -> tuple[str, list[str]]:
    """Return LaTeX's log and the text of each page of a document."""
    (folder / "t.tex").write_text(DOCUMENT.replace("TEXT", text))
    command = ["pdflatex", "-interaction=nonstopmode", "t.tex"]
    for _ in range(3):
        log = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"\((\d+) pages?", log).group(1))
    return log, [text_of(folder / "t.pdf", page=page) for page in range(1, count + 1)]


def table(rows: int, **more: object) -> Table:
    columns = (Column("a", "A", numeric=False), Column("b", "B", numeric=False), Column("c", "C"))
    cells = tuple((label(f"a{place}"), label("b"), label(str(place))) for place in range(rows))
    return Table("t", "Caption.", columns, cells, "en", **more)  # type: ignore[arg-type]


@needs_latex
@pytest.mark.parametrize("columns", [1, 2])
def test_the_front_and_the_sections_of_a_report_fill_its_pages(columns: int, tmp_path: Path) -> None:
    study = toy_study()
    study = Study({**study.config, "report": {"languages": ["en"], "columns": columns}})
    fill(study, tmp_path)
    pdf = build(study, tmp_path, "en")
    assert text_of(pdf, page=1).startswith(study.heading("en"))
    log = (tmp_path / "paper/en/report_en.log").read_text(errors="replace")
    assert not re.search(r"undefined|multiply defined|same identifier|Overfull \\vbox \([2-9]\d", log)
    ends = []
    boxes = subprocess.run(["pdftotext", "-bbox", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
    for page in boxes.split("<page ")[1:]:
        heights = [float(each) for each in re.findall(r'yMax="([\d.]+)"', page)]
        ends.append(max([0.0, *(each for each in heights if each < 780)]) / 842)
    appendix = max(place for place, page in enumerate(boxes.split("<page ")[1:]) if ">Provenance<" in page)
    assert appendix > 3 and min(ends[1:appendix]) > 0.6, ends


@needs_latex
def test_what_waits_is_set_where_its_section_ends(tmp_path: Path) -> None:
    """The figure waits for the second page; what follows the section stands below it, not on a third."""
    text = HALF % (6, "First.") + LINES + HALF % (5, "Second.") + r"\FloatBarrier Next section."
    _, pages = typeset(text, tmp_path)
    assert len(pages) == 2
    assert "Second." in pages[1] and pages[1].index("Second.") < pages[1].index("Next section.")


@needs_latex
def test_no_figure_is_cut_at_the_foot_of_a_page_with_a_long_table(tmp_path: Path) -> None:
    """LaTeX's longtable forgets the figure at the top of its page."""
    text = LINES * 2 + HALF % (5, "Top.") + FEW + render.to_latex(table(3), breaks=True) + HALF % (4, "Here.")
    log, pages = typeset(text + "End.", tmp_path)
    assert "Overfull" not in log
    assert any("Top." in page and "Caption." in page and "Here." not in page for page in pages)


@needs_latex
@pytest.mark.parametrize("shares", [(5,), (6,), (7,), (8,), (7, 8), (8, 8)])
def test_figures_that_wait_come_before_a_long_table_which_never_begins_with_its_continuation(
    shares: tuple[int, ...], tmp_path: Path
) -> None:
    """The first rows are tall and stand together, as those of a claim do; about a quarter of the page is free."""
    tall = tuple(Cell(f"a{place}", below="\n".join(["line"] * 5)) for place in range(8))
    rows = tuple((cell, label("b"), Cell("1")) for cell in tall)
    long_table = render.to_latex(Table("t", "Caption. " * 30, table(0).columns, rows, "en"), breaks=True)
    _, pages = typeset(
        LINES + "".join(HALF % (each, "Waits.") for each in shares) + r"text\\ " * 8 + r"\par " + long_table, tmp_path
    )
    text = " ".join(pages)
    assert text.rindex("Waits.") < text.index("Caption.") < text.index("a0")
    assert "(continued)" not in text[: text.index("a0")]


@needs_latex
def test_a_long_table_keeps_its_notes_and_rows_that_go_on(tmp_path: Path) -> None:
    noted = render.to_latex(table(12, notes=("A note.",)), breaks=True)
    for lines in range(18, 42):
        _, pages = typeset(r"\noindent first" + r"\\ line" * lines + r"\par " + noted, tmp_path)
        (noted_page,) = [page for page in pages if "A note." in page]
        assert "a11" in noted_page and "(continued) Table" not in " ".join(pages)
        if len(pages) > 1:
            break
    rows = ((label("x"), label("y"), Cell("1")), (label(""), label(""), Cell("2")), (label("z"), label(""), Cell("3")))
    tex = render.to_latex(Table("t", "c", table(0).columns, rows, "en"), breaks=True)
    assert re.findall(r"(\d) \\\\(\*?)\n", tex.partition(r"\endlastfoot")[2]) == [("1", "*"), ("2", ""), ("3", "*")]


@needs_latex
def test_text_of_two_columns_goes_on_below_figures_and_tables(tmp_path: Path) -> None:
    study = resolve({**toy_study().config, "report": {"languages": ["en"], "columns": 2}})
    first, second = (floats.across(study, HALF % (1, name)) for name in ("One.", "Two."))
    prose = floats.joined("before " * 40 + f"{first}\n\n{second}" + "after " * 40 + floats.across(study, "end"))
    assert prose.count(floats.ENTER) == 1
    quoted = r"\begin{quote}" + floats.across(study, "inside a quotation") + r"\end{quote}"
    log, (page,) = typeset(f"{floats.COLUMNS % ''}{prose}{floats.LEAVE}{quoted}", tmp_path)
    assert page.index("before") < page.index("One.") < page.index("Two.") < page.index("after") < page.index("end")
    assert "inside a quotation" in page and "Overfull" not in log


@pytest.mark.parametrize(
    ("latex", "columns", "asked"),
    [("", 2, 2), ("", 1, 1), ("{options: [twocolumn]}", 2, 1), ("{class: report}", 2, 1)],
)
def test_a_class_may_decide_the_columns(latex: str, columns: int, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    study = toy_study()
    study = Study({**study.config, "report": {"languages": ["en"], "columns": columns}})
    message = {"": {}, "{options: [twocolumn]}": {"options": ["twocolumn"]}, "{class: report}": {"class": "report"}}[
        latex
    ]
    monkeypatch.setattr(custom_latex, "latex", lambda _: message)
    assert custom_latex.columns(study) == asked
    assert (floats.across(study, "x") == "x") == (asked == 1)
