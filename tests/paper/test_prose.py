"""The toy prose: every name in it is known, no result is typed, and a different result reads differently."""

import re
from pathlib import Path

import pytest

from paper.factory import fill, one_exercise, write_block
from paper.sections import section
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import about
from practica.evidence.collect import collect
from practica.paper.prose import _boxed
from practica.plan.wiring import check_prose
from toy import TOY

FILES = sorted([*TOY.glob("*/e[sn].tex"), *TOY.glob("intro.*.tex")])


def expanded(study: Study, results: Path, exercise: str, language: str = "es") -> str:
    text = section(study, results, exercise, language).expand(TOY / exercise / f"{language}.tex")
    return " ".join(text.replace("%\n", "").split())


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_prose_knows_every_name_and_places_everything(toy: Study, results: Path, language: str) -> None:
    for exercise in toy.exercises:
        prose = section(toy, results, exercise, language)
        text = prose.expand(TOY / exercise / f"{language}.tex")
        assert not re.search(r"[\[{](falta|missing)[:}]", text), exercise
        if about(toy, exercise):  # without an about.yaml, figures come at the end of the section
            assert prose.rest() == "", exercise


def test_there_is_a_prose_file_for_every_exercise(toy: Study) -> None:
    assert sorted(path.absolute() for language in ("en", "es") for path in toy.prose(language).values()) == FILES


def test_opposite_results_read_the_opposite_way(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    read = {}
    for name, conv in {"better": 0.94, "worse": 0.5, "same": 0.9}.items():
        fill(study, tmp_path / name)
        for block in study.blocks():
            write_block(block, tmp_path / name, accuracy=conv if block.variant == "conv" else 0.9)
        collect(study, tmp_path / name)
        read[name] = expanded(study, tmp_path / name, "steps")
    assert "La convolucional queda por encima." in read["better"]
    assert "La convolucional queda por debajo." in read["worse"]
    assert "La convolucional queda a la par." in read["same"]


def test_a_missing_run_is_marked_where_its_number_would_stand(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path, skip=("steps/conv",))
    text = expanded(study, tmp_path, "steps")
    hole = r"\textcolor{red}{[falta: todavía no se ejecutó]}"
    table = r"tabla~\ref{tab:table2}"
    assert f"la convolucional {hole} (\\mbox{{0,98}} en la fuente; {table}). La convolucional queda {hole}." in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (r"\resultado{steps/dense/test/acuracy}", r"prose\.tex:3: \\resultado: .*did you mean 'test/accuracy'"),
        (r"\ajuste{steps/dense/epocs}", r"prose\.tex:3: \\ajuste: .*did you mean 'epochs'"),
        (r"\figura{fig1c}{}", r"prose\.tex:3: \\figura: steps has no figure 'fig1c'; did you mean 'fig1"),
        (r"\figura{fig4}{}", r"prose\.tex:3: \\figura: steps has no figure"),
        (r"\tabla{table3}", r"prose\.tex:3: \\tabla: steps has no table 'table3'; did you mean 'table2'"),
        (r"\tabla{table2}\tabla{table2}", r"prose\.tex:3: \\tabla: table 'table2' is placed twice"),
        (r"\veredicto{steps-d}", r"prose\.tex:3: \\veredicto: no claim 'steps-d'; did you mean 'steps-"),
        (r"\evidencia{steps-a/sped}", r"prose\.tex:3: \\evidencia: claim steps-a has no part 'sped'; .*'speed'"),
        (r"\capas{steps/dens}", r"prose\.tex:3: \\capas: .*did you mean 'dense'"),
        (r"\compara{steps/dense/test/accuracy}{x}{a}{b}{c}", r"prose\.tex:3: \\compara: 'x' should read"),
        (r"\compara{x}{y}{a}", r"prose\.tex:3: \\compara needs 5 argument"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(results: Path, tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "prose.tex"
    path.write_text(f"Uno.\n\n{line}\n")
    with pytest.raises(InputError, match=message):
        section(one_exercise(), results, "steps").expand(path)


def test_what_the_prose_does_not_place_follows_it(results: Path, tmp_path: Path) -> None:
    path = tmp_path / "prose.tex"
    path.write_text("\\tabla{table2}\n\\figura{fig1a}{}\n")
    prose = section(one_exercise(), results, "steps")
    prose.expand(path)
    rest = prose.rest()
    assert r"\label{fig:fig1b}" in rest
    assert "tab:layers" not in rest
    assert [table.name for table in prose.other_layers()] == ["layers_steps_dense", "layers_steps_conv"]
    assert r"\label{fig:fig1a}" not in rest
    assert "tab:table2" not in rest


def test_a_missing_prose_file_is_named(results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"extra\.tex: write it"):
        section(one_exercise(), results, "steps").expand(tmp_path / "extra.tex")


def test_training_that_is_alike_is_told_once(tmp_path: Path) -> None:
    sentence = r"\entrenaigual{steps/dense}{steps/conv}{alike: \entrenamiento{steps/dense}}{apart}"
    apart = one_exercise(seeds=1)
    entry = {**apart.config["exercises"]["steps"], "variants": {"dense": {}, "conv": {}}}
    alike = one_exercise(seeds=1, exercises={"steps": entry})
    assert section(alike, tmp_path, "steps", "en").expand(written(tmp_path, sentence)).startswith("alike: Adam")
    assert section(apart, tmp_path, "steps", "en").expand(written(tmp_path, sentence)) == "apart"


def test_a_sentence_may_depend_on_whether_there_is_a_result(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results", skip=("steps/conv",))
    path = written(tmp_path, r"\sihay{steps/dense/test/accuracy}{yes}{no} \sihay{steps/conv/test/accuracy}{yes}{no}")
    assert section(study, tmp_path / "results", "steps", "en").expand(path) == "yes no"
    with pytest.raises(InputError, match="sihay"):
        section(study, tmp_path / "results", "steps", "en").expand(written(tmp_path, r"\sihay{steps/none}{yes}{no}"))


def written(folder: Path, text: str) -> Path:
    path = folder / "prose.tex"
    path.write_text(text, encoding="utf-8")
    return path


def test_parts_of_a_figure_have_short_captions_under_one_in_common(toy: Study, results: Path) -> None:
    text = expanded(toy, results, "steps")
    assert r"\caption{Escalones, red densa\origin{fig1a}}" in text
    assert r"\caption{Precisión en los escalones por época, en entrenamiento y validación.}" in text


def test_a_range_may_stand_on_the_next_line_and_nothing_else_breaks() -> None:
    assert _boxed("0.951\u00a0±\u00a00.002") == r"\mbox{0.951~\ensuremath{\pm}~0.002}"
    assert _boxed("0.500 (0.100–29.0)") == r"\mbox{0.500} \mbox{(0.100--29.0)}"


def test_an_exercise_without_prose_in_a_language_is_named(toy: Study) -> None:
    class Elsewhere(type(toy)):  # type: ignore[misc]
        exercises = ("steps", "stones")

    with pytest.raises(InputError, match=r"study/stones/es\.tex: write it, or leave es out of report\.languages"):
        check_prose(Elsewhere(toy.config))
