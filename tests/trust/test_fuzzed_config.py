"""Whatever a configuration contains, its user reads one sentence and never a traceback."""

import copy
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from practica.cli import main
from practica.config.reader import read_config
from practica.config.study import Block, Study
from practica.errors import InputError
from practica.plan.checks import check
from toy import TOY

BASE = {
    "study": str(TOY),
    "title": "A study",
    "author": "",
    "results": "results",
    "only": ["moons", "steps"],
    "seeds": 2,
    "seeds_per_job": 1,
    "partial": False,
    "data": {"folder": "data", "mirror": None, "on_missing": "error"},
    "report": {"languages": ["es"]},
    "timing": {"repetitions": 3},
    "exercises": {
        "steps": {
            "title": "Digits",
            "dataset": "walks",
            "seeds": [0, 1],
            "resources": {"threads": 1, "gpu": 0, "mem_mb": 2000, "runtime": 15},
            "settings": {"epochs": 2, "learning_rate": 0.1, "train_samples": None},
            "variants": {"dense": {"model": "dense", "settings": {"units": [5]}}, "conv": {}},
        },
        "moons": {
            "dataset": "crescents",
            "settings": {"epochs": 2, "correct_zeros": True, "units": [3]},
            "variants": {"dense": {"grid": {"l2": [0.1, 0.2]}}},
        },
    },
}
CHEAP = settings(max_examples=80, deadline=None, database=None, derandomize=True)
"""The same examples every time: a check that fails now and then teaches people to run it again."""

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5)
    | st.dates()
    | st.sampled_from(["../..", "$(touch x)", "{x}", "[1, 2]", "&a [*a]", "9" * 5000, "a" * 300, "a\0b", "\ud800", 2.0])
    | st.sampled_from([float("inf"), 10**400, 100_000, list(range(0, 3000, 2))])
)
keys = scalars.filter(lambda value: not isinstance(value, list))
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
OPEN = [(), *(("data",), ("exercises",), ("exercises", "steps"), ("exercises", "steps", "variants"))]
"""Where keys are added."""


def paths(node, before=()):
    """Yield the path of every value of a configuration."""
    for key, value in node.items():
        yield (*before, key)
        if isinstance(value, dict):
            yield from paths(value, (*before, key))


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory):
    """Work in an empty folder without a mirror."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzz"))
        patch.delenv("PRACTICA_DATA_MIRROR", raising=False)
        yield


def ends_well(config):
    """Return whether a configuration is accepted; a refusal must be one sentence, an accepted one must be usable."""
    try:
        study = Study.resolve(config)
        check(study)
    except InputError as error:
        assert str(error).startswith(("configuration", "exercise", "the data mirror"))
        assert len(str(error)) < 3000
        return False
    assert json.loads(json.dumps(dict(study.config), allow_nan=False, ensure_ascii=False).encode()) == study.config
    for block in study.blocks()[:50]:
        assert Block.parse(block.specification()) == block
        assert ".." not in block.folder("results").parts
    return True


def test_the_base_is_accepted():
    assert ends_well(BASE)


@CHEAP
@given(st.sampled_from(list(paths(BASE))), garbage)
def test_garbage_in_the_place_of_a_value(path, value):
    config = copy.deepcopy(BASE)
    at = config
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    ends_well(config)


@CHEAP
@given(st.sampled_from(OPEN), keys, garbage)
def test_a_key_too_many(path, name, value):
    config = copy.deepcopy(BASE)
    at = config
    for key in path:
        at = at[key]
    at[name] = value
    ends_well(config)


@CHEAP
@given(garbage)
def test_garbage_as_the_whole(config):
    ends_well(config)


TEXT = yaml.safe_dump(BASE, sort_keys=False).encode()
SIGNS = st.text("[]{}&*!:-#'\"%@`|>,? \n\t~", max_size=8).map(str.encode)
BOMB = b"a0: &a0 x\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)
)


@CHEAP
@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.binary(max_size=12) | SIGNS)
@example(0, 0, b"a: &a [*a]\n")
@example(0, 0, b"a: " + b"[" * 500)
@example(0, 0, b"a: !!python/object/apply:os.system [touch owned]\n")
@example(0, 0, b"a: 2001-13-45\n")
@example(0, 0, BOMB)
def test_damaged_files(start, length, put):
    Path("damaged.yaml").write_bytes(TEXT[:start] + put + TEXT[start + length :])
    try:
        config = read_config(["damaged.yaml"])
    except InputError as error:
        assert str(error).startswith("damaged.yaml")
    else:
        ends_well(config)
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    "words",
    [
        "status --config {file}",
        "claims --study {file}",
        "study --out out.json --json {text}",
        "train --spec {text}",
        "train steps dense --seeds {text}",
        "train -- {text} dense",
        "prepare -- {text}",
        "status -- {text}",
        "figure --config config.yaml -- {text}",
        "table --config config.yaml -- {text}",
    ],
)
@settings(CHEAP, max_examples=6)
@given(st.text(st.characters(exclude_categories=["Cs", "Nd"], exclude_characters="\0"), max_size=30))
@example("{")
@example("[]")
@example("null")
@example("NaN")
@example('{"seeds": 1e999, "exercises": {}}')
@example('{"exercise": "../..", "variant": "x", "seeds": [0], "model": "x", "dataset": "x", "settings": {}}')
@example("0-999999999")
@example("../../etc/passwd")
@example("[" * 5000)
def test_the_command_line(words, text):
    Path("given.json").write_text(text, encoding="utf-8")
    Path("config.yaml").write_bytes(TEXT)
    arguments = [word.replace("{file}", "given.json").replace("{text}", text) for word in words.split()]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, (result.output, result.exception)
    assert "Traceback" not in result.output
