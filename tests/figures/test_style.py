"""What all figures share: files, fonts, the stamp and messages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from practica.evidence.results import Results
from practica.figures.draw import draw_from
from practica.figures.style import (
    SPLIT_LOOKS,
    WIDTH,
    LocalLogFormatter,
    legend,
    look,
    message,
    new_figure,
    save,
    stamp,
    style,
)
from practica.words import section


def drawn() -> Figure:
    with style():
        figure = new_figure(2.0, "A title")
        figure.subplots().plot([1, 2, 3], label="x")
    return figure


def test_two_saves_are_byte_identical(tmp_path: Path, complete: Results) -> None:
    for name in ("fig5", "fig3"):
        for folder in ("one", "two"):
            save(draw_from(complete, name, "es"), tmp_path / folder / name)
        for kind in ("pdf", "png"):
            first, second = ((tmp_path / folder / f"{name}.{kind}").read_bytes() for folder in ("one", "two"))
            assert first == second


def test_files_hold_no_date_and_embed_truetype_fonts(tmp_path: Path) -> None:
    save(drawn(), tmp_path / "fig.one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fig.one.pdf", "fig.one.png"]
    pdf = (tmp_path / "fig.one.pdf").read_bytes()
    assert b"CreationDate" not in pdf
    assert b"STIXGeneral" in pdf and b"/FontFile2" in pdf and b"/Type3" not in pdf
    with Image.open(tmp_path / "fig.one.png") as image:
        assert image.size == (round(WIDTH * 150), 300)
        assert "Software" not in image.info


def test_a_figure_that_cannot_be_saved_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn()
    monkeypatch.setattr(figure, "savefig", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(figure, tmp_path / "fig")
    assert list(tmp_path.iterdir()) == []


def test_the_stamp_stands_above_the_axes_and_keeps_the_title(written: Callable[[Figure], str]) -> None:
    figure = drawn()
    stamp(figure, section("figures", "es")["stand_in"])
    assert "STAND-IN: datos generados, no los reales" in written(figure)
    assert "A title" in written(figure)
    figure.draw_without_rendering()
    texts = {text.get_text(): text.get_window_extent() for text in figure.texts}
    banner, title = (texts[key] for key in ("STAND-IN: datos generados, no los reales", "A title"))
    assert banner.y0 > title.y1 > title.y0 >= figure.axes[0].get_window_extent().y1


def test_a_message_is_not_read_as_mathematics_nor_cut(tmp_path: Path, written: Callable[[Figure], str]) -> None:
    with style():
        figure = message("steps", "failed: $x_1$ \\frac{ " + "and so on " * 100)
    save(figure, tmp_path / "fig")
    assert "$x_1$ \\frac{" in written(figure)
    assert written(figure).endswith("…")


def test_lines_differ_by_colour_and_dashes() -> None:
    assert len({look(place) for place in range(24)}) == 24
    assert len({look(place).colour for place in range(6)}) == 6
    assert len({look(place).dashes for place in range(4)}) == 4
    assert look(24) == look(0)


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["dense", "conv.", "both"], 3),
        (["as it is", "as it is (as published)", "as it is (slow and steady)"], 2),
        (["straight cuts", "straight cuts (as published)", "straight cuts (slow and steady)"], 1),
        (["dense", "a name that is so long that it needs more than a line of the legend", "both"], 1),
        ([f"dense, {number}" for number in range(40)], 3),
        (["dense", "a layer of many neurons, with a long name"] * 20, 2),
    ],
)
def test_a_legend_fits_below_the_axes_whatever_the_names(names: list[str], columns: int) -> None:
    with style():
        figure = new_figure(2.0, "A title")
        axes = figure.subplots()
        for place, name in enumerate(names):
            axes.plot([1, 2], [place, 2], label=name)
        height = axes.get_window_extent().height
        legend(figure, axes.get_legend_handles_labels()[0], ["a note"])
        figure.draw_without_rendering()
    (box,) = figure.legends
    assert box._ncols == columns
    assert [text.get_text().replace("\n", " ") for text in box.texts] == names
    inside, around = box.get_window_extent(), figure.bbox
    assert inside.x0 >= around.x0 and inside.x1 <= around.x1 and inside.y0 >= around.y0
    assert axes.get_window_extent().y0 > inside.y1
    assert axes.get_window_extent().height > 0.5 * height


def test_a_colour_is_never_both_a_split_and_one_of_the_first_variants() -> None:
    assert not {each.colour for each in SPLIT_LOOKS.values()} & {look(place).colour for place in range(4)}


def test_the_title_stands_in_the_picture_and_not_in_the_pdf_which_has_a_caption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles, figure = {}, drawn()
    original = figure.savefig

    def noting(*args: object, **fields: object) -> None:
        titles[fields["format"]] = figure.get_suptitle()
        original(*args, **fields)

    monkeypatch.setattr(figure, "savefig", noting)
    save(figure, tmp_path / "fig")
    assert titles == {"png": "A title", "pdf": ""}


def test_logarithmic_ticks_have_the_decimal_mark_of_the_language() -> None:
    with style():
        axes = new_figure(2.0, "").subplots()
        axes.set(yscale="log", ylim=(1.2e-2, 3e-2))
        formatter = LocalLogFormatter(",", labelOnlyBase=False, minor_thresholds=(1, 0.4))
        formatter.set_axis(axes.yaxis)
        formatter.set_locs(axes.yaxis.get_minorticklocs())
        assert "2{,}4" in formatter(2.4e-2)
