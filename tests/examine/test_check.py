"""`practica check` names all mistakes in a study, each with its file and line."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from practica import words
from practica.cli import main
from practica.config.reader import read_config
from practica.config.study import Study
from practica.errors import InputError
from practica.examine.study import examine
from practica.launch.merging import Merged, note
from practica.plan.checks import check
from practica.scaffold import new_exercise, new_study
from practica.study_folder import use

ROOT = Path(__file__).parents[2]
ABOUT, CONFIG, PROSE = "study/growers/about.yaml", "config.yaml", "study/growers/en.tex"
EXPERIMENT, FRONT, WINE = "study/growers/experiment.py", "study/study.yaml", "study/data/wine.py"
OWN = """
  fig_own:
    kind: blots
    variants: [hidden]
    title: Blots
    caption: Blots.
    arrays: [ink]

tables:"""
FIGURES = "def blots(arrays, seed, title, texts):\n    return None\n"
PRINTED = "printed: {hidden/test/accuracy: '0.9'}\n\nclaims:"


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Work in a folder with a small study without mistakes."""
    new_study(tmp_path, "A study")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def edit(path, old, new):
    """Replace a text in a file."""
    text = Path(path).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    Path(path).write_text(text.replace(old, new, 1), encoding="utf-8")


def found(*files):
    """Return the sentences about mistakes, then the notes."""
    use(ROOT / "study")  # so that files are read again after an edit
    findings = examine(read_config(list(files or [CONFIG])), list(files or [CONFIG]))
    return [each.text for each in findings if not each.note], [each.text for each in findings if each.note]


