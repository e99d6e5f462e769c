"""A study's own LaTeX class and preamble: what they decide, what they keep, and the messages about mistakes."""

import re
import shutil
from pathlib import Path

import pytest

from paper.conftest import needs_latex
from paper.factory import fill, one_exercise
from paper.test_document import text_of
from practica.config.study import Study
from practica.errors import InputError, RunError
from practica.paper import custom_latex
from practica.paper.document import build
from practica.paper.glyphs import Glyphs
from practica.paper.preamble import document
from practica.plan.checks import check
from practica.plan.digests import page_digest, paper_digest
from practica.plan.wiring import prose_inputs
from practica.study_folder import use
from toy import copied

CLASS = r"""\ProvidesClass{narrow}
\DeclareOption*{\PassOptionsToClass{\CurrentOption}{article}}
\ProcessOptions\relax
\LoadClass[a4paper,twocolumn]{article}
\RequirePackage[authoryear]{natbib}
\RequirePackage{helvet}
\renewcommand{\familydefault}{\sfdefault}
\input{colours.def}
"""
COLOURS = r"\RequirePackage{xcolor}\definecolor{ours}{HTML}{990000}"
PREAMBLE = "\\AtBeginDocument{\\renewcommand{\\contentsname}{What there is}}\n\\setlength{\\columnsep}{9mm}\n"
TOLD = (
    r"\AtBeginDocument{\expandafter\ifx\csname figure*\endcsname\figure\typeout{SPAN}\fi\typeout{SEP \the\columnsep}}"
)


def studied(tmp_path: Path, told: str = "", **files: str) -> Study:
    """Return a study of one exercise with more files in its folder and a line more in its ``study.yaml``."""
    folder = copied(tmp_path / "study")
    with (folder / "study.yaml").open("a", encoding="utf-8") as file:
        file.write(told and f"\nlatex: {told}\n")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    study = one_exercise(report={"languages": ["en"]})
    return Study({**study.config, "study": str(folder)})


def options(study: Study) -> str:
    """Return the line of a document that names its class."""
    return document(study, "en", [], Glyphs(), heads=True).dumps().splitlines()[0]


@needs_latex
def test_a_class_decides_and_a_preamble_has_the_last_word(tmp_path: Path) -> None:
    study = studied(tmp_path, "{class: narrow}", narrow_cls=CLASS, colours_def=COLOURS, preamble_tex=PREAMBLE + TOLD)
    made = []
    for place in ("results", "elsewhere"):
        fill(study, tmp_path / place)
        made.append(build(study, tmp_path / place, "en"))
    assert made[0].read_bytes() == made[1].read_bytes()
    folder = tmp_path / "results/paper/en"
    log, source = ((folder / f"report_en.{kind}").read_text(errors="replace") for kind in ("log", "tex"))
    assert r"\documentclass{narrow}" in source
    for ours in (
        "geometry",
        "mathptmx",
        "lmodern",
        "microtype",
        "fancyhdr",
        r"\vspace{-22mm}",
        "headheight",
        "font=small",
    ):
        assert ours not in source, ours
    assert "What there is" in text_of(made[0], page=1)
    assert "SEP 25.6" in log  # 9 mm, in points: the preamble comes last
    assert "\nSPAN" in log  # figures reach over both columns
    assert re.findall(r".*undefined.*|.*multiply defined.*|.*Option clash.*|Overfull .*", log) == []


@needs_latex
def test_a_stand_in_is_said_on_every_page_of_any_class(tmp_path: Path) -> None:
    study = studied(tmp_path, "{class: report, options: [oneside]}")
    fill(study, tmp_path / "results", stand_in=("walks",))
    pdf = build(study, tmp_path / "results", "en")
    for page in (1, 2, 3):
        assert "STAND-IN: results from generated data" in text_of(pdf, page=page)


@needs_latex
@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"preamble_tex": "% One.\n\n\\nosuch\n"}, r"study/preamble\.tex:3: Undefined control sequence"),
        (
            {"preamble_tex": "\\usepackage{no-such}\n"},
            r"study/preamble\.tex:\d+: LaTeX Error: File `no-such\.sty' not found",
        ),
        (
            {"narrow_cls": CLASS.replace(r"\input", r"\nosuch\input")},
            r"study/narrow\.cls:8: Undefined control sequence",
        ),
        ({"narrow_cls": CLASS, "colours_def": "%\n\\nosuch"}, r"study/colours\.def:2: Undefined control sequence"),
    ],
)
def test_a_mistake_in_them_is_named_with_its_own_file_and_line(
    files: dict[str, str], place: str, tmp_path: Path
) -> None:
    study = studied(tmp_path, "{class: narrow}" if "narrow_cls" in files else "", **files)
    fill(study, tmp_path / "results")
    with pytest.raises(RunError, match=place):
        build(study, tmp_path / "results", "en")


