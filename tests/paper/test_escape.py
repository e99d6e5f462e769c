"""Text that LaTeX prints and never executes."""

import pytest

from practica.paper.escape import breakable, escape


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
    ("text", "printed"),
    [
        ("日本", r"\foreign{日本}"),
        ("محمد علي", r"\foreign{محمد علي}"),
        ("a Σωκράτης b", r"a \foreign{Σωκράτης} b"),
        ("<日 本>", r"\textless{}\foreign{日 本}\textgreater{}"),
        ("<b> 日", r"\textless{}b\textgreater{} \foreign{日}"),
        ("ġ Łódź ț €", "ġ Łódź ț €"),
        ("u\u0301", "ú"),
        ("a\nb\tc", "a b c"),
        ("a\x00b\u202ec\u200d\ufe0f", "abc"),
        ("①ﬁ２", "1fi2"),
    ],
)
def test_what_pdflatex_lacks_is_left_to_other_fonts_and_what_nobody_sees_is_left_out(text: str, printed: str) -> None:
    assert escape(text) == printed


def test_long_words_break_and_joined_letters_stay_together() -> None:
    assert breakable("a_b/c") == r"a\_\allowbreak{}b/\allowbreak{}c"
    assert breakable("محمد_علي") == r"\foreign{محمد}\_\allowbreak{}\foreign{علي}"
    assert breakable("a_1,5", "_") == r"a\_\allowbreak{}1,5"