def line_of(path, text):
    """Return the number of the first line that holds a text."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_of_a_sound_study_there_is_nothing_to_say(study):
    assert found() == ([], [])


@pytest.mark.parametrize(
    ("file", "old", "new", "marked", "said"),
    [
        # The configuration.
        (CONFIG, "dataset: wine", "dataset: vine", "vine", "unknown data set 'vine', did you mean 'wine'"),
        (CONFIG, "hidden: {settings: {units", "hidden: {model: hiden, settings: {units", "hiden", "no model 'hiden'"),
        (CONFIG, "epochs: 20}", "epochs: 20, dropout: 0.5}", "dropout", "dropout would change nothing"),
        (CONFIG, "[16]}}", "[16]}, save_modl: last}", "save_modl", "unknown key; did you mean 'save_model'"),
        # What about.yaml names.
        (ABOUT, "variants: [straight, hidden]", "variants: [straight, hiden]", "hiden", "no variant 'hiden'"),
        (ABOUT, "panels: [accuracy]", "panels: [acuracy]", "acuracy", "nothing records 'acuracy'"),
        (ABOUT, "kind: compare", "kind: compere", "compere", "no function 'compere'"),
        (ABOUT, "kind: compare", "kind: curves", "variants: [straight, hidden]", "curves shows one variant"),
        (ABOUT, "panels: [accuracy]", "panels: [accuracy]\n    labels: [one]", "labels", "1 for 2 variants"),
        (ABOUT, "[train/accuracy, validation/accuracy]", "[train/acuracy]", "acuracy", "nothing records 'acuracy'"),
        (
            ABOUT,
            "[train/accuracy, validation/accuracy]",
            "[test/accuracy]",
            "test/",
            "have no part 'test'; known: train",
        ),
        (ABOUT, "metric: accuracy", "metric: recall", "metric: recall", "nothing records 'recall'"),
        (ABOUT, "hidden: hidden layer}", "hiden: hidden layer}", "hiden", "no variant 'hiden'"),
        (ABOUT, "  figure: fig_growers", "  figure: fig_grower", "figure: fig_grower", "no figure 'fig_grower'"),
        (ABOUT, "of: growers/hidden/", "of: growers/hiden/", "hiden", "no variant 'hiden'"),
        (ABOUT, "of: growers/hidden/", "of: grower/hidden/", "of: grower/", "no exercise 'grower'"),
        (
            ABOUT,
            "minus: growers/straight/validation/accuracy",
            "minus: growers/straight/gep",
            "gep",
            "no measure 'gep'",
        ),
        (ABOUT, "varies: [units]", "varies: [unit]", "[unit]", "no setting 'unit'; did you mean 'units'"),
        (ABOUT, "rule: {within: 0.05}", "rule: {above: 0}", "      accuracy:", "the smallest of interest"),
        (ABOUT, "claims:\n  growers:", "claims:\n  grower:", "  grower:", "call it growers"),
        (ABOUT, "claims:", "twins: {hidden: strait}\nclaims:", "twins", "no variant 'strait'"),
        (ABOUT, "claims:", PRINTED, "printed", "no source that prints it"),
        (ABOUT, "kind: scores", "kind: score", "kind: score", "'score' is not one of"),
        (ABOUT, "title: Who has", "titel: Who has", "titel: Who", "titel: unknown key; did you mean 'title'"),
        (FRONT, "title: A study", "author: [{nme: A}]\ntitle: A study", "author:", "did you mean 'authors'"),
        (
            ABOUT,
            "[train/accuracy, validation/accuracy]",
            "[tain/accuracy]",
            "tain",
            "no part 'tain'",
        ),
        (ABOUT, "of: growers/hidden/validation/", "of: growers/hidden/validaton/", "validaton", "no part 'validaton'"),
        (ABOUT, "claims:", "metrics: {f11: F}\nclaims:", "f11", "nothing records it"),
        # Texts.
        (ABOUT, "title: Telling growers apart", "title: {es: Vinos}", "es: Vinos", "no text in 'en'"),
        (ABOUT, "says: The validation", "says: {fr: a}\n        #", "fr: a", "no text in 'en'"),
        (FRONT, "title: A study", "title: {es: Un estudio}", "Un estudio", "no text in 'en'"),
        (FRONT, "    en: {name", "    es: {name", "gap:", "nothing in 'en'"),
        (FRONT, "title: A study", "title: A study\ngallery: [fig_grower]", "gallery", "no figure 'fig_grower'"),
        (
            FRONT,
            "title: A study",
            "title: A study\nsource: {name: A paper, cite: paper}",
            "cite: paper",
            "hold 'paper'",
        ),
        (ABOUT, "claims:", "uncompared: [acuracy]\nclaims:", "uncompared", "nothing records 'acuracy'"),
        # LaTeX.
        (FRONT, "title: A study", "title: A study\nlatex: {class: no-such}", "no-such", "LaTeX has no class no-such"),
        (FRONT, "title: A study", "title: A study\nlatex: {class: a b}", "class: a b", "(The name of a class"),
        # Prose.
        (PROSE, "growers/hidden}", "growers/hiden}", "hiden", "did you mean 'hidden'"),
        (PROSE, "ref{tab:table_growers}", "ref{tab:table_grower}", "table_grower}", "nothing has this label"),
        (PROSE, "veredicto{growers}", "veredicto{growers/accurcy}", "accurcy", "has no part 'accurcy'"),
        (PROSE, "It does make", r"It~\citep{wines} does make", "wines}", "references.bib does not hold 'wines'"),
        (
            PROSE,
            r"\parametros{growers/hidden}",
            r"\parametro{growers/hidden}",
            "parametro{",
            r"mean \parametros",
        ),
        # Data.
        (WINE, 'name="wine"', 'name="vine"', None, "DATASET is named 'vine'"),
        (WINE, "import numpy as np", "import nompy as np", None, "No module named 'nompy'"),
        # Code.
        (EXPERIMENT, "def problem(", "def problem((", "def problem((", "this is not Python"),
        (EXPERIMENT, "def problem(", "def problems(", '"""growers', "no function `problem`"),
        (EXPERIMENT, "import keras\n", "from study.shared.nets import a\n", "from study", "there is no "),
        ("study/data/wine.py", "import numpy", "import import numpy", "import import", "this is not Python"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(study, file, old, new, marked, said):
    edit(file, old, new)
    wrong, _ = found()
    place = f"{file}:{line_of(file, marked.strip())}: " if marked else f"{file}: "
    assert [each for each in wrong if each.startswith(place) and said in each], "\n".join(wrong)


def test_an_empty_fingerprint_is_named_before_a_run_finds_it(study):
    text = Path(WINE).read_text(encoding="utf-8")
    Path(WINE).write_text(re.sub('fingerprint="[0-9a-f]+"', 'fingerprint=""', text), encoding="utf-8")
    wrong, _ = found()
    assert wrong == [
        f"{WINE}:{line_of(WINE, 'fingerprint=')}: the fingerprint is empty; `python -m practica prepare wine` "
        "prints the right one"
    ]


def test_words_are_those_that_a_report_shows_and_that_latex_can_set(study):
    Path("study/words").mkdir()
    own = Path("study/words/en.yaml")
    for text, message in (
        ("page: {hme: Contents}", f"{own}:1: page.hme: no report shows it; did you mean 'page.home'?"),
        ("pages: {home: Contents}", f"{own}: there is no section 'pages'; did you mean 'page'?"),
        ("language: {babel: klingon}", "LaTeX's babel has no klingon.ldf here: install it"),
    ):
        own.write_text(text, encoding="utf-8")
        words._sections.cache_clear()
        wrong, _ = found()
        assert len(wrong) == 1 and message in wrong[0], wrong
    french = Path("study/words/fr.yaml")
    french.write_text("page: {home: Accueil}\n", encoding="utf-8")
    edit(CONFIG, "[en]", "[fr]")
    own.write_text("metrics: {f1: F}\n", encoding="utf-8")
    words._sections.cache_clear()
    wrong, _ = found()
    assert len([each for each in wrong if f"{french}: " in each and "is missing" in each]) == 1, wrong
    edit(CONFIG, "[fr]", "[en]")
    own.write_text("language: {babel: 'klingon,provide=*'}\nmetrics: {f1: F}\n", encoding="utf-8")
    words._sections.cache_clear()
    assert found() == ([], [])


def test_of_many_mistakes_each_is_named(study):
    edit(ABOUT, "variants: [straight, hidden]", "variants: [streight, hiden]")
    edit(ABOUT, "of: growers/hidden/", "of: growers/hiden/")
    edit(PROSE, r"\parametros{growers/straight}", r"\parametros{growers/streight}")
    edit(PROSE, r"\parametros{growers/hidden}", r"\parametros{growers/hiden}")
    edit(CONFIG, "epochs: 20}", "epochs: 20, dropout: 0.5}")
    wrong, _ = found()
    # The prose knows whatever a figure names; the figure's own mistake is among these.
    assert len(wrong) == 4
    assert [each.split(":")[0] for each in wrong] == [CONFIG, ABOUT, ABOUT, ABOUT]
    edit(ABOUT, "variants: [streight, hiden]", "variants: [straight, hidden]")
    edit(ABOUT, "of: growers/hiden/", "of: growers/hidden/")
    wrong, _ = found()
    assert [each.split(":")[0] for each in wrong] == [CONFIG, PROSE, PROSE]


def test_a_text_that_is_missing_hides_no_other_mistake(study):
    edit(ABOUT, "title: Telling growers apart\n    caption: Validation accuracy by epoch.", "title: {es: Vinos}")
    edit(ABOUT, "caption: Share of the wines whose grower is told.", "caption: {es: Vinos}")
    edit(ABOUT, "metric: accuracy", "metric: recall")
    edit(PROSE, r"\parametros{growers/hidden}", r"\parametros{growers/hiden}")
    wrong, _ = found()
    for text in ("figures.fig_growers.title: there is no text", "tables.table_growers.caption", "'recall'", "'hiden'"):
        assert len([each for each in wrong if text in each]) == 1, "\n".join(wrong)


def test_all_that_the_schema_refuses_is_named(study):
    edit(CONFIG, "seeds_per_job: 3", "seeds_per_job: 0")
    edit(CONFIG, "epochs: 20", "epochs: 0")
    wrong, _ = found()
    places = [f"{CONFIG}:{line_of(CONFIG, name)}" for name in ("epochs", "seeds_per_job")]
    assert [re.match(r"[^:]+:\d+", each)[0] for each in wrong] == places


def test_a_figure_of_its_own_kind_needs_its_function_and_arrays_that_are_recorded(study):
    edit(ABOUT, "\ntables:", OWN)
    wrong, _ = found()
    assert len(wrong) == 2
    assert "no function 'blots' in study/growers/figures.py" in wrong[0]
    assert "nothing records 'ink'" in wrong[1]
    Path("study/growers/figures.py").write_text(FIGURES, encoding="utf-8")
    edit(EXPERIMENT, "return Problem(MULTICLASS, Samples(x_train, train.y), Samples(x_validation, validation.y))",
         'drawn = lambda predict: {"ink": predict(x_validation)}\n'
         "    parts = Samples(x_train, train.y), Samples(x_validation, validation.y)\n"
         "    return Problem(MULTICLASS, *parts, artefacts=drawn)")  # fmt: skip
    assert found() == ([], [])
    edit("study/growers/figures.py", "return None", 'return texts["ink_drops"], texts["epoch"]')
    (wrong,), _ = found()
    assert "blots in figures.py asks for the word 'ink_drops': write it under words" in wrong
    edit(ABOUT, "claims:", "words: {ink_drops: Drops}\nclaims:")
    assert found() == ([], [])


def test_names_that_are_there_twice_are_named(study):
    edit(ABOUT, "fig_growers:", "fig_growers_hidden:")
    edit(ABOUT, "variants: [straight, hidden]\n    title", "variants: [straight]\n    title")
    edit(ABOUT, "kind: compare", "kind: curves")
    edit(ABOUT, "figure: fig_growers\n", "figure: fig_growers_hidden\n")
    edit(PROSE, "fig:fig_growers", "fig:fig_growers_hidden")
    edit(ABOUT, "table_growers:", "claims_growers:")
    edit(PROSE, "tab:table_growers", "tab:claims_growers")
    wrong, _ = found()
    assert [re.search(r"two (.*) would be called '(\w+)'", each).groups() for each in wrong] == [
        ("figures", "fig_growers_hidden"),
        ("tables", "claims_growers"),
    ]


@pytest.mark.parametrize("name", ["index", "vega", "intro", "report_en"])
def test_an_exercise_is_not_called_as_what_the_reports_have(study, name):
    for file in (CONFIG, ABOUT, PROSE):
        text = Path(file).read_text(encoding="utf-8")
        text = re.sub(r"\bgrowers(?=/|:)", name, text).replace("{growers}", f"{{{name}}}")
        Path(file).write_text(text, encoding="utf-8")
    Path("study/growers").rename(f"study/{name}")
    wrong, _ = found()
    assert [each for each in wrong if f"would be called {name!r}" in each], wrong
    with pytest.raises(InputError, match=f"would be called {name!r}"):  # nor does a run start
        check(Study.resolve(read_config([CONFIG])))


def test_a_language_needs_its_prose_and_asks_for_the_same(study):
    edit(CONFIG, "languages: [en]", "languages: [en, es]")
    edit(FRONT, "    en: {name", "    es: {name: brecha, means: nada}\n    en: {name")
    wrong, _ = found()
    assert [each.partition(": write it")[0].rpartition("needs ")[2] for each in wrong] == [
        "study/intro.es.tex",
        "study/growers/es.tex",
    ]
    for name in ("intro.{}.tex", "growers/{}.tex"):
        text = Path("study", name.format("en")).read_text(encoding="utf-8")
        Path("study", name.format("es")).write_text(text, encoding="utf-8")
    assert found() == ([], [])
    edit("study/growers/es.tex", r"\veredicto{growers}", "nada")
    edit("study/growers/es.tex", "thirteen", "trece") if "thirteen" in Path(
        "study/growers/es.tex"
    ).read_text() else None
    wrong, _ = found()
    assert wrong == [r"study/growers/es.tex: \veredicto{growers} is there never, and in en.tex once"]


def test_what_is_there_and_does_not_run_is_a_note(study):
    Path("study/later").mkdir()
    Path("study/later/experiment.py").write_text('"""later: not yet."""\n', encoding="utf-8")
    Path("study/data/spare.py").write_text('"""Spare."""\n\nDATASET = None\n', encoding="utf-8")
    Path("study/shared").mkdir()
    Path("study/shared/nets.py").write_text('"""Nets."""\n', encoding="utf-8")
    wrong, notes = found()
    assert wrong == []
    assert [each.split(":")[0] for each in notes] == ["study/later", "study/data/spare.py"]


def test_a_name_of_which_nothing_else_speaks_is_a_note(study):
    edit(ABOUT, "  hidden: Hidden layer", "  hidden: Hidden layer\n  hiden: Layer")
    wrong, (note,) = found()
    assert wrong == []
    assert note.startswith(f"{ABOUT}:{line_of(ABOUT, 'hiden: Layer')}") and "did you mean 'hidden'?" in note


def test_a_variant_that_does_not_run_is_known_by_its_name(study):
    edit(CONFIG, "      hidden: {settings: {units: [16]}}\n", "")
    edit(CONFIG, "straight: {}", "straight: {}")
    assert found() == ([], [])
    edit(ABOUT, "  hidden: Hidden layer\n", "")
    wrong, _ = found()
    assert wrong
    assert all("no variant 'hidden'" in each for each in wrong if each.startswith(ABOUT))


def test_a_missing_experiment_is_named_and_the_others_are_looked_at(study):
    Path(EXPERIMENT).unlink()
    wrong, _ = found()
    assert wrong == ["exercise 'growers' has no experiment: write study/growers/experiment.py"]


def test_a_key_is_looked_for_in_the_file_that_has_it(study):
    Path("over.yaml").write_text("# mine\nexercises:\n  growers: {settings: {dropout: 0.5}}\n", encoding="utf-8")
    wrong, _ = found(CONFIG, "over.yaml")
    assert wrong[0].startswith("over.yaml:3: exercises.growers.settings: dropout")


def test_the_command_ends_with_code_0_or_2(study):
    result = CliRunner().invoke(main, ["check"], standalone_mode=True)
    sound = "nothing is wrong with the study: 1 exercise, 2 variants, 2 jobs"
    assert (result.exit_code, result.output) == (0, f"{sound}\n")
    new_exercise("tasters", "wine", None)
    note(Merged((CONFIG,), ("only=tasters",)))  # as a run of a part leaves it
    result = CliRunner().invoke(main, ["check"], standalone_mode=True)
    whole = "nothing is wrong with the study: 2 exercises, 4 variants, "
    assert (result.exit_code, result.stdout[: len(whole)]) == (0, whole)
    edit(ABOUT, "kind: compare", "kind: compere")
    Path("study/data/spare.py").write_text('"""Spare."""\n\nDATASET = None\n', encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "--config", CONFIG])
    assert result.exit_code == 2
    assert result.output.splitlines()[0] == "note: study/data/spare.py: no exercise uses this data set"
    assert "practica: 1 thing is wrong with the study" in result.output


def test_keras_is_not_imported(study):
    code = (
        "import sys; from practica.config.reader import read_config; from practica.examine.study import examine;"
        "assert not examine(read_config(['config.yaml']), ['config.yaml']);"
        "assert not {'keras', 'tensorflow', 'jax'} & set(sys.modules)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    process = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr


def test_curves_of_a_variant_that_does_not_run_today_may_be_named(study):
    edit(ABOUT, "variants:\n", "variants:\n  wider: wider layer\n")
    edit(ABOUT, "  figure: fig_growers", "  figure: fig_growers_wider")
    edit(FRONT, "title: A study", "title: A study\ngallery: [fig_growers_wider]")
    edit(PROSE, "It does make", r"\figura{fig_growers_wider}{}Figure~\ref{fig:fig_growers_wider} does make")
    assert found()[0] == []
    edit(ABOUT, "  wider: wider layer\n", "")
    wrong, _ = found()
    assert len([each for each in wrong if "'fig_growers_wider'" in each or "{fig:fig_growers_wider}" in each]) == 4
