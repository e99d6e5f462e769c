"""The shipped prose: every name in it is known, no result is typed, and a different result reads differently."""

import re
from pathlib import Path

import pytest

from paper.factory import ROOT, fill, one_exercise, write_block
from practica.config.study import Study
from practica.errors import InputError
from practica.evidence.claims import about
from practica.evidence.collect import collect
from practica.figures.catalogue import figures_for
from practica.figures.catalogue import spec as figure_spec
from practica.paper.facts import Facts
from practica.paper.macros import Macro, expand
from practica.paper.prose import Prose, _boxed

FILES = sorted([*(ROOT / "study").glob("*/e[sn].tex"), *(ROOT / "study").glob("intro.*.tex")])

ALLOWED = {
    r"CIFAR-100?": "names of data sets",
    r"VGG16|vgg16": "name of an architecture",
    r"2-2-1": "name of an architecture",
    r"\bL2\b": "name of a penalty",
    r"\\\(R\^2\\\)": "name of a measure",
    r"\\\[ x\(t\) = 4.*?\\\]": "the equation that ej05 learns",
}
"""The digits that may be typed, as patterns, and why: none of them is a result or a setting."""


def section(study: Study, results: Path, exercise: str | None, language: str = "es") -> Prose:
    names = (name for name in figures_for(study) if figure_spec(study, name).exercise == exercise)
    pictures = {name: figure_spec(study, name).caption[language] for name in names}
    return Prose(Facts(study, results, language), exercise, pictures)


def expanded(study: Study, results: Path, exercise: str, language: str = "es") -> str:
    text = section(study, results, exercise, language).expand(ROOT / "study" / exercise / f"{language}.tex")
    return " ".join(text.replace("%\n", "").split())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_number_is_typed(path: Path) -> None:
    def nothing(*_: str) -> str:
        return ""

    names = ["resultado", "fuente", "parametros", "ajuste", "entrenamiento", "semillas", "tabla", "capas"]
    names += ["veredicto", "evidencia"]
    stubs = {name: Macro(1, nothing) for name in names}
    stubs["compara"] = Macro(5, lambda *texts: " ".join(texts[2:]))
    stubs["segun"] = Macro(4, lambda *texts: " ".join(texts[1:]))
    stubs["figura"] = Macro(2, lambda _, caption: caption)
    stubs["entrenaigual"] = Macro(4, lambda *texts: " ".join(texts[2:]))
    stubs["sihay"] = Macro(3, lambda *texts: " ".join(texts[1:]))
    text = expand(path.read_text(encoding="utf-8"), path.name, stubs)
    text = re.sub(r"\\(ref|label|cite[pt])\{[^}]*\}", "", text)
    for pattern in ALLOWED:
        text = re.sub(pattern, "", text)
    assert re.findall(r".*\d.*", text) == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_shipped_prose_knows_every_name_and_places_everything(shipped: Study, results: Path, language: str) -> None:
    for exercise in shipped.exercises:
        prose = section(shipped, results, exercise, language)
        text = prose.expand(ROOT / "study" / exercise / f"{language}.tex")
        assert not re.search(r"[\[{](falta|missing)[:}]", text), exercise
        if about(shipped, exercise):  # what others are shown by stands at the end of their section
            assert prose.rest() == "", exercise


def test_there_is_a_prose_file_for_every_exercise(shipped: Study) -> None:
    assert sorted(path.absolute() for language in ("en", "es") for path in shipped.prose(language).values()) == FILES


def test_opposite_results_read_the_opposite_way(tmp_path: Path) -> None:
    study = one_exercise(seeds=1)
    read = {}
    for name, conv in {"better": 0.94, "worse": 0.5, "same": 0.9}.items():
        fill(study, tmp_path / name)
        for block in study.blocks():
            write_block(block, tmp_path / name, accuracy=conv if block.variant == "conv" else 0.9)
        collect(study, tmp_path / name)
        read[name] = expanded(study, tmp_path / name, "ej08")
    assert "La convolucional queda por encima." in read["better"]
    assert "La convolucional queda por debajo." in read["worse"]
    assert "La convolucional queda a la par." in read["same"]


