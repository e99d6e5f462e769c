"""The captions of the HTML report: templates of Snakemake that become reStructuredText."""

from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from docutils.core import publish_parts
from docutils.utils import SystemMessage

from paper.factory import ROOT
from practica.config.study import Study
from practica.figures.catalogue import report_figures, spec
from practica.page.menu import page_captions, paper_caption
from practica.paper.catalogue import tables_for


def html(template: str, *said: str, **params: Any) -> str:
    captions = {text: {"text": text, "ran": "densa_: Adam; 5 semillas."} for text in said}
    job = SimpleNamespace(
        params=SimpleNamespace(**{"captions": captions, **params}),
        output=SimpleNamespace(csv="results/tables/table1.csv"),
        config={},
    )
    source = (ROOT / "report" / template).read_text(encoding="utf-8")
    index = SimpleNamespace(target="index.html", id="1", filename="index.html", job=job)
    text = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source).render(snakemake=job, files=[index])
    # Level 2: a warning is an error.
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 5})["body"]


def test_every_caption_is_clean_restructured_text(toy: Study) -> None:
    captions = [("figure.rst", spec(toy, name).caption) for name in report_figures(toy)]
    captions += [("table.rst", table.caption) for table in tables_for(toy)]
    for template, caption in captions:
        text = html(template, *caption.values()).replace("&quot;", '"')
        for message in caption.values():
            assert message[:20].split("\\")[0] in text


def test_the_other_captions(toy: Study) -> None:
    start = html("workflow.rst", captions=SimpleNamespace(**page_captions(toy)))
    assert "results/tables" in start and "in each language of the report" in start
    about = html("paper.rst", caption=paper_caption(toy))
    assert "apéndice" in about and "an appendix" in about


def test_this_check_sees_bad_text() -> None:
    with pytest.raises(SystemMessage):
        html("figure.rst", "an **unclosed mark")
