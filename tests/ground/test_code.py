"""Digests of code: meaning counts, comments do not, and only imported code does."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from practica import exercises
from practica.code import digest as code
from practica.code import memory, syntax
from practica.study_folder import experiments
from toy import TOY


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small package that replaces the real one."""
    monkeypatch.setattr(syntax, "PACKAGE", tmp_path)
    (tmp_path / "low.py").write_text("VALUE = 1\n")
    (tmp_path / "typed.py").write_text("KIND = 1\n")
    (tmp_path / "high.py").write_text(
        '"""Doc."""\nfrom typing import TYPE_CHECKING\nfrom practica.low import VALUE\n'
        "if TYPE_CHECKING:\n    from practica.typed import KIND\n"
        'def double():\n    """Double it."""\n    return 2 * VALUE  # twice\n'
    )
    (tmp_path / "other.py").write_text("OTHER = 1\n")
    return tmp_path


CACHED = (code.code_digest, code.reach, code._part, code._shallow, syntax.source_of, syntax.ours, memory._memory)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Clear the caches of other packages before and after the test."""
    forget()
    yield
    forget()


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


def digest(*entries: str) -> str:
    forget()
    return code.code_digest(*(entries or ["practica.high"]))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(("old", "new"), [("# twice", "# two times"), ("Double it.", "Doubled."), ("2 * V", "2*V")])
def test_comments_docstrings_and_layout_do_not_count(package: Path, old: str, new: str) -> None:
    before = digest()
    edit(package / "high.py", old, new)
    assert digest() == before


def test_a_change_of_meaning_counts(package: Path) -> None:
    before = digest()
    edit(package / "high.py", "2 * VALUE", "3 * VALUE")
    assert digest() != before


def test_what_is_imported_counts_and_nothing_else(package: Path) -> None:
    before = digest()
    edit(package / "other.py", "1", "2")
    edit(package / "typed.py", "1", "2")
    assert digest() == before
    edit(package / "low.py", "1", "2")
    assert digest() != before


def test_what_a_module_says_it_has_for_others_counts(package: Path) -> None:
    (package / "high.py").write_text('from practica.low import VALUE\n\n__all__ = ["VALUE"]\n')
    before = digest()
    edit(package / "low.py", "1", "2")
    assert digest() != before


def test_a_docstring_alone_in_a_body_leaves_valid_code(package: Path) -> None:
    (package / "high.py").write_text('class Empty(Exception):\n    """Nothing."""\n')
    first = digest()
    (package / "high.py").write_text('class Empty(Exception):\n    """Something else."""\n')
    assert digest() == first


WIDE = (
    "import keras\nimport practica.deep\nfrom practica import near\nfrom practica.near import far as away, CONSTANT\n"
    "UNUSED = dict(a=1)\nA, B = 1, 2\nTABLE = {'x': 1}\n"
    "def wanted(x=A):\n    return near.inner(x) + away(x)\n"
    "def other():\n    return B + CONSTANT\n"
    "def dynamic():\n    return globals()['other']\n"
    "def lazy():\n    from practica.far import lost\n    return lost\n"
    "def by_name():\n    return import_module('practica.far')\n"
    "def passed(near):\n    return getattr(near, 'outer')\n"
    "def module():\n    return getattr(near, 'outer')\n"
    "def deeper():\n    return practica.deep.bottom()\n"
)
NEAR = "from practica.far import far\nCONSTANT = 5\ndef inner(x):\n    return far(x)\ndef outer():\n    return 7\n"
FAR = "def far(x):\n    return 11\ndef lost():\n    return 13\n"
DEEP = "def bottom():\n    return 17\n"


@pytest.fixture
def wide(package: Path) -> Path:
    """Return a package in which definitions refer to each other in every way that Python has."""
    for name, text in {"wide": WIDE, "near": NEAR, "far": FAR, "deep": DEEP}.items():
        (package / f"{name}.py").write_text(text)
    return package


@pytest.mark.parametrize(
    ("function", "file", "old", "new", "counts"),
    [
        ("wanted", "wide", "a=1", "a=2", False),  # a constant that nobody uses
        ("wanted", "wide", "A, B = 1", "A, B = 3", True),  # a default, from an assignment of several names
        ("wanted", "wide", "B + C", "B - C", False),  # another function beside it
        ("wanted", "near", "far(x)", "far(-x)", True),  # through the module that it is in
        ("wanted", "near", "= 5", "= 6", False),
        ("wanted", "near", "return 7", "return 8", False),
        ("wanted", "far", "11", "12", True),  # under another name, and two modules away
        ("wanted", "far", "13", "14", False),
        ("wanted", "wide", "import far as away", "import outer as away", True),  # another function of the same name
        ("other", "near", "= 5", "= 6", True),
        ("dynamic", "wide", "B + C", "B - C", True),  # by names made as it runs
        ("lazy", "far", "13", "14", True),
        ("lazy", "far", "11", "12", False),
        ("by_name", "far", "13", "14", True),
        ("module", "near", "return 7", "return 8", True),  # a module handed on may be asked for anything
        ("deeper", "deep", "17", "18", True),
        ("wanted", "wide", "TABLE = {'x': 1}", "TABLE = {'x': 1}\nTABLE['x'] = 2", True),  # what import does besides
        ("wanted", "wide", "TABLE = {'x': 1}", "keras.config.set_floatx('float64')", True),
        ("wanted", "wide", "UNUSED = dict(a=1)", "UNUSED = keras.config.set_floatx('float64')", True),
        ("wanted", "wide", "def other", "@register\ndef other", True),
        ("wanted", "far", "def lost", "if A:\n    far = lost\ndef lost", True),
        ("wanted", "wide", "from practica import near", "from practica import near\nfrom practica.far import *", True),
    ],
)
def test_a_definition_depends_on_what_it_reaches_alone(
    wide: Path, function: str, file: str, old: str, new: str, counts: bool
) -> None:
    before = digest(f"practica.wide:{function}")
    edit(wide / f"{file}.py", old, new)
    assert (digest(f"practica.wide:{function}") != before) is counts


def test_where_a_definition_stands_does_not_count(wide: Path) -> None:
    before = digest("practica.wide:wanted")
    (wide / "new.py").write_text("def far(x):\n    return 11\n")
    edit(wide / "far.py", "def far(x):\n    return 11\n", "from practica.new import far\n")
    assert digest("practica.wide:wanted") == before
    edit(wide / "new.py", "11", "12")
    assert digest("practica.wide:wanted") != before


def test_of_two_functions_alike_in_reach_it_counts_which_is_called(wide: Path) -> None:
    (wide / "pair.py").write_text("from practica.far import far, lost as called\ndef f(): return called(), far\n")
    before = digest("practica.pair:f")
    edit(wide / "pair.py", "far, lost as called", "lost, far as called")
    edit(wide / "pair.py", "called(), far", "called(), lost")
    assert digest("practica.pair:f") != before


def test_what_is_apart_is_left_out_and_an_entry_must_exist(wide: Path) -> None:
    entry = "practica.wide:wanted"
    whole, without = (code.code_digest(entry, apart=frozenset(apart)) for apart in ([], ["practica.far:far"]))
    assert whole != without
    forget()
    edit(wide / "far.py", "11", "12")
    assert code.code_digest(entry, apart=frozenset(["practica.far:far"])) == without
    with pytest.raises(ValueError, match="defines no nothing"):
        code.code_digest("practica.wide:nothing")


def test_words_that_code_can_come_to(package: Path) -> None:
    (package / "high.py").write_text("def f(x, y):\n    return word('plain'), word(f'why_{x}'), f'{x}/{y}'\n")
    code_of = code.reach("practica.high:f")
    assert [key for key in ("plain", "why_few", "a/b", "other") if code_of.says(key)] == ["plain", "why_few"]


def test_exercises_do_not_depend_on_each_other_nor_on_the_data_floor() -> None:
    exercises = experiments()
    assert exercises
    for exercise in exercises:
        modules = code.reach(f"study.{exercise}.experiment", "practica.training.block").modules
        strangers = {name for name in modules if name.startswith(("study.", "practica.data"))}
        assert not {name for name in strangers if not name.startswith(("study.shared.", f"study.{exercise}."))}


def test_what_restores_a_run_counts_and_what_only_runs_the_job_does_not() -> None:
    modules = code.reach("practica.training.block").modules
    training = {name.split(".")[-1] for name in modules if ".training." in name}
    assert {"checkpoint", "record"} <= training
    assert not {"attempt", "job", "journal", "lock"} & training


def test_models_are_found_without_importing_keras() -> None:
    program = (
        "import sys; from pathlib import Path; from practica import exercises; from practica.study_folder import use;"
        "use(Path(sys.argv[1])); print(*exercises.models('steps'));"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", program, str(TOY)]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["conv", "dense"]


@pytest.fixture
def exercise(package: Path) -> Path:
    """Return a module whose functions use different settings, in every way that reaches one."""
    (package / "far.py").write_text(
        "def lost():\n    settings.never\ndef deep(settings):\n    return settings['shift']\n"
    )
    (package / "near.py").write_text(
        "from practica.far import deep as dig\ndef help(s):\n    return dig(s) + s.get('l2')\n"
    )
    (package / "ej.py").write_text(
        "from practica.near import help\nimport practica.low\nKEY = 'units'\n"
        "def net(settings):\n    return help(settings), settings.dropout\n"
        "def own(settings):\n    return settings[KEY]\n"
        "def whole(settings):\n    from practica import far\n    return far.deep(settings)\n"
        "def handed(settings):\n    from practica import far\n    return call(far, settings)\n"
        "def any(settings):\n    return own(**settings)\n"
        "def alone(settings):\n    return 1\n"
    )
    return package


@pytest.mark.parametrize(
    ("function", "used"),
    [
        ("net", {"shift", "l2", "dropout"}),
        ("own", {"units"}),
        ("whole", {"shift"}),
        ("handed", {"shift", "never"}),
        ("any", {"units", "**"}),
        ("alone", set()),
    ],
)
def test_what_a_function_can_use_is_known_without_running_it(exercise: Path, function: str, used: set[str]) -> None:
    names = {"shift", "l2", "dropout", "units", "never", "**"}
    assert code.mentioned("practica.ej", function) & names == used


def test_the_settings_of_training_are_those_that_it_reads() -> None:
    read = set()
    for module in code.reach("practica.training.block").modules:
        if not module.startswith("practica.training."):
            continue
        for node in ast.walk(ast.parse(syntax.module_path(module).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("settings"):
                read.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("settings.get", "settings.quietly")):
                read |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    assert read - {"get", "quietly", "asked", "given"} == exercises.training()


def test_what_cannot_change_a_number_is_there() -> None:
    """If such a module moved, it would count again, and so would every edit of it."""
    assert not [name for name in code.NEUTRAL if not syntax.module_path(name).is_file()]


@pytest.fixture
def old(package: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package whose files are old enough to be kept in memory, and that Python has compiled."""
    (package / memory.BYTECODE).mkdir()
    monkeypatch.setattr(memory, "SETTLED", 0.0)
    return package


