"""All configuration files and words of a command line count, those of profiles first."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.cli import get_argument_parser

from practica.errors import InputError
from practica.launch.merging import SNAKEFILE, Merged, from_command, last_merge, note, take_over, tree, with_snakefile
from practica.launch.options import ONCE
from practica.yamlfiles.overlay import lay


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two profiles and a configuration."""
    monkeypatch.chdir(tmp_path)
    for path, text in {
        "config.yaml": "seeds: 1\nexercises: {steps: {dataset: walks, variants: {dense: {}}}}\n",
        "mine.yaml": "seeds: 2\n",
        "other.yaml": "seeds: 3\n",
        "p/quick/config.yaml": "configfile: settings.yaml\nconfig: {seeds: 7, data: {folder: d}}\ncores: 1\n",
        "p/quick/settings.yaml": "partial: true\n",
        "p/more/profile.yaml": "configfiles: [more.yaml, other.yaml]\nconfig: [only=steps]\n",
        "p/more/more.yaml": "seeds: 5\n",
        "p/bad/config.yaml": "default-resources: {runtime: 2:00:00}\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


QUICK, MORE = "p/quick/settings.yaml", "p/more/more.yaml"
SAID = 'seeds=7, data={"folder":"d"}'


@pytest.mark.parametrize(
    ("line", "merged"),
    [
        ("-n", "config.yaml"),
        ("--configfile mine.yaml", "config.yaml, mine.yaml"),
        ("--configfile config.yaml mine.yaml", "config.yaml, mine.yaml"),
        ("--configfile mine.yaml -n --configfiles other.yaml", "config.yaml, mine.yaml, other.yaml"),
        ("--configfile=mine.yaml --configfile mine.yaml other.yaml", "config.yaml, mine.yaml, other.yaml"),
        ("--configfile mine.yaml other.yaml mine.yaml", "config.yaml, mine.yaml, other.yaml, mine.yaml"),
        ("--configfile ./p/../mine.yaml", "config.yaml, mine.yaml"),
        ("--replace-workflow-config --configfile mine.yaml", "mine.yaml"),
        ("--config a=1 --cores 2 --config b=2 c=3 -n -C d=4", "config.yaml, a=1, b=2, c=3, d=4"),
        ("-nC a=1 -FC b=2", "config.yaml, a=1, b=2"),
        ("--config=a=1 -Cb=2", "config.yaml, a=1, b=2"),
        ("--profile p/quick", f"config.yaml, {QUICK}, {SAID}"),
        (
            "--profile p/quick --configfile mine.yaml --config seeds=1",
            f"config.yaml, {QUICK}, mine.yaml, {SAID}, seeds=1",
        ),
        ("--profile p/quick --configfile config.yaml mine.yaml", f"config.yaml, {QUICK}, mine.yaml, {SAID}"),
        (f"--profile p/quick --configfile mine.yaml {QUICK}", f"config.yaml, mine.yaml, {QUICK}, {SAID}"),
        ("--profile p/quick/config.yaml", f"config.yaml, {QUICK}, {SAID}"),
        (
            "--profile p/more --profile=p/quick",
            f"config.yaml, p/more/more.yaml, other.yaml, {QUICK}, only=steps, {SAID}",
        ),
        ("--profile none", "config.yaml"),
        ("all --config a=1 -- --config b=2", "config.yaml, a=1"),
    ],
)
def test_what_a_command_line_merges(line: str, merged: str) -> None:
    assert str(from_command(line.split(), {})) == merged


@pytest.mark.parametrize("line", ["--cores 2 -n", "--profile p/quick", "all -- -s other.smk"])
def test_a_study_elsewhere_runs_with_the_snakefile_of_the_project(line: str) -> None:
    assert with_snakefile(line.split(), {}) == ["--snakefile", str(SNAKEFILE), *line.split()]
    assert (SNAKEFILE.parent / "pyproject.toml").is_file()


@pytest.mark.parametrize(
    "line", ["-s other.smk", "--snakefile=other.smk", "-ns other.smk", "--profile p/quick --profile p/own"]
)
def test_a_snakefile_that_is_named_stays(line: str, folder: Path) -> None:
    (folder / "p/own").mkdir()
    (folder / "p/own/config.yaml").write_text("snakefile: other.smk\n")
    assert with_snakefile(line.split(), {}) == line.split()


@pytest.mark.parametrize("name", ["Snakefile", "snakefile", "workflow/Snakefile", "workflow/snakefile"])
def test_a_snakefile_that_snakemake_finds_stays(name: str, folder: Path) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    assert with_snakefile(["--cores", "2"], {}) == ["--cores", "2"]


def test_the_profile_of_the_environment_counts_and_one_of_the_command_line_replaces_it() -> None:
    environment = {"SNAKEMAKE_PROFILE": "p/quick"}
    assert QUICK in from_command([], environment).files
    assert QUICK not in from_command(["--profile", "p/more"], environment).files
    several = {"SNAKEMAKE_PROFILE": "[p/more, p/quick]"}
    assert from_command([], several) == from_command(["--profile", "p/more", "--profile", "p/quick"], {})


def test_later_ones_win() -> None:
    assert from_command(["--configfile", "mine.yaml", "other.yaml"], {}).read()["seeds"] == 3
    assert from_command(["--configfile", "mine.yaml", "--config", "seeds=9", "--config", "a=1"], {}).read() == {
        "seeds": "9",
        "a": "1",
        "exercises": {"steps": {"dataset": "walks", "variants": {"dense": {}}}},
    }


def test_a_profile_that_says_another_number_than_it_seems_is_named() -> None:
    with pytest.raises(InputError, match=r"p/bad/config\.yaml: line 1, column 30: YAML reads 2:00:00 as 7200"):
        from_command(["--profile", "p/bad"], {})


WORDS = [
    "aa.b.c=3",
    "aa.b.d=x",
    "ee=[1, two]",
    "ff={g: {h: '1'}}",
    "ii=a=b",
    "title=1984",
    "word='x'",
    "author=Ñandú 😀",
    "aa={b: {c: 4}}",
    "only=",
    "aa.wider=null",
    "results='null'",
]


def test_words_may_be_nested() -> None:
    assert tree(WORDS) == {
        "aa": {"b": {"c": "4", "d": "x"}, "wider": None},
        "ee": ["1", "two"],
        "ff": {"g": {"h": "1"}},
        "ii": "a=b",
        "title": "1984",
        "word": "x",
        "author": "Ñandú 😀",
        "only": "",
        "results": "null",
    }


def test_jobs_are_told_what_is_merged_whatever_a_later_run_merges(monkeypatch: pytest.MonkeyPatch) -> None:
    message = []
    for line in ("--profile p/quick --config title=1984", "--profile p/quick --config seeds=9"):
        monkeypatch.setattr("sys.argv", ["snakemake", *line.split()])
        settings = SimpleNamespace(configfiles=[], config_args=[], overwrite_config={}, replace_workflow_config=False)
        workflow = SimpleNamespace(config_settings=settings, configfiles=[], globals={"config": {"cut": {}}})
        merged = take_over(workflow)
        assert settings.config_args == []
        (file,) = settings.configfiles
        assert workflow.configfiles == [file]
        message.append((file, merged.read()))
        assert settings.overwrite_config == workflow.globals["config"] == merged.read()
    assert message[0][1]["title"] == "1984"
    for file, content in message:
        assert json.loads(file.read_text()) == content


CUT = """exercises: {moons: null}
cut: {steps: {settings: {epochs: 2}, variants: {dense: {l2: 1}, gone: {l2: 1}}}, moons: {seeds: 1}}
"""


@pytest.mark.parametrize(
    ("line", "exercise"),
    [
        ("--configfile cut.yaml", {"settings": {"epochs": 2}, "variants": {"dense": {"l2": 1}}}),
        (
            "--configfile cut.yaml --config exercises.steps.settings.epochs=7",
            {"settings": {"epochs": "7"}, "variants": {"dense": {"l2": 1}}},
        ),
        (
            "--configfile cut.yaml after.yaml",
            {"settings": {"epochs": 2}, "variants": {"dense": {"l2": 5}, "gone": {}}},
        ),
        (
            "--configfile after.yaml cut.yaml",
            {"settings": {"epochs": 2}, "variants": {"dense": {"l2": 1}, "gone": {"l2": 1}}},
        ),
        ("--configfile dropped.yaml cut.yaml", {"settings": {"epochs": 2}, "variants": {"dense": None}}),
        (
            "--configfile cut.yaml --config cut.steps.variants.dense.l2=3",
            {"settings": {"epochs": 2}, "variants": {"dense": {"l2": "3"}}},
        ),
    ],
)
def test_what_comes_after_a_cut_lies_over_it(line: str, exercise: dict[str, object]) -> None:
    Path("cut.yaml").write_text(CUT)
    Path("after.yaml").write_text("exercises: {steps: {variants: {dense: {l2: 5}, gone: {}}}}\n")
    Path("dropped.yaml").write_text("exercises: {steps: {variants: {dense: null}}}\n")
    merged = from_command(line.split(), {}).read()
    assert merged == {
        "seeds": 1,
        "exercises": {"steps": {"dataset": "walks", **exercise}, "moons": None},
        "demonstration": True,
    }


@pytest.mark.parametrize("line", ["--configfile mine.yaml tuning", "--configfile tuning -n"])
def test_a_target_among_the_files_is_told_where_to_stand(line: str) -> None:
    with pytest.raises(
        InputError, match="cannot read tuning: there is no such file; if tuning is a target, put it first"
    ):
        from_command(line.split(), {})
    Path("tuning").write_text("seeds: 3\n")
    assert from_command(line.split(), {}).read()["seeds"] == 3


@pytest.mark.parametrize("word", ["", "seeds", "=3", ".a=3", "a..b=3", "a.=3", "3=3", "a b=3", "a=[1", "a={b: [}"])
def test_a_word_that_is_none_is_explained(word: str) -> None:
    with pytest.raises(
        InputError, match=r"--config .*: (write KEY=VALUE, with dots|the value is not a list or mapping)"
    ):
        tree([word])


def test_what_a_run_merged_is_noted_for_later() -> None:
    assert last_merge() is None
    merged = Merged(("config.yaml", QUICK), ("seeds=2",))
    note(merged)
    assert last_merge() == merged


@pytest.mark.parametrize("text", ["{", "[]", '{"files": 3}', '{"files": []}'])
def test_a_damaged_note_is_named(text: str) -> None:
    Path(".snakemake").mkdir()
    Path(".snakemake/practica_configuration.json").write_text(text)
    with pytest.raises(InputError, match=r"practica_configuration\.json"):
        last_merge()


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("--until a --until b", "--until a b"),
        ("-nR a --forcerun b", "--forcerun a b"),
        ("-R a all -U b -R c", "--forcerun a all c"),
        ("--resources gpu=1 -n --res mem_mb=3", "--resources gpu=1 mem_mb=3"),
        ("--set-resources train:gpu=0 --set-resources=train:mem_mb=3", "--set-resources train:gpu=0 train:mem_mb=3"),
    ],
)
def test_an_option_of_which_snakemake_would_drop_one_is_refused(line: str, written: str) -> None:
    with pytest.raises(InputError, match=f"is there 2 times, and only the last would count: write {written}$"):
        from_command(line.split(), {})