@pytest.mark.parametrize(
    ("told", "columns", "line"),
    [
        ("", 1, r"\documentclass[11pt,a4paper]{article}"),
        ("", 2, r"\documentclass[11pt,a4paper]{article}"),
        ("{options: [12pt, letterpaper]}", 1, r"\documentclass[12pt,letterpaper]{article}"),
        ("{class: report}", 1, r"\documentclass{report}"),
        ("{class: report, options: [9pt, twocolumn]}", 2, r"\documentclass[9pt,twocolumn]{report}"),
        ("{class: report}", 2, r"\documentclass[twocolumn]{report}"),
    ],
)
def test_a_study_chooses_class_and_options(told: str, columns: int, line: str, tmp_path: Path) -> None:
    study = studied(tmp_path, told)
    report = {"languages": ["en"], "columns": columns}
    assert options(Study({**study.config, "report": report})).startswith(line)


def test_our_layout_is_that_of_article_alone(tmp_path: Path) -> None:
    tex = document(studied(tmp_path, "{options: [12pt]}"), "en", [], Glyphs(), heads=True).dumps()
    for ours in (
        r"\geometry{margin=2.1cm}",
        "{mathptmx}",
        "{microtype}",
        r"\vspace{-22mm}",
        r"\setlength{\headheight}",
    ):
        assert ours in tex


@pytest.mark.parametrize(
    ("told", "files", "sentence"),
    [
        (
            "{class: no-such-class}",
            {},
            r"study\.yaml: latex\.class: LaTeX has no class no-such-class: put no-such-class\.cls",
        ),
        ("{class: ../narrow}", {}, r"study\.yaml: latex\.class: '\.\./narrow' does not match .* \(The name of a class"),
        ("{class: narrow.cls}", {"narrow_cls": CLASS}, r"study\.yaml: latex\.class: 'narrow\.cls' does not match"),
        ("{options: ['a]{b}']}", {}, r"study\.yaml: latex\.options\.0: .* \(An option of a class"),
        ("{klass: narrow}", {}, r"study\.yaml: latex\.klass: unknown key; did you mean 'class'"),
    ],
)
@needs_latex
def test_what_is_wrong_with_the_class_is_said_before_any_job(
    told: str, files: dict[str, str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    study = studied(tmp_path, told, **files)
    use(study.folder)
    with pytest.raises(InputError, match=sentence):
        check(study)


def test_a_preamble_that_nobody_can_read_is_said_before_any_job(tmp_path: Path) -> None:
    study = studied(tmp_path)
    assert not list(custom_latex.mistakes(study))
    (study.folder / "preamble.tex").write_bytes("% Uno.\n% Español.\n".encode("latin-1"))
    assert [re.sub(r".*/study/", "", each) for each in custom_latex.mistakes(study)] == [
        "preamble.tex, line 2: a byte that is not UTF-8; save the file in that encoding"
    ]


def test_a_class_is_not_asked_for_where_there_is_no_latex_or_only_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = studied(tmp_path, "{class: no-such-class}")
    custom_latex._has.cache_clear()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert not list(custom_latex.mistakes(study))
    custom_latex._has.cache_clear()
    monkeypatch.undo()
    monkeypatch.setenv("PRACTICA_CLUSTER_JOB", "1")
    assert not list(custom_latex.mistakes(study))


def test_a_class_where_the_work_is_done_is_not_one_that_latex_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("kpsewhich") is None:
        pytest.skip("kpsewhich is not installed: run `make latex`")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wide.cls").write_text(CLASS)
    assert len(list(custom_latex.mistakes(studied(tmp_path, "{class: wide}")))) == 1


def test_what_latex_reads_of_the_folder_is_copied_and_earlier_copies_go(tmp_path: Path) -> None:
    study = studied(tmp_path, narrow_cls=CLASS, logo_png="", notes_txt="")
    assert custom_latex.copy(study, tmp_path) == {}  # nothing asks for them
    (study.folder / "preamble.tex").write_text(PREAMBLE)
    copied = custom_latex.copy(study, tmp_path)
    assert sorted(copied) == ["own/logo.png", "own/narrow.cls", "own/preamble.tex"]
    assert (tmp_path / "own/preamble.tex").read_text().startswith(PREAMBLE)
    assert {str(path) for path in copied.values()} <= {str(Path(each).resolve()) for each in prose_inputs(study, "en")}
    (study.folder / "logo.png").unlink()
    custom_latex.copy(study, tmp_path)
    assert not (tmp_path / "own/logo.png").exists()


def test_the_class_is_what_pdfs_are_made_with_and_pages_are_not(tmp_path: Path) -> None:
    plain, other = (studied(tmp_path / name, message) for name, message in (("a", ""), ("b", "{options: [12pt]}")))
    digests = []
    for study in (plain, other):
        use(study.folder)
        digests.append((paper_digest(study, "en"), page_digest(study)))
    assert digests[0][0] != digests[1][0]
    assert digests[0][1] == digests[1][1]
