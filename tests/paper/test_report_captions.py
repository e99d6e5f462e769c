"""The captions of the HTML report: templates of Snakemake that become reStructuredText."""

from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts
from docutils.utils import SystemMessage

from paper.factory import ROOT
from practica.config import Study
from practica.figures.catalogue import report_figures, spec
from practica.paper.catalogue import tables_for


def html(template: str, *said: str) -> str:
    captions = {text: {"text": text, "ran": "densa_: Adam; 5 semillas."} for text in said}
    job = SimpleNamespace(
        params=SimpleNamespace(captions=captions),
        output=SimpleNamespace(csv="results/tables/table1.csv"),
        config={},
    )
    source = (ROOT / "report" / template).read_text(encoding="utf-8")
    text = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source).render(snakemake=job, files=[])
    # Level 2: a warning is an error.
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 5})["body"]


def test_every_caption_is_clean_restructured_text(shipped: Study) -> None:
    captions = [("figure.rst", spec(shipped, name).caption) for name in report_figures(shipped)]
    captions += [("table.rst", table.caption) for table in tables_for(shipped)]
    for template, caption in captions:
        text = html(template, *caption.values()).replace("&quot;", '"')
        for said in caption.values():
            assert said[:20].split("\\")[0] in text


@pytest.mark.parametrize(("template", "words"), [("workflow.rst", "results/tables"), ("paper.rst", "apéndice")])
def test_the_other_captions(template: str, words: str) -> None:
    assert words in html(template)


def test_this_check_sees_bad_text() -> None:
    with pytest.raises(SystemMessage):
        html("figure.rst", "an **unclosed mark")
