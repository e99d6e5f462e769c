"""Digests of code: comments do not count, meaning does, and only what is imported."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from practica import code, exercises


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a small package in place of the real one."""
    monkeypatch.setattr(code, "PACKAGE", tmp_path)
    (tmp_path / "low.py").write_text("VALUE = 1\n")
    (tmp_path / "typed.py").write_text("KIND = 1\n")
    (tmp_path / "high.py").write_text(
        '"""Doc."""\nfrom typing import TYPE_CHECKING\nfrom practica.low import VALUE\n'
        "if TYPE_CHECKING:\n    from practica.typed import KIND\n"
        'def double():\n    """Double it."""\n    return 2 * VALUE  # twice\n'
    )
    (tmp_path / "other.py").write_text("OTHER = 1\n")
    return tmp_path


def digest() -> str:
    for function in (code.code_digest, code._tree, code._imports, code._tree_digest):
        function.cache_clear()
    return code.code_digest("practica.high")


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


def test_a_docstring_alone_in_a_body_leaves_valid_code(package: Path) -> None:
    (package / "high.py").write_text('class Empty(Exception):\n    """Nothing."""\n')
    first = digest()
    (package / "high.py").write_text('class Empty(Exception):\n    """Something else."""\n')
    assert digest() == first


def test_exercises_do_not_depend_on_each_other_nor_on_the_data_floor() -> None:
    exercises = sorted(path.stem for path in (code.PACKAGE / "exercises").glob("ej[0-9][0-9].py"))
    assert len(exercises) >= 10
    for exercise in exercises:
        closure = code._closure((f"practica.exercises.{exercise}", "practica.training.block"))
        strangers = {name for name in closure if name.startswith(("practica.exercises.ej", "practica.data"))}
        assert strangers == {f"practica.exercises.{exercise}"}


def test_what_restores_a_run_counts_and_what_only_runs_the_job_does_not() -> None:
    training = {name.split(".")[-1] for name in code._closure(("practica.training.block",)) if ".training." in name}
    assert {"checkpoint", "record"} <= training
    assert not {"attempt", "job", "journal", "lock"} & training


def test_models_are_found_without_importing_keras() -> None:
    import subprocess
    import sys

    program = (
        "import sys; from practica import exercises; print(*exercises.models('ej08'));"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["conv", "dense"]


@pytest.fixture
def exercise(package: Path) -> Path:
    """Return a module whose functions use other settings each, by every way that leads to one."""
    code._tree.cache_clear()
    code.mentioned.cache_clear()
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
        "def any(settings):\n    return own(**settings)\n"
        "def alone(settings):\n    return 1\n"
    )
    return package


@pytest.mark.parametrize(
    ("function", "used"),
    [
        ("net", {"shift", "l2", "dropout"}),
        ("own", {"units"}),
        ("whole", {"shift", "never"}),
        ("any", {"units", "**"}),
        ("alone", set()),
    ],
)
def test_what_a_function_can_use_is_known_without_running_it(exercise: Path, function: str, used: set[str]) -> None:
    names = {"shift", "l2", "dropout", "units", "never", "**"}
    assert code.mentioned("practica.ej", function) & names == used


def test_the_settings_of_training_are_those_that_it_reads() -> None:
    code._tree.cache_clear()
    read = set()
    for module in code._closure(("practica.training.block",)):
        for node in ast.walk(code._tree(module)) if module.startswith("practica.training.") else ():
            if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("settings"):
                read.add(node.attr)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("settings.get"):
                read.add(ast.literal_eval(node.args[0]))
    assert read - {"get"} == exercises.TRAINING
