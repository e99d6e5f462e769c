"""Names and titles in non-Latin letters: shown if the machine has fonts, otherwise reported in a sentence."""

from pathlib import Path

import pytest

from paper.conftest import needs_latex
from paper.factory import fill, one_exercise
from paper.test_document import own_prose, text_of
from practica.config.study import Study
from practica.paper import glyphs
from practica.paper.document import build
from practica.paper.escape import escape
from practica.paper.glyphs import INSTALL, Glyphs, choose

NAMES = {
    "Greek": "Γιώργος Σεφέρης",
    "Cyrillic": "Лев Толстой",
    "Chinese": "王小明",
    "Japanese": "山田の実験",
    "Korean": "김민수",
    "Arabic": "محمد علي",
    "Hebrew": "גלעד",
    "Vietnamese": "Nguyễn",
}


@pytest.fixture
def no_lualatex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_lualatex", lambda: False)


def covered(font: Path, text: str) -> dict[str, Path]:
    return dict.fromkeys(text.replace(" ", ""), font)


def test_latin_text_is_pdflatex_s() -> None:
    chosen = choose([escape("Łódź, Çelik, Dvořák: 50 € – “ok” ± 1 ✓"), r"\newcommand{\foreign}[1]{}"])
    assert chosen == Glyphs()
    assert (chosen.engine, chosen.preamble(), chosen.complaint("en")) == ("pdflatex", "", "")


def test_every_run_has_a_font_and_a_direction() -> None:
    main, other = Path("/f/FreeSerif.otf"), Path("/f/DejaVuSans.ttf")
    fonts = covered(main, "Лев") | covered(other, "علي王")
    chosen = Glyphs(fonts, main=main)
    assert chosen.engine == "lualatex"
    assert chosen.set(escape("a Лев")) == r"a \foreign{M}{\ltr}{Лев}"
    assert chosen.set(escape("علي علي")) == r"\foreign{A}{\rtl}{علي علي}"
    assert chosen.set(escape("王")) == r"\foreign{A}{\ltr}{王\foreignbreak{}}"
    assert chosen.set(escape("--x")) == r"{-}\apart{}{-}\apart{}x"
    assert "DejaVuSans.ttf" in chosen.preamble() and "/f/" not in chosen.preamble()


def test_without_lualatex_there_are_marks_and_a_sentence(no_lualatex: None) -> None:
    texts = [escape("王 Nguyễn")]
    chosen = choose(texts)
    assert chosen.engine == "pdflatex"
    printed = chosen.set(texts[0])
    assert "U+738B" in printed and "Nguyen" in printed and "?" not in printed and "foreign" not in printed
    sentence = chosen.complaint("en")
    assert "U+738B CJK UNIFIED IDEOGRAPH-738B" in sentence
    assert "U+1EC5 LATIN SMALL LETTER E WITH CIRCUMFLEX AND TILDE" in sentence
    assert "They need LuaLaTeX" in sentence and INSTALL in sentence
    assert "Hacen falta LuaLaTeX" in chosen.complaint("es")


def test_many_missing_characters_are_counted(no_lualatex: None) -> None:
    sentence = choose([escape("".join(map(chr, range(0x4E00, 0x4E64))))]).complaint("en")
    assert sentence.count("U+4E") == 8 and "92 others" in sentence


def test_a_character_that_no_font_has_is_named_and_the_others_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_lualatex", lambda: True)
    serif, sans = Path("FreeSerif.otf"), Path("Sans.ttf")
    monkeypatch.setattr(glyphs, "_fonts", lambda: {serif: set(map(ord, "Левعلي")), sans: set(map(ord, "علي王"))})
    chosen = choose([escape("Лев علي 王 🎓")])
    assert set(chosen.fonts.values()) == {serif, sans}
    assert chosen.fonts["Л"] == serif
    assert chosen.fonts["ع"] == sans  # whose letters join
    assert chosen.missing == ("🎓",)
    assert "U+1F393 GRADUATION CAP. A font that has them is missing" in chosen.complaint("en")


def test_what_the_bold_letters_lack_is_set_upright_in_a_title(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(glyphs, "_lualatex", lambda: True)
    serif, bold = tmp_path / "FreeSerif.otf", tmp_path / "FreeSerifBold.otf"
    bold.touch()
    monkeypatch.setattr(glyphs, "_fonts", lambda: {serif: set(map(ord, "Левத"))})
    monkeypatch.setattr(glyphs, "_charmap", lambda path: {bold: set(map(ord, "Лев"))}[path])
    title = escape("Левத")
    assert choose([title]).set(title) == r"\foreign{M}{\ltr}{Лев}\foreign{M}{\ltr\mdseries\upshape}{த}"


def test_the_fonts_of_the_machine_are_plain_ones_and_one_is_always_there() -> None:
    fonts = glyphs._fonts()
    assert any(path.name == "DejaVuSans.ttf" for path in fonts)
    assert not [path for path in fonts if "Bold" in path.stem or "Emoji" in path.stem]
    assert all({ord("Ж"), ord("Σ"), ord("ع")} <= covers for path, covers in fonts.items() if path.stem == "DejaVuSans")


@needs_latex
def test_names_and_titles_are_shown_or_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = one_exercise(title=" · ".join(NAMES.values()), author=", ".join(NAMES.values()))
    fill(study, tmp_path / "results")
    pdf = build(own_prose(study, tmp_path, steps="Nada."), tmp_path / "results", "es")
    text, warned = text_of(pdf, page=1), capsys.readouterr().err
    assert "??" not in text
    for script, name in NAMES.items():
        missing = [each for each in name if f"U+{ord(each):04X}" in warned]
        shown = all(part in text for part in name.split())
        assert shown or missing or "otros" in warned, (script, text)
    if glyphs._lualatex():
        assert all(
            part in text for name in ("Greek", "Cyrillic", "Arabic", "Vietnamese") for part in NAMES[name].split()
        )
        log = pdf.with_name("paper").joinpath("es", "informe.log").read_text(errors="replace")
        assert "Missing character" not in log


@needs_latex
def test_without_lualatex_the_report_says_on_its_first_page_what_it_lacks(
    no_lualatex: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = one_exercise(title="深度学习", author="Лев Толстой")
    fill(study, tmp_path / "results")
    text = text_of(build(_english(study, tmp_path), tmp_path / "results", "en"), page=1)
    assert "??" not in text
    assert "[U+6DF1]" in text and "[U+041B]" in text
    assert "This PDF does not show all characters: U+041B CYRILLIC CAPITAL LETTER EL" in text
    assert "apt-get install" in text
    assert "practica: report_en.pdf: This PDF does not show all characters: U+041B" in capsys.readouterr().err


@needs_latex
def test_where_lualatex_fails_the_report_is_still_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(glyphs, "_lualatex", lambda: True)
    monkeypatch.setattr(glyphs.Glyphs, "preamble", lambda self: r"\nosuch" if self.fonts else "")
    study = one_exercise(author="Лев Толстой")
    fill(study, tmp_path / "results")
    text = text_of(build(_english(study, tmp_path), tmp_path / "results", "en"), page=1)
    assert "U+041B CYRILLIC" in text
    assert "They need LuaLaTeX" in capsys.readouterr().err


def _english(study: Study, tmp_path: Path) -> Study:
    """Return the study with prose that says nothing."""
    report = own_prose(study, tmp_path, steps="")
    for name in ("intro.en", "steps/en"):
        (tmp_path / "study" / f"{name}.tex").write_text("Nothing.")
    return report
