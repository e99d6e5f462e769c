"""Prose in LaTeX as HTML."""

from pathlib import Path

import pytest
from markupsafe import escape as as_html

from practica.page.latex import to_html, works
from practica.paper.escape import escape


def html(text: str) -> str:
    return str(to_html(text, lambda label: (label.upper(), f"page.html#{label}"), lambda key: key.title()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            r"A \emph{slow} net, \textbf{very \emph{slow}}.",
            "<p>A <em>slow</em> net, <strong>very <em>slow</em></strong>.</p>",
        ),
        ("One.\n\nTwo % not this\nlines.", "<p>One.</p>\n<p>Two lines.</p>"),
        (r"\subsection*{What} Text\label{a}.", "<h3>What</h3>\n<p>Text.</p>"),
        (r"See figure~\ref{fig:a}.", '<p>See figure\u00a0<a href="page.html#fig:a">FIG:A</a>.</p>'),
        (r"Adam~\citep{adam,sgd} by \citet{kingma}", "<p>Adam\u00a0(Adam; Sgd) by Kingma</p>"),
        (r"\(R^2\), \(x_{10} \leq 3\) and $a-b$", '<i class="maths">R<sup>2</sup></i>'),
        (r"\textcolor[HTML]{00664F}{confirmed}", '<p><span class="confirmed">confirmed</span></p>'),
        (r"\textcolor{red}{[missing]}", '<p><span class="gap">[missing]</span></p>'),
        (r"``good'' -- it's \'a and \~{n}", "<p>“good” – it’s á and ñ</p>"),
        (r"\begin{itemize}\item One \item Two\end{itemize}", "<li>"),
        (r"\unheard{of} \mbox{0.9}", "<p>of 0.9</p>"),
        ("5 < 6 & <b>no</b>", "<p>5 &lt; 6 &amp; &lt;b&gt;no&lt;/b&gt;</p>"),
        (r"an open {brace \emph{and", "<p>an open brace <em>and</em></p>"),
    ],
)
def test_latex_becomes_html(text: str, shown: str) -> None:
    assert shown in html(text)


def test_headings_stand_below_that_of_the_page() -> None:
    text = r"\subsection{What}"
    assert to_html(text, lambda label: (label, ""), str, below=0) == "<h2>What</h2>"


def test_what_is_escaped_for_latex_reads_as_it_was() -> None:
    text = "50 % of $x_1$ & {y}, 1 − 2 ≤ 3 ± 4 × 10⁻⁵ ✓ [a] ~ ^ \\ “q” – … <i>"
    assert html(escape(text)) == f"<p>{as_html(text)}</p>".replace("10⁻⁵", "10<sup>−</sup><sup>5</sup>")


def test_a_work_is_cited_by_authors_and_year(tmp_path: Path) -> None:
    file = tmp_path / "references.bib"
    file.write_text(
        '@article{one,\n  author = {M{\\"o}lder, Felix},\n  year = {2021},\n  doi = {10.1/a_b},\n}\n'
        "@book{two,\n  author = {Ada Lovelace and Charles Babbage},\n  year = 1843,\n}\n"
        "@misc{three,\n  author = {Chollet, Fran{\\c c}ois and others},\n  year = {2015},\n}\n"
    )
    cited = works(file)
    assert cited["one"] == '<a href="https://doi.org/10.1/a_b">Mölder 2021</a>'
    assert cited["two"] == "Lovelace &amp; Babbage 1843"
    assert cited["three"] == "Chollet et al. 2015"
    assert works(tmp_path / "nothing.bib") == {}