def test_every_option_of_snakemake_with_several_values_is_merged_or_refused_when_it_is_there_twice() -> None:
    parser = get_argument_parser()
    several = {tuple(action.option_strings) for action in parser._actions if action.nargs in ("*", "+")}
    assert several - {(), ("--quiet", "-q")} == {("--config", "-C"), ("--configfile", "--configfiles"), *ONCE}


@pytest.mark.parametrize(
    ("over", "said"),
    [
        (
            "{settings: {epochs: 3}}",
            ["epochs of o.yaml changes nothing, for a, b have epochs of their own; "],
        ),
        (
            "{settings: {epochs: 3}, variants: {a: {settings: {epochs: 4}}}}",
            ["exercises.steps.settings.epochs of"],
        ),
        ("{settings: {epochs: 3}, variants: {a: {settings: {epochs: 4}}, b: {settings: {epochs: 5}}}}", []),
        ("{settings: {epochs: 3}, variants: {c: {}}}", []),
        ("{settings: {rate: 3}}", []),
        ("{settings: {epochs: 3}, variants: {a: null}}", ["for b has epochs of its own"]),
        ("{settings: 3, variants: [a]}", []),
        ("3", []),
    ],
)
@pytest.mark.parametrize("key", ["exercises", "cut"])
def test_a_setting_that_every_variant_has_is_said_to_change_nothing(key: str, over: str, said: list[str]) -> None:
    Path("config.yaml").write_text(
        "exercises: {steps: {settings: {epochs: 1}, variants: {a: {settings: {epochs: 1}}, "
        "b: {settings: {epochs: 2}}}}}"
    )
    Path("o.yaml").write_text(f"{key}: {{steps: {over}}}\n")
    if key == "cut" and ("null" in over or "c: {}" in over or over == "3"):
        return  # it neither drops nor adds a variant, and anything but a mapping is refused
    message = list(Merged(("config.yaml", "o.yaml")).idle())
    assert len(message) == len(said)
    assert all(words in line for words, line in zip(said, message, strict=True))
    words = list(Merged(("config.yaml",), ("exercises.steps.settings.epochs=3",)).idle())
    assert words == [
        "exercises.steps.settings.epochs of --config changes nothing, for a, b have epochs of their own; set it there"
    ]