def test_a_missing_run_is_marked_where_its_number_would_stand(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path, skip=("ej08/conv",))
    text = expanded(study, tmp_path, "ej08")
    hole = r"\textcolor{red}{[falta: todavía no se ejecutó]}"
    table = r"tabla~\ref{tab:table2}"
    assert f"la convolucional {hole} (\\mbox{{0,98}} en la fuente; {table}). La convolucional queda {hole}." in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (r"\resultado{ej08/dense/test/acuracy}", r"prose\.tex:3: \\resultado: .*did you mean 'test/accuracy'"),
        (r"\ajuste{ej08/dense/epocs}", r"prose\.tex:3: \\ajuste: .*did you mean 'epochs'"),
        (r"\figura{fig13c}{}", r"prose\.tex:3: \\figura: ej08 has no figure 'fig13c'; did you mean 'fig13"),
        (r"\figura{fig05}{}", r"prose\.tex:3: \\figura: ej08 has no figure"),
        (r"\tabla{table3}", r"prose\.tex:3: \\tabla: ej08 has no table 'table3'; did you mean 'table2'"),
        (r"\tabla{table2}\tabla{table2}", r"prose\.tex:3: \\tabla: table 'table2' is placed twice"),
        (r"\veredicto{ej08-d}", r"prose\.tex:3: \\veredicto: no claim 'ej08-d'; did you mean 'ej08-"),
        (r"\evidencia{ej08-a/sped}", r"prose\.tex:3: \\evidencia: claim ej08-a has no part 'sped'; .*'speed'"),
        (r"\capas{ej08/dens}", r"prose\.tex:3: \\capas: .*did you mean 'dense'"),
        (r"\compara{ej08/dense/test/accuracy}{x}{a}{b}{c}", r"prose\.tex:3: \\compara: 'x' should read"),
        (r"\compara{x}{y}{a}", r"prose\.tex:3: \\compara needs 5 argument"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(results: Path, tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "prose.tex"
    path.write_text(f"Uno.\n\n{line}\n")
    with pytest.raises(InputError, match=message):
        section(one_exercise(), results, "ej08").expand(path)


def test_what_the_prose_does_not_place_follows_it(results: Path, tmp_path: Path) -> None:
    path = tmp_path / "prose.tex"
    path.write_text("\\tabla{table2}\n\\figura{fig13a}{}\n")
    prose = section(one_exercise(), results, "ej08")
    prose.expand(path)
    rest = prose.rest()
    assert r"\label{fig:fig13b}" in rest
    assert "tab:layers" not in rest
    assert [table.name for table in prose.other_layers()] == ["layers_ej08_dense", "layers_ej08_conv"]
    assert r"\label{fig:fig13a}" not in rest
    assert "tab:table2" not in rest


def test_a_missing_prose_file_is_named(results: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ej11\.tex: write it"):
        section(one_exercise(), results, "ej08").expand(tmp_path / "ej11.tex")


def test_training_that_is_alike_is_told_once(tmp_path: Path) -> None:
    sentence = r"\entrenaigual{ej08/dense}{ej08/conv}{alike: \entrenamiento{ej08/dense}}{apart}"
    alike = one_exercise(seeds=1)
    assert section(alike, tmp_path, "ej08", "en").expand(written(tmp_path, sentence)).startswith("alike: Adam")
    changed = {"exercises": {**alike.config["exercises"]}}
    ej08 = changed["exercises"]["ej08"]
    dense = {**ej08["variants"]["dense"], "settings": {"epochs": 7}}
    changed["exercises"]["ej08"] = {**ej08, "variants": {**ej08["variants"], "dense": dense}}
    apart = one_exercise(seeds=1, **changed)
    assert section(apart, tmp_path, "ej08", "en").expand(written(tmp_path, sentence)) == "apart"


def test_a_sentence_may_depend_on_whether_there_is_a_result(tmp_path: Path) -> None:
    study = one_exercise()
    fill(study, tmp_path / "results", skip=("ej08/conv",))
    path = written(tmp_path, r"\sihay{ej08/dense/test/accuracy}{yes}{no} \sihay{ej08/conv/test/accuracy}{yes}{no}")
    assert section(study, tmp_path / "results", "ej08", "en").expand(path) == "yes no"
    with pytest.raises(InputError, match="sihay"):
        section(study, tmp_path / "results", "ej08", "en").expand(written(tmp_path, r"\sihay{ej08/none}{yes}{no}"))


def written(folder: Path, text: str) -> Path:
    path = folder / "prose.tex"
    path.write_text(text, encoding="utf-8")
    return path


def test_parts_of_a_figure_have_short_captions_under_one_in_common(shipped: Study, results: Path) -> None:
    text = expanded(shipped, results, "ej08")
    assert r"\caption{MNIST, red densa}" in text
    assert r"\caption{Precisión en MNIST por época, en entrenamiento y validación.}" in text


def test_a_range_may_stand_on_the_next_line_and_nothing_else_breaks() -> None:
    assert _boxed("0.951\u00a0±\u00a00.002") == r"\mbox{0.951~\ensuremath{\pm}~0.002}"
    assert _boxed("0.500 (0.100–29.0)") == r"\mbox{0.500} \mbox{(0.100--29.0)}"
