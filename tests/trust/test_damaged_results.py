"""However result files are damaged, their readers end with one sentence and never with a traceback."""

import csv
import importlib
import json
import pathlib
import random
import shutil

import pytest
from click.testing import CliRunner

from paper.factory import fill
from practica.cli import main
from practica.files import write_json
from practica.jobs.journal import Journal
from practica.jobs.lock import Holder
from toy import toy_study

JUNK = [
    *(None, True, -1, 1e308, 10**400, float("nan"), [], {}, ["a"]),
    *("", "x", "\\input{/etc/passwd}", "\N{RIGHT-TO-LEFT OVERRIDE}"),
]
BLOCK = "runs/steps/dense/s0-1"
READERS = {
    "measured/moons.csv": ["collect"],
    "models.json": ["table layers_steps_dense", "table table_steps_cost", "page"],
    "claims.json": ["table claims", "figure fig_overview", "page", "compare REFERENCE", "reference --out OUT"],
    "study.json": ["status", "crate", "deposit", "collect", "page"],
    "runs.csv": ["table table_runs", "table table_steps_cost", "page", "reference --out OUT", "compare REFERENCE"],
    "summary.csv": ["table table2", "figure fig_overview", "compare REFERENCE"],
    "metrics.csv": ["statistics", "claims", "page"],
    f"{BLOCK}/metrics.json": ["status", "collect", "page", "reference --out OUT"],
    f"{BLOCK}/history.json": ["collect", "reference --out OUT"],
    f"{BLOCK}/manifest.json": ["collect", "crate", "reference --out OUT"],
    "journal/steps/dense/s0-1.jsonl": ["status --attempts", "collect"],
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return finished results, and a reference made from them."""
    folder = tmp_path_factory.mktemp("whole") / "results"
    study = toy_study(only=["moons", "steps"], seeds_per_job=2)
    fill(study, folder)
    write_json(folder / "study.json", dict(study.config))
    journal = Journal(study.block("steps", "dense", (0, 1)), folder)
    journal.end(journal.begin(Holder.here()), "done")
    result = CliRunner().invoke(
        main, ["reference", "--results", str(folder), "--out", str(folder.parent / "reference")]
    )
    assert result.exit_code == 0, result.output
    return folder


def read(words, results, reference, out):
    """Run a command on results and return its outcome."""
    there = {"REFERENCE": str(reference), "OUT": str(out)}
    command = [there.get(word, word) for word in words.split()] + ["--results", str(results)]
    if command[0] in ("table", "page", "figure", "claims", "statistics", "collect"):
        command += ["--study", str(results / "study.json")]
    return CliRunner().invoke(main, command)


@pytest.mark.parametrize("words", sorted({words for readers in READERS.values() for words in readers}))
def test_the_commands_read_what_is_whole(whole, tmp_path, words):
    results = tmp_path / "results"
    shutil.copytree(whole, results)
    result = read(words, results, whole.parent / "reference", tmp_path / "out")
    assert result.exit_code == 0, result.output


def places(node, before=()):
    """Yield the path of every value of a JSON document, but only the first ones of long lists."""
    yield before
    parts = node.items() if isinstance(node, dict) else enumerate(node[:2]) if isinstance(node, list) else ()
    for key, value in parts:
        yield from places(value, (*before, key))


def damage(path, draw):
    """Replace something in a file by junk, and return a description."""
    if draw.random() < 0.15:
        path.unlink()
        draw.choice([path.mkdir, lambda: path.write_bytes(b"\xff\0["), lambda: path.symlink_to("nowhere")])()
        return "another kind of file"
    junk = draw.choice(JUNK)
    if path.suffix == ".csv":
        rows = list(csv.reader(path.read_text().splitlines()))
        row, column = draw.randrange(len(rows)), draw.randrange(len(rows[0]))
        what = draw.choice(["cell", "row", "column"])
        if what == "cell":
            rows[row][column] = str(junk)
        elif what == "row":
            del rows[row]
        else:
            rows = [[*each[:column], *each[column + 1 :]] for each in rows]
        with path.open("w", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        return f"{what} {row}, {column}: {junk}"
    if path.suffix == ".jsonl":
        path.write_text(path.read_text().splitlines()[0] + f"\n{json.dumps(junk)}\n")
        return f"a line: {junk}"
    content = {"": json.loads(path.read_text())}
    place = ("", *draw.choice(list(places(content[""]))))
    at = content
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = junk
    path.write_text(json.dumps(content[""]))
    return f"{place}: {junk}"


@pytest.mark.parametrize("number", range(16))
@pytest.mark.parametrize("name", READERS)
def test_one_sentence_or_none(whole, tmp_path, name, number):
    draw = random.Random(f"{name} {number}")
    results = tmp_path / "results"
    shutil.copytree(whole, results)
    what = damage(results / name, draw)
    words = draw.choice(READERS[name])
    result = read(words, results, whole.parent / "reference", tmp_path / "out")
    assert result.exception is None or isinstance(result.exception, SystemExit), (what, words, result.exception)
    assert result.exit_code in (0, 1, 2)
    if result.exit_code == 2:
        assert result.output.startswith("practica: "), (what, words, result.output)
        assert len(result.output) < 1500, (what, words)


@pytest.mark.parametrize(
    ("words", "name", "opens"),
    [
        ("table table2", "summary.csv", "pandas.read_csv"),
        ("collect", f"{BLOCK}/metrics.json", "pathlib.Path.read_text"),
        ("figure fig3", f"{BLOCK}/arrays.npz", "numpy.load"),
    ],
)
def test_a_file_that_may_not_be_read_is_named_and_nobody_is_told_to_delete_it(whole, monkeypatch, words, name, opens):
    module, function = opens.rsplit(".", 1)
    owner = pathlib.Path if module == "pathlib.Path" else importlib.import_module(module)
    before = getattr(owner, function)

    def refuse(path, *rest, **options):  # the tests may run as root, whom no rights stop
        if str(path).endswith(name):
            raise PermissionError(13, "Permission denied", str(path))
        return before(path, *rest, **options)

    monkeypatch.setattr(owner, function, refuse)
    result = read(words, whole, "", "")
    text = f"practica: cannot read {whole / name}: Permission denied; change its rights\n"
    assert (result.exit_code, result.output) == (2, text)


def test_what_the_file_system_refuses_is_named(whole, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(whole, results)
    (results / "summary.csv").unlink()
    (results / "summary.csv").mkdir()
    result = read("statistics", results, "", "")
    assert (result.exit_code, result.output) == (2, f"practica: {results / 'summary.csv'}: Is a directory\n")