def test_a_cut_that_no_exercise_has_cuts_nothing_and_is_said_to_unless_they_have_others() -> None:
    Path("study/steps").mkdir(parents=True)
    Path("study/study.yaml").write_text("protocols: {ours: {label: a}, theirs: {label: b}}\n")
    for name in ("about", "theirs"):
        Path(f"study/steps/{name}.yaml").write_text("settings: {epochs: 1}\n")
    Path("config.yaml").write_text("exercises: {steps: {settings: {epochs: 9}, variants: {a: {}}}}\n")
    Path("o.yaml").write_text("cut: quick\n")
    merged = Merged(("config.yaml", "o.yaml"))
    assert merged.read() == Merged(("config.yaml",)).read()
    assert list(merged.idle()) == ["cut of o.yaml changes nothing, for no exercise in study has a file quick.yaml"]
    Path("study/steps/quikc.yaml").write_text("settings: {epochs: 1}\n")
    with pytest.raises(InputError, match=r"no exercise in study has a file quick\.yaml; did you mean 'quikc'\?$"):
        merged.read()
    Path("study/steps/quick.yaml").write_text("settings: {epochs: 1}\n")
    assert merged.read()["demonstration"]
    assert list(merged.idle()) == []


def test_null_that_removes_nothing_is_said() -> None:
    Path("config.yaml").write_text("exercises: {steps: {variants: {a: {}, b: {}}}, moons: null}\n")
    Path("o.yaml").write_text("exercises: {steps: {variants: {b: null}}, moons: null, tides: null}\n")
    words = ("exercises.steps.variants.b=null", "exercises.steps.variants.bb=null")
    assert list(Merged(("config.yaml", "o.yaml"), words).idle()) == [
        "exercises.tides of o.yaml removes nothing, for there is none of that name (there: steps, moons)",
        "exercises.steps.variants.bb of --config removes nothing, for there is none of that name (there: a, b)",
    ]


