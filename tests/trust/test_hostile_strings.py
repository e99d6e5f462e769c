"""Text from a configuration or from data stays text: in the shell, in LaTeX, in HTML and in file names."""

import html.parser
import os
import re
import tempfile
from pathlib import Path

import pytest
from snakemake.io import apply_wildcards

from paper.conftest import needs_latex
from paper.factory import ROOT, fill
from paper.test_document import own_prose, text_of
from practica.errors import InputError
from practica.files import write_text
from practica.page.menu import category
from practica.paper.document import build
from practica.paper.render import to_csv, to_html
from practica.paper.table import Column, Table, label
from practica.plan.checks import check
from practica.plan.places import check_writable
from toy import resolve

HOSTILE = (
    r"""50 % & $x$ #1 _a_ {b} ~c ^d \input{/etc/passwd} ;touch owned; '"'"' `touch owned` $(touch owned) {x} """
    """</script><script>alert("1")</script> <img src=x onerror=alert(1)> ../../owned """
    "\N{RIGHT-TO-LEFT OVERRIDE}abc\N{FAMILY} --flag\n\\end{document}"
)


def hostile_study(**changes):
    exercises = {"steps": {"title": HOSTILE, "dataset": "walks", "variants": {"dense": {}}}}
    return resolve({"title": HOSTILE + "x" * 150, "author": HOSTILE, "exercises": exercises, **changes})


@needs_latex
def test_latex_prints_it(tmp_path):
    study = hostile_study()
    fill(study, tmp_path / "results")
    text = text_of(build(own_prose(study, tmp_path, steps="Nada."), tmp_path / "results", "es"))
    assert text.count(r"\input{/etc/passwd} ;touch owned;") >= 3
    assert "root:" not in text
    assert r"\end{document}" in text


class Tags(html.parser.HTMLParser):
    """Collect the elements of a page."""

    def __init__(self, page):
        super().__init__()
        self.found = set()
        self.text = self.script = self.tag = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.tag = tag
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_endtag(self, tag):
        self.tag = ""

    def handle_data(self, data):
        if self.tag == "script":
            self.script += data
        else:
            self.text += data


def test_tables_as_html_hold_no_foreign_element():
    table = Table("t", HOSTILE, (Column("k", HOSTILE),), ((label(HOSTILE),),), "es", notes=(HOSTILE,))
    page = Tags(to_html(table))
    assert "img" not in page.found
    assert "alert" not in page.script  # the page has a script of its own
    assert page.text.count('alert("1")') >= 3
    assert HOSTILE.split(maxsplit=1)[0] in to_csv(table)


def test_sections_of_the_html_report_are_neither_wildcards_nor_elements():
    name = category(hostile_study(), "steps")
    assert apply_wildcards(name, {}) == name
    assert "<" not in name
    assert "touch owned" in name


@pytest.mark.parametrize("name", ["a{b}", "a<b>", "a\nb", "a\n", "", "a" * 1001, "a\0b"])
@pytest.mark.parametrize("key", ["results", "data"])
def test_folders_that_would_mean_something_else_are_refused(key, name):
    with pytest.raises(InputError, match=key):
        hostile_study(**{key: name if key == "results" else {"folder": name}})


@pytest.mark.parametrize("name", [".", "./", "/", "a/..", "~", "~/results", "~root/x", "$HOME/results", "x/$SCRATCH"])
@pytest.mark.parametrize("key", ["results", "data.folder"])
def test_folders_that_are_not_what_they_seem_are_refused(key, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(f"configuration: {key}: {name.rstrip('/')}")):
        check(hostile_study(**({"results": name} if key == "results" else {"data": {"folder": name}})))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../x", "a/b", "a b", "A", "steps\n", ".", "a;b", "ñ", "a" * 41, ""])
def test_names_of_variants_and_exercises_cannot_lead_elsewhere(name):
    exercise = {"dataset": "walks", "variants": {"dense": {}}}
    with pytest.raises(InputError):
        resolve({"exercises": {"steps": {**exercise, "variants": {name: {"model": "dense"}}}}})
    with pytest.raises(InputError):
        resolve({"exercises": {name: exercise}})


def test_a_link_in_the_place_of_a_result_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/file").symlink_to(tmp_path / "precious")
    write_text(tmp_path / "results/file", "new")
    assert (tmp_path / "precious").read_text() == "precious"
    assert (tmp_path / "results/file").read_text() == "new"


def test_a_results_folder_may_be_a_link_and_one_to_nowhere_is_named(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    write_text(tmp_path / "results/a/file", "new")
    assert (tmp_path / "disk/a/file").read_text() == "new"
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="nowhere"):
        write_text(tmp_path / "nowhere/file", "new")


def test_a_folder_that_is_read_only_for_this_user_is_named_before_any_job():
    before = os.geteuid()
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folder is closed to other users
        Path(folder).chmod(0o555)
        if before == 0:
            os.seteuid(65534)
        try:
            for place in (Path(folder), Path(folder) / "new/results"):
                with pytest.raises(InputError, match=r"results: cannot write to .* \(Permission denied\)"):
                    check_writable("results", place)
        finally:
            os.seteuid(before)
            Path(folder).chmod(0o755)


def test_no_shell_and_no_program_in_data():
    words = (
        "shell=True",
        "os.system",
        "yaml.unsafe_load(",
        "UnsafeLoader",
        "allow_pickle=True",
        "pickle.load",
        "eval(",
        "exec(",
        "extractall",
    )
    sources = {
        path: path.read_text(encoding="utf-8").replace("ast.literal_eval(", "")  # which evaluates nothing
        for path in (ROOT / "workflow").rglob("*.py")
    }
    assert len(sources) > 50
    assert not [(path.name, word) for path, text in sources.items() for word in words if word in text]


def test_every_value_in_a_shell_command_is_quoted_or_cannot_be_text():
    safe = {"threads", "resources.gpu", "resources.runtime", "params.on_missing", "params.language"}
    rules = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflow/rules").glob("*.smk"))
    commands = re.findall(r"    shell:\n((?:        .*\n)+)", rules)
    assert len(commands) >= 9
    for command in commands:
        for value in re.findall(r"(?<!\{)\{([a-z][\w.]*)\}(?!\})", command):
            assert value in safe or value.startswith("wildcards."), command
