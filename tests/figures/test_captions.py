"""Captions that follow from what a figure shows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from evidence.factory import make_study
from practica.config.study import Study
from practica.figures.catalogue import spec
from practica.figures.draw import figure_words
from practica.paper.catalogue import tables_for
from toy import copied


def with_figure(folder: Path, variants: list[str], **entry: Any) -> Study:
    """Return a study in which the steps have one figure, ``fig``, without a caption of its own, and a metric F₁."""
    file = copied(folder) / "steps/about.yaml"
    about = {"figures": {"fig": {"variants": variants, "title": "Seen", **entry}}, "metrics": {"f1": "F₁"}}
    file.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    return make_study({"steps": ["dense", "conv"]}, folder=folder)


@pytest.mark.parametrize(
    ("entry", "caption"),
    [
        ({"kind": "compare", "panels": ["accuracy"]}, "Seen: accuracy by epoch, on validation data."),
        ({"kind": "compare", "panels": ["f1"], "split": "test"}, "Seen: F₁ by epoch, on test data."),
        ({"kind": "compare"}, "Seen: recorded metrics by epoch, on validation data."),
        (
            {"kind": "folds", "panels": [{"metric": "accuracy", "errors": True}]},
            "Seen: error rate by epoch, on validation data, with its standard deviation over the folds.",
        ),
        ({"kind": "stairs", "arrays": ["heights"]}, "Seen."),
    ],
)
def test_a_caption_says_what_its_kind_of_figure_shows(tmp_path: Path, entry: dict[str, Any], caption: str) -> None:
    study = with_figure(tmp_path / "study", ["dense", "conv"], **entry)
    assert spec(study, "fig").caption["en"] == caption


@pytest.mark.parametrize(("kind", "split"), [("curves", ""), ("compare", "train")])
def test_a_caption_says_how_training_is_measured_where_it_is_shown(tmp_path: Path, kind: str, split: str) -> None:
    study = with_figure(
        tmp_path / "study", ["dense"], kind=kind, panels=["loss"], **({"split": split} if split else {})
    )
    assert "the mean over the steps of each epoch" in spec(study, "fig").caption["en"]


def test_a_single_seed_has_no_spread_and_no_interval_in_captions() -> None:
    one, several = (make_study(seeds=seeds) for seeds in (1, 2))
    for study, says in ((one, False), (several, True)):
        captions = [each.caption["en"] for each in tables_for(study)] + [spec(study, "fig_claims").caption["en"]]
        assert any("interval" in caption or "standard deviation" in caption for caption in captions) is says


def test_a_variant_may_be_called_like_a_word() -> None:
    study = make_study({"steps": ["train"]})
    words = figure_words(study, spec(study, "fig_steps_train"), "en")
    assert (words["train"], words["variant train"]) == ("Training", "train")
