"""Text that LaTeX prints and never obeys."""

import pytest

from practica.paper.escape import escape


@pytest.mark.parametrize("character", list("$%&#_{}~^\\"))
def test_special_characters_lose_their_power(character: str) -> None:
    assert escape(character) not in (character, f"{character} ")
    assert escape(character).startswith("\\")


def test_a_command_becomes_its_letters() -> None:
    assert escape(r"\input{/etc/passwd}") == r"\textbackslash{}input\{/etc/passwd\}"


def test_spanish_stays_and_signs_become_commands() -> None:
    assert escape("¿Año ± −1 × 10⁵?") == (
        r"¿Año \ensuremath{\pm} \ensuremath{-}1 \ensuremath{\times} 10\textsuperscript{5}?"
    )


@pytest.mark.parametrize(
    ("text", "printed"), [("日本", "??"), ("Ġ", "G"), ("a\nb\tc", "a b c"), ("\x00", "?"), ("①", "1")]
)
def test_characters_without_a_glyph_have_a_substitute(text: str, printed: str) -> None:
    assert escape(text) == printed