def in_another_command(*entries: str) -> tuple[str, bool]:
    """Return the digest as a new process finds it, and whether it had to read the code."""
    before = digest(*entries)
    memory.keep()
    forget()
    after = code.code_digest(*(entries or ["practica.high"]))
    read = syntax.source_of.cache_info().misses > 0
    assert after == before
    return after, read


def test_a_later_command_does_not_read_the_code_again(old: Path) -> None:
    before, read = in_another_command()
    assert not read
    entry = code.reach("practica.high")
    forget()
    memory.file().unlink()
    assert code.reach("practica.high") == entry, "what is restored is what was found"
    edit(old / "low.py", "1", "2")
    assert in_another_command()[0] != before


def test_a_change_that_keeps_size_and_time_counts(old: Path) -> None:
    before, _ = in_another_command()
    stat = (old / "low.py").stat()
    edit(old / "low.py", "1", "2")
    os.utime(old / "low.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert in_another_command()[0] != before


def test_code_that_has_just_changed_is_not_kept(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SETTLED", 60.0)
    assert in_another_command()[1]
    assert not memory.file().exists()


@pytest.mark.parametrize("content", ["nonsense", "[]", '{"code": "other", "found": {}}'])
def test_a_damaged_or_older_memory_is_written_again(old: Path, content: str) -> None:
    memory.file().write_text(content)
    assert not in_another_command()[1]


def test_another_study_has_a_memory_of_its_own(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = memory.file()
    assert first.parent == old / memory.BYTECODE
    monkeypatch.setattr(memory, "opened", lambda: old / "else")
    assert memory.file() != first


def test_without_bytecode_it_is_kept_where_snakemake_has_run(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old / memory.BYTECODE).rmdir()
    folder = tmp_path / "else"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert in_another_command()[1]
    assert not list(folder.iterdir())
    (folder / ".snakemake").mkdir()
    assert not in_another_command()[1]
    assert [path.parent.name for path in folder.rglob("practica_code.*.json")] == [".snakemake"]
    assert not (old / memory.BYTECODE).exists()


def test_what_was_found_out_long_ago_is_removed(old: Path) -> None:
    old_file, new_file = (old / memory.BYTECODE / f"practica_code.{name}.json" for name in ("old", "new"))
    for file, age in ((old_file, memory.OLD + 60), (new_file, memory.OLD - 60)):
        file.touch()
        os.utime(file, (time.time() - age, time.time() - age))
    in_another_command()
    assert (old_file.exists(), new_file.exists()) == (False, True)


def test_a_fork_does_not_write_what_its_parent_found(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest()
    monkeypatch.setattr(os, "getpid", lambda: 0)
    memory.keep()
    assert not memory.file().exists()