OWN_SEEDS: dict[str, Any] = {
    "seeds": 5,
    "exercises": {"steps": {"seeds": 50, "variants": {"dense": {"seeds": 9, "seeds_per_job": 3}, "conv": {}}}},
}


@pytest.mark.parametrize(
    ("over", "exercise", "dense"),
    [
        ({}, 50, 9),
        ({"seeds": "2"}, "2", "2"),
        ({"exercises": {"steps": {"seeds": 3}}}, 3, 3),
        ({"exercises": {"steps": {"variants": {"dense": {"seeds": 4}}}}}, 50, 4),
        ({"seeds": 2, "exercises": {"steps": {"variants": {"dense": {"seeds": 4}}}}}, 2, 4),
        ({"seeds": 1, "cut": {"steps": {"seeds": 2}}}, 2, 2),
        ({"exercises": {"steps": None}}, None, None),
    ],
)
def test_seeds_of_a_later_layer_go_for_all_that_is_smaller(over: dict[str, Any], exercise: Any, dense: Any) -> None:
    laid = lay(OWN_SEEDS, over)["exercises"]["steps"]
    if exercise is None:
        assert laid is None
        return
    assert laid["seeds"] == exercise
    assert laid["variants"]["dense"] == {"seeds": dense, "seeds_per_job": 3}
    assert laid["variants"]["conv"] == {}
