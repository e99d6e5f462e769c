"""Tables: their content, and how they print."""

import csv
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evidence.factory import make_study
from paper.conftest import needs_latex
from paper.factory import fill, one_exercise, write_block, write_failure
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.collect import collect, write_statistics
from practica.evidence.collect import write_table as write_csv
from practica.files import write_json, write_text
from practica.paper import cells, render
from practica.paper.catalogue import TableSpec, layers_caption, tables_for
from practica.paper.facts import Fact, Facts
from practica.paper.layers import shown_tables
from practica.paper.row_heights import parts
from practica.paper.table import Cell, Column, Table, label
from practica.paper.tables import make_table, spec_named, write_table
from practica.paper.tabular import note_texts
from toy import CONFIG, copied, resolve


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def made(study: Study, results: Path, name: str, language: str = "es") -> Table:
    return make_table(spec_named(study, name), Facts(study, results, language))


def test_the_catalogue_costs_no_heavy_import() -> None:
    code = (
        "import sys, practica.paper.catalogue; print([m for m in ('pandas', 'pylatex', 'keras') if m in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def test_the_whole_study_has_its_tables_and_one_of_layers_per_net_in_keras(toy: Study) -> None:
    names = [spec.name for spec in tables_for(toy)]
    assert {"table2", "table_moons", "table_turned", "table_moons_times", "table_turns"} <= set(names)
    assert [name for name in names if name.startswith("layers_moons")] == [
        f"layers_moons_{variant}" for variant in toy.variants("moons") if variant != "raw_numpy"
    ]
    assert not [name for name in names if name.startswith("layers_") and name.endswith("_numpy")]
    assert names[-1] == "table_runs"
    assert len(names) == len(set(names))


def test_every_table_of_the_study_is_written_in_three_formats(toy: Study, results: Path, tmp_path: Path) -> None:
    facts = Facts(toy, results, "es")
    for spec in tables_for(toy):
        render.write(make_table(spec, facts), tmp_path)
        for suffix in ("tex", "csv", "html"):
            assert (tmp_path / f"{spec.name}.{suffix}").stat().st_size > 100
        assert rows_of((tmp_path / f"{spec.name}.csv").read_text())


def test_scores_stand_beside_the_source_s(toy: Study, results: Path) -> None:
    write_table(toy, results, "table2")
    dense = rows_of((results / "tables" / "table2.csv").read_text())[0]
    assert dense["variant"] == "dense"
    assert float(dense["test_accuracy"]) == pytest.approx(0.901, abs=1e-5)
    assert float(dense["test_accuracy_sd"]) == pytest.approx(0.002 / 2**0.5, abs=1e-5)
    assert (dense["test_accuracy_source"], dense["n"], dense["data"]) == ("0.95", "2", "real")
    tex = (results / "tables" / "table2.tex").read_text()
    assert r"Capas densas & \begin{tabular}[t]{@{}r@{}}0,951~\ensuremath{\pm}~0,001" in tex
    assert r"{\scriptsize {[}0,888;~0,914{]}}\end{tabular} & 0,95 & 2" in tex
    assert "última época" in tex


def test_columns_of_several_metrics_and_splits_name_both(toy: Study, results: Path) -> None:
    def headings(*columns: tuple[str, str]) -> list[str]:
        spec = TableSpec("t", "scores", "steps", {"en": "T."}, columns=columns)
        return [column.heading for column in make_table(spec, Facts(toy, results, "en")).columns[1:-1]]

    pairs = [(split, metric) for metric in ("f1", "ece") for split in ("validation", "test")]
    assert headings(*pairs) == ["f1, validation", "f1, test", "ece, validation", "ece, test"]
    assert headings(("train", "loss"), ("test", "accuracy")) == [
        "Loss, training",
        "Accuracy, test",
        "Accuracy, test (source)",
    ]
    assert headings(("test", "f1"), ("test", "ece")) == ["f1", "ece"]
    assert headings(("train", "f1"), ("test", "f1")) == ["Training", "Test"]


def built(count: int, name: str = "dense") -> dict[str, object]:
    layer = {"name": name, "type": "Dense", "output_shape": "(None, 1)", "parameters": count}
    return {"total": count, "trainable": count, "non_trainable": 0, "layers": [layer]}


def test_one_table_stands_for_nets_whose_built_layers_are_equal_and_for_no_other(tmp_path: Path) -> None:
    study = one_exercise("moons")
    fill(study, tmp_path)
    # Settings that are not listed, such as a number of filters, change a net as well as listed ones.
    nets = {"raw": built(6090), "corrected": built(79626), "wider": built(6090), "deeper": built(6090, "dense_1")}
    write_json(tmp_path / "models.json", {f"moons/{variant}": net for variant, net in nets.items()})
    facts = Facts(study, tmp_path, "en")
    shown = {spec.name: spec.caption for spec in shown_tables(facts, "moons") if spec.kind == "layers"}
    assert list(shown) == ["layers_moons_raw", "layers_moons_corrected", "layers_moons_deeper", "layers_moons_turned"]
    assert shown["layers_moons_raw"]["en"] == "Layers of the nets “Uncorrected” and “More neurons” (moons)."
    assert shown["layers_moons_raw"]["es"] == "Capas de las redes «Sin corrección» y «Más neuronas» (moons)."
    assert shown["layers_moons_corrected"]["en"] == "Layers of the net “Corrected” (moons)."
    (row,) = rows_of(render.to_csv(made(study, tmp_path, "layers_moons_corrected")))
    assert row["parameters"] == "79626"


def test_a_net_that_nobody_described_shares_no_table_and_has_no_other_s_numbers(tmp_path: Path) -> None:
    config = {"dataset": "walks", "variants": {"dense": {}, "wide": {"model": "dense"}, "last": {"model": "dense"}}}
    study = resolve({"exercises": {"steps": config}})
    fill(study, tmp_path)
    write_json(tmp_path / "models.json", {"steps/dense": built(6090)})
    facts = Facts(study, tmp_path, "en")
    shown = [spec.name for spec in shown_tables(facts, "steps") if spec.kind == "layers"]
    assert shown == ["layers_steps_dense", "layers_steps_wide", "layers_steps_last"]
    assert made(study, tmp_path, "layers_steps_wide").gaps()


def test_a_caption_names_some_nets_and_counts_the_others() -> None:
    names = [f"v{number}" for number in range(60)]
    caption = layers_caption(make_study(), "steps", names)["en"]
    assert caption == "Layers of the nets “v0”, “v1”, “v2”, “v3” and 56 others (steps)."
    assert "“v4”" in layers_caption(make_study(), "steps", names[:5])["en"]


def test_a_very_long_table_is_cut_in_the_pdf_alone_and_says_so() -> None:
    rows = tuple((label(f"row {number}"),) for number in range(1000))
    table = Table("table_long", "Long.", (Column("k", "K"),), rows, "en")
    tex = render.to_latex(table)
    assert "row 399" in tex and "row 400" not in tex
    assert r"These are the first 400 of 1000 rows; table\_long.csv holds all of them." in tex
    assert len(rows_of(render.to_csv(table))) == 1000


def test_other_languages_need_no_other_code(toy: Study, results: Path) -> None:
    html = render.to_html(made(toy, results, "table2", "en"))
    assert "0.901\u00a0±\u00a00.001" in html
    assert "Dense layers" in html
    assert '<html lang="en">' in html


def test_a_table_of_one_data_set_has_its_variants_only(toy: Study, results: Path) -> None:
    rows = rows_of(render.to_csv(made(toy, results, "table_turned")))
    assert [row["variant"] for row in rows] == ["turned"]


def test_the_spread_over_folds_is_that_within_a_seed(toy: Study, results: Path) -> None:
    raw = rows_of(render.to_csv(made(toy, results, "table_moons")))[0]
    folds = toy.settings("moons", "raw")["folds"]
    assert folds == 5
    assert float(raw["fold_sd"]) == pytest.approx(0.002 * 2.5**0.5)
    assert raw["n"] == "2"


def test_times_are_rounded_and_exact_in_the_file(tmp_path: Path) -> None:
    cell = cells.rounded(1162.4, Facts(one_exercise(), tmp_path, "es"), 2)
    assert (cell.text, cell.raw) == ("1200", {"": 1162.4})


def in_jobs_of(seeds_per_job: int, seeds: int) -> Study:
    """Return the toy's steps, whose seeds are trained so many at a time."""
    exercises = read_config([CONFIG])["exercises"]
    exercises["steps"]["seeds_per_job"] = seeds_per_job
    return one_exercise(seeds=seeds, exercises=exercises)


def test_cost_is_per_seed_however_seeds_share_a_job(tmp_path: Path) -> None:
    study = in_jobs_of(2, seeds=4)
    fill(study, tmp_path)
    runs = pd.read_csv(tmp_path / "runs.csv")
    runs.loc[runs["variant"] == "dense", "cpu_seconds"] = [8.0, 8.4]
    runs.to_csv(tmp_path / "runs.csv", index=False)
    cost = made(study, tmp_path, "table_steps_cost")
    assert [cell.text for cell in cost.rows[0][-4:]] == ["2", "5,1", "1,7", "4,1"], "what noise may change is not shown"
    assert cost.rows[1][-1].text == "–", "not every job has its processor time"
    dense = rows_of(render.to_csv(cost))[0]
    assert float(dense["fit_seconds"]) == pytest.approx(10.25 / 2)
    assert float(dense["seconds_per_epoch"]) == pytest.approx(10.25 / 2 / 3)
    assert float(dense["cpu_seconds"]) == pytest.approx(8.2 / 2)


def test_one_job_that_other_programs_slowed_does_not_change_the_cost(tmp_path: Path) -> None:
    study = in_jobs_of(1, seeds=3)
    fill(study, tmp_path)
    runs = pd.read_csv(tmp_path / "runs.csv")
    runs.loc[runs["variant"] == "dense", "fit_seconds"] = [10.0, 500.0, 11.0]
    runs.to_csv(tmp_path / "runs.csv", index=False)
    assert [cell.text for cell in made(study, tmp_path, "table_steps_cost").rows[0][-4:-2]] == ["1", "11"]


def test_times_are_metrics_like_others(toy: Study, results: Path) -> None:
    table = made(toy, results, "table_moons_times")
    assert [column.heading for column in table.columns] == ["Variante", "Tiempo por época [ms]", "n"]
    rows = {row["variant"]: row for row in rows_of(render.to_csv(table))}
    assert float(rows["raw"]["timing_ms_per_epoch"]) == pytest.approx(500)
    assert float(rows["raw_numpy"]["timing_ms_per_epoch"]) == pytest.approx(1000)
    assert {rows[name]["n"] for name in ("raw", "raw_numpy")} == {"3"}


def test_missing_timings_and_models_are_holes(toy: Study, tmp_path: Path) -> None:
    write_block(toy.blocks()[0], tmp_path)
    collect(toy, tmp_path)
    for name in ("table_moons_times", "layers_steps_dense"):
        table = made(toy, tmp_path, name)
        assert table.gaps()
        assert "falta" in render.to_html(table)


def test_a_failed_run_is_a_hole_with_its_reason(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path, skip=("steps/conv",))
    for block in study.blocks():
        if block.variant == "conv":
            write_failure(block, tmp_path, "memory of 100 % & more")
    collect(study, tmp_path)
    table = made(study, tmp_path, "table2")
    tex = render.to_latex(table)
    assert r"\textcolor{red}{falta}\textsuperscript{a}" in tex
    assert r"\textsuperscript{a}~memory of 100 \% \& more" in tex
    assert rows_of(render.to_csv(table))[1]["test_accuracy"] == ""
    runs = render.to_html(made(study, tmp_path, "table_runs"))
    assert "fallida" in runs
    assert "memory of 100" in runs


def test_nothing_has_run_yet(tmp_path: Path) -> None:
    study = one_exercise()
    collect(study, tmp_path)
    for spec in tables_for(study):
        assert "falta" in render.to_html(make_table(spec, Facts(study, tmp_path, "es"))) or spec.name == "table_runs"
    assert "todavía no se ejecutó" in render.to_html(made(study, tmp_path, "table_runs"))


def test_stand_in_data_mark_their_tables_only(toy: Study, tmp_path: Path) -> None:
    fill(toy, tmp_path, stand_in=("turned",))
    tables = {name: made(toy, tmp_path, name) for name in ("table_moons", "table_turned", "layers_moons_turned")}
    assert {name: table.stand_in for name, table in tables.items()} == {
        "table_moons": (),
        "table_turned": ("turned",),
        "layers_moons_turned": (),
    }
    marked = tables["table_turned"]
    for text in (render.to_latex(marked), render.to_html(marked), render.to_csv(marked)):
        assert "STAND" in text


def test_a_user_s_exercise_gets_its_metrics_and_layers(tmp_path: Path) -> None:
    study = resolve({"seeds": 2, "exercises": {"extra": {"dataset": "walks", "variants": {"mine": {}}}}})
    assert [spec.name for spec in tables_for(study)] == ["table_extra", "layers_extra_mine", "table_runs"]
    fill(study, tmp_path)
    rows = rows_of(render.to_csv(made(study, tmp_path, "table_extra")))
    assert [row["metric"] for row in rows] == ["loss", "accuracy"]
    assert float(rows[1]["test"]) == pytest.approx(0.901, abs=1e-5)


def test_an_unknown_table_is_refused(toy: Study, results: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'table2'"):
        write_table(toy, results, "tabl1")


def hostile() -> Table:
    cell = Cell("<script>alert(1)</script> & $x_1$", {"": 'a,b\n"c"'}, "")
    columns = (Column("name", "<b>%</b>", numeric=False), Column("value", "#"))
    return Table("t", "<i>100 %</i>", columns, ((cell, Cell("falta", {"": ""}, "<script>x</script>")),), "es")


def test_html_obeys_nothing_from_data() -> None:
    html = render.to_html(hostile())
    assert html.count("<script") == 1  # the page's own, which sorts
    assert "<script>alert" not in html.replace("\n", "")
    assert "<i>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $x_1$" in html
    assert "http" not in html  # self-contained


def test_csv_quotes_what_it_must() -> None:
    assert rows_of(render.to_csv(hostile()))[0]["name"] == 'a,b\n"c"'


def test_rows_of_the_same_name_are_a_group_in_latex_and_repeat_it_for_machines() -> None:
    rows = tuple((label(name), label(metric)) for name in ("dense", "conv") for metric in ("loss", "accuracy"))
    table = Table("t", "c", (Column("variant", "V", numeric=False), Column("metric", "M")), rows, "es")
    lines = render.to_latex(table).splitlines()
    body = lines[lines.index(r"\midrule") + 1 : lines.index(r"\bottomrule")]
    assert body == [r"dense & loss \\", r" & accuracy \\", r"\addlinespace conv & loss \\", r" & accuracy \\"]
    assert [row["variant"] for row in rows_of(render.to_csv(table))] == ["dense", "dense", "conv", "conv"]


def test_the_metrics_of_all_variants_stand_in_the_same_order(toy: Study, results: Path) -> None:
    orders: dict[str, list[str]] = {}
    spec = TableSpec("own", "metrics", "steps", {"es": "", "en": ""})
    for row in rows_of(render.to_csv(make_table(spec, Facts(toy, results, "es")))):
        orders.setdefault(row["variant"], []).append(row["metric"])
    longest = max(orders.values(), key=len)
    assert len(longest) > 1
    assert all(order == [metric for metric in longest if metric in order] for order in orders.values())


def test_long_tables_break_across_pages() -> None:
    rows = tuple((label(str(place)),) for place in range(60))
    table = Table("t", "c", (Column("x", "X"),), rows, "es")
    assert r"\begin{longtable}" in render.to_latex(table)
    assert "(continuación)" in render.to_latex(table)


def test_no_page_begins_with_the_last_row_of_a_long_table() -> None:
    rows = tuple((label(str(place)),) for place in range(60))
    lines = render.to_latex(Table("t", "c", (Column("x", "X"),), rows, "es")).split("\n")
    assert [line for line in lines if re.match("5[789] ", line)][-3:] == [r"57 \\", r"58 \\*", r"59 \\*"]


DOCUMENT = r"""\documentclass{article}
\usepackage{array,booktabs,longtable,caption,graphicx,hyperref}
\begin{document}
%s
\end{document}
"""


@needs_latex
@pytest.mark.parametrize(("names", "narrower"), [("short", False), ("of a variant with a long name", True)])
def test_the_text_of_a_long_table_leaves_its_names_the_room_they_need(
    names: str, narrower: bool, tmp_path: Path
) -> None:
    rows = tuple(
        (label(names), Cell("some words " * 12), label(names), Cell("", below="others\nmore " * 9)) for _ in range(60)
    )
    texts = (Column("b", "B", numeric=False, width=0.4), Column("d", "D", numeric=False, width=0.3))
    heads = (Column("a", "A", numeric=False), texts[0], Column("c", "C", numeric=False), texts[1])
    text = render.to_latex(Table("t", "c", heads, rows, "en"))
    end = r"\end{longtable}"
    (tmp_path / "t.tex").write_text(DOCUMENT % text.replace(end, end + r"\typeout{TEXT \the\dimexpr\textcolumns}"))
    command = ["pdflatex", "-interaction=nonstopmode", "-draftmode", "t.tex"]
    for _ in range(2):
        log = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "Overfull" not in log
    width = float(re.search(r"TEXT ([\d.]+)pt", log).group(1))
    assert (width < 340) == narrower
    assert width > 0.4 * 345


@needs_latex
@pytest.mark.parametrize(
    ("name", "numbers", "names_break", "letters"),
    [
        ("short", 3, False, "8"),
        ("a variant whose name is so long that it has to break", 3, True, "8"),
        ("a variant whose name is so long that it has to break", 4, True, "7"),
    ],
)
def test_a_long_table_of_numbers_fits_the_page(
    name: str, numbers: int, names_break: bool, letters: str, tmp_path: Path
) -> None:
    heads = (Column("a", "Variant", numeric=False), *[Column("b", "Accuracy on the test data")] * numbers)
    rows = tuple((label(f"{name} {place}"), *[Cell("0.956 (0.8671-1.0)")] * numbers) for place in range(60))
    text = render.to_latex(Table("t", "c", heads, rows, "en"))
    begin = r"\begin{longtable}"
    shown = r"\typeout{BREAK \ifdefined\firstcolumn yes\else no\fi, SIZE \csname f@size\endcsname}"
    (tmp_path / "t.tex").write_text(DOCUMENT % text.replace(begin, shown + begin))
    command = ["pdflatex", "-interaction=nonstopmode", "-draftmode", "t.tex"]
    for _ in range(2):
        log = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "Overfull" not in log
    assert f"BREAK {'yes' if names_break else 'no'}, SIZE {letters}\n" in log


@pytest.mark.parametrize(
    ("cell", "width", "count"),
    [
        (Cell("few"), 0, 1),
        (Cell("few", below="a\nb\nc"), 0, 2),  # four lines
        (Cell("word " * 40), 0, 1),  # one line, which shrinks to the page's width
        (Cell("word " * 40), 0.5, 2),  # broken into four
        (Cell("word " * 100), 0.5, 4),
        (Cell("word " * 40, span=2), 0.1, 1),  # it spans most of the page
    ],
)
def test_a_table_of_few_tall_rows_has_several_parts(cell: Cell, width: float, count: int) -> None:
    rows = tuple((cell, label(str(place))) for place in range(15))
    table = Table("t", "c", (Column("x", "X", width=width), Column("y", "Y")), rows, "en", notes=("a note",))
    text = render.to_latex(table)
    floats = text.split(r"\begin{table}")[1:]
    assert len(floats) == count
    assert [r"\caption{c}" in each for each in floats] == [True] + [False] * (count - 1)
    assert ["(continued)" in each for each in floats] == [False] + [True] * (count - 1)
    assert ["a note" in each for each in floats] == [False] * (count - 1) + [True]
    if cell.span == 1:
        assert re.findall(r"& (\d+) ", text) == [str(place) for place in range(15)]
    assert render.beside([table, table]).count(r"\caption{c}") == 2
    assert render.table_rows([table]).count("a note") == 1
    assert render.beside([table, table]).count(r"\begin{table}") == (1 if count == 1 else 2 * count)
    assert render.table_rows([table]).count(r"\begin{table}") == (0 if count == 1 else count)


def test_a_part_of_a_table_begins_with_a_group_and_never_amid_a_check() -> None:
    tall, again = "a\nb\nc\nd", label("")
    check = [(again, Cell("it is more", below=tall)), (again, Cell("", below=tall))]
    group = [(Cell("a claim", span=2), again), *check, *check]
    columns = (Column("claim", "", numeric=False), Column("statement", "S", numeric=False))
    table = Table("t", "c", columns, tuple(group * 4), "en")
    assert [len(part.rows) for part in parts(table)] == [10, 10]
    table = replace(table, rows=(*group, *check * 9))
    for part in parts(table)[1:]:
        assert part.rows[0][1].text == "it is more"


def test_a_row_that_no_page_holds_is_a_part_of_its_own() -> None:
    rows = tuple((Cell("x", below="a\n" * lines),) for lines in (1, 90, 1, 90))
    table = Table("t", "c", (Column("x", "X"),), rows, "en")
    assert [len(part.rows) for part in parts(table)] == [1, 1, 1, 1]


def test_holes_are_lettered_in_order_beyond_z() -> None:
    rows = tuple((Cell("falta", {"": ""}, f"reason {place}"),) for place in range(28))
    letters = list(Table("t", "c", (Column("x", "X"),), rows, "es").gaps().values())
    assert letters[0] == "a"
    assert letters[25:] == ["z", "aa", "ab"]


def test_a_table_is_there_in_every_language(toy: Study, results: Path) -> None:
    write_table(toy, results, "table2")
    own, english = ((results / shelf / "table2.tex").read_text() for shelf in ("tables", "tables/en"))
    assert "Precisión sobre los escalones." in own
    assert "Accuracy on the steps." in english
    assert "0,901" in own
    assert "0.901" in english


def test_differences_are_those_that_tell_something(toy: Study, results: Path) -> None:
    result = rows_of(render.to_csv(made(toy, results, "table_differences")))
    pairs = [(row["exercise"], row["variant"], row["variant_minus"], row["metric"]) for row in result]
    for _, variant, minus, _ in pairs:
        if "_numpy" in variant + minus:
            assert {variant, minus} == {variant.removesuffix("_numpy"), variant.removesuffix("_numpy") + "_numpy"}
    assert {metric for exercise, _, _, metric in pairs if exercise == "moons"} == {"accuracy"}
    assert {metric for exercise, _, _, metric in pairs if exercise == "steps"} == {"accuracy"}


def test_skewed_values_print_as_median_and_range(tmp_path: Path) -> None:
    study = one_exercise("steps", seeds=5)
    fill(study, tmp_path)
    table = pd.read_csv(tmp_path / "metrics.csv")
    chosen = (table["variant"] == "dense") & (table["metric"] == "loss") & (table["split"] == "test")
    table.loc[chosen, "value"] = [0.1, 0.2, 29.0, 0.5, 6.2]  # 7.2 ± 12.4
    write_csv(tmp_path / "metrics.csv", table.astype({"fold": "Int64"}))
    write_statistics(study, tmp_path)
    spec = TableSpec("own", "scores", "steps", {"en": "T."}, columns=(("train", "loss"), ("test", "loss")))
    row = make_table(spec, Facts(study, tmp_path, "en")).rows[0]
    cell = next(cell for cell in row if "0.500" in cell.text)
    assert cell.text == "0.500 (0.100–29.0)"
    assert "±" not in cell.text
    logs = np.log([0.1, 0.2, 29.0, 0.5, 6.2])
    low, high = np.exp(stats.t.interval(0.95, 4, loc=logs.mean(), scale=stats.sem(logs)))
    assert (cell.raw[""], cell.raw["_least"], cell.raw["_greatest"]) == (0.5, 0.1, 29.0)
    assert (cell.raw["_low"], cell.raw["_high"]) == pytest.approx((low, high))
    assert cell.below == f"[{low:.3f};\u00a0{high:.3f}]"
    text = Facts(study, tmp_path, "en").look_up("steps/dense/test/loss")
    assert isinstance(text, Fact)
    assert (text.value, text.text) == (0.5, "0.500 (0.100–29.0)")


def test_a_demonstration_pales_the_source_and_shows_the_reference_beside(tmp_path: Path) -> None:
    folder = copied(tmp_path / "study")
    whole, results = one_exercise(seeds=5), tmp_path / "whole"
    fill(whole, results)
    front = folder / "study.yaml"
    write_text(front, f"{front.read_text()}\nreference: ../whole\n")
    cut = one_exercise(seeds=1, study=str(folder), demonstration=True)
    fill(cut, tmp_path / "cut")
    table = make_table(spec_named(cut, "table2"), Facts(cut, tmp_path / "cut", "en"))
    columns = [column.key for column in table.columns]
    for row in table.rows:
        source, reference = row[columns.index("test_accuracy_source")], row[columns.index("full_size")]
        assert source.tone == "pale"
        assert reference.text == "0.904\u00a0±\u00a00.003" and reference.below == "n = 5"
    assert "black!55" in render.to_latex(table)
    full = make_table(spec_named(whole, "table2"), Facts(whole, results, "en"))
    assert "full_size" not in [column.key for column in full.columns]
    assert {cell.tone for row in full.rows for cell in row} == {""}


def test_a_note_has_code_only_between_two_backticks() -> None:
    rows = ((label("a"), label("b")),)
    table = Table("t", "c", (Column("x", "X"), Column("y", "Y")), rows, "en", notes=("run `a_b` and `c`", "it`s"))
    assert note_texts(table) == [r"run \texttt{a\_b} and \texttt{c}", r"it\textasciigrave{}s"]
    html = render.to_html(table)
    assert '<p class="note">run <code>a_b</code> and <code>c</code></p>' in html and '<p class="note">it`s</p>' in html
