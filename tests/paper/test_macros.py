"""The small preprocessor of the prose."""

from pathlib import Path

import pytest

from practica.config.study import Study
from practica.errors import InputError
from practica.paper.facts import Facts
from practica.paper.macros import FORMS, Macro, expand
from practica.paper.names import _Names
from practica.paper.prose import Prose


def fail(_: str) -> str:
    raise InputError("no such thing")


MACROS = {
    "doble": Macro(1, lambda text: text * 2),
    "primero": Macro(2, lambda first, second: first),
    "nada": Macro(1, fail),
}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        (r"a \doble{x} b", "a xx b"),
        (r"\primero{\doble{x}}{y}", "xx"),
        (r"\primero {x} {y}", "x"),
        (r"\doble{\{}", r"\{\{"),
        (r"\emph{\doble{x}}", r"\emph{xx}"),
        (r"\doblez{x}", r"\doblez{x}"),
        (r"10\% \doble{x}", r"10\% xx"),
        ("% \\nada{x}\n\\doble{x}", "% \\nada{x}\nxx"),
        (r"\\doble", r"\\doble"),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    assert expand(text, "p.tex", MACROS) == expanded


def test_every_line_stays_in_its_place() -> None:
    text = "uno\nmás \\primero{una\nfrase\nlarga}{y} aquí\ntres"
    lines = expand(text, "p.tex", MACROS).split("\n")
    assert len(lines) == text.count("\n") + 1
    assert lines[-1] == "tres"
    assert lines[1:4] == ["más %", "%", "una frase larga aquí"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("uno\n\\nada{x}", 2),
        ("\n\n\\primero{a}\n\\doble{x}", 3),
        ("\\doble{x\n\n", 1),
        ("\\primero{a}{b\n\\nada{x}}", 2),
    ],
)
def test_errors_name_file_and_line(text: str, line: int) -> None:
    with pytest.raises(InputError, match=rf"^p\.tex:{line}: \\(nada|primero|doble)"):
        expand(text, "p.tex", MACROS)


def test_what_checks_the_macros_reads_as_many_braces_as_what_fills_them(toy: Study, results: Path) -> None:
    filled = Prose(Facts(toy, results, "es"), "steps", {}).macros()
    checked = _Names(toy, "steps").macros()
    assert {name: macro.arguments for name, macro in filled.items()} == {
        name: macro.arguments for name, macro in checked.items()
    }
    for name, macro in filled.items():
        form = FORMS[name]
        braces = "{" + "}{".join(["nothing"] * form.names + ["text"] * form.texts) + "}"
        with pytest.raises(InputError, match="nothing"):
            macro.expand(*braces[1:-1].split("}{"))
        with pytest.raises(InputError, match="nothing"):
            expand(rf"\{name}{braces}", "p.tex", checked)
