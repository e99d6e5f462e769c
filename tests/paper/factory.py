"""Write the results of a study as its jobs would, with predictable numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.config.about import about
from practica.config.study import Block, Study
from practica.evidence.collect import METRICS_COLUMNS, collect, write_table
from practica.evidence.verdicts import write_claims
from practica.figures.catalogue import report_figures
from practica.files import write_json, write_text
from practica.study_folder import opened
from toy import toy_study

ROOT = Path(__file__).parents[2]
SPLITS = ("train", "validation", "test")
CLASSES = ("accuracy",)
RECORDED = {"moons": (SPLITS[:2], CLASSES), "steps": (SPLITS, (*CLASSES, "turns"))}
"""The parts of the data and the metrics of each exercise of the toy."""
OF_CLASSES = ("crescents", "turned", "walks")
ANY = ("accuracy", "mse", "mae", "r2", "psnr")
"""The metrics of one that nothing is known of here: its prose may ask for any."""
LEVELS = {"loss": 0.31, "mse": 0.021, "mae": 2.5, "r2": 0.71, "psnr": 17.25, "turns": 4.5}
SHARES = ("accuracy", "f1", "f1_score", "precision", "recall", "auc")
TOTALS = {"steps/dense": (16140, 60), "steps/conv": (12986, 96), "moons/raw": (33, 0)}


def one_exercise(exercise: str = "steps", **changes: Any) -> Study:
    """Return the toy cut down to one exercise."""
    return toy_study(only=exercise, **changes)


def fill(study: Study, results: Path, *, stand_in: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> None:
    """Write and collect the study's results; ``stand_in`` names data sets, ``skip`` variants to leave out."""
    for block in study.blocks():
        if f"{block.exercise}/{block.variant}" not in skip:
            write_block(block, results, stand_in=block.dataset in stand_in)
    write_json(results / "models.json", {f"{e}/{v}": model(e, v) for e in study.exercises for v in study.variants(e)})
    for exercise in study.exercises:
        if study.twins(exercise):
            write_times(study, exercise, results)
    for name in report_figures(study):
        for language in study.languages:
            stem = results / study.shelf("figures", language) / name
            write_text(stem.with_suffix(".pdf"), grey_picture())
            write_text(stem.with_suffix(".csv"), "panel,series,kind,x,y,value\n")
    collect(study, results)
    write_claims(study, results)


def write_block(block: Block, results: Path, *, stand_in: bool = False, accuracy: float = 0.9, epochs: int = 3) -> None:
    """Write one finished block; accuracies grow by 0.002 with each seed (to 19) and fold; training beats testing."""
    folder = block.folder(results)
    head = {"schema": 1, "exercise": block.exercise, "variant": block.variant, "block": block.name}
    folds = range(block.settings["folds"]) if "folds" in block.settings else [None]
    runs, histories = [], []
    for seed in block.seeds:
        for fold in folds:
            shift = 0.002 * (seed % 20) + 0.002 * (fold or 0)  # no accuracy exceeds one
            values = {
                split: _values(block, split, accuracy + shift + _luck(block, split, seed))
                for split in recorded(block)[0]
            }
            run = {"seed": seed, "fold": fold}
            runs.append({**run, "epochs": epochs, "best_epoch": epochs, "metrics": values})
            curves = {split: _curves(last, epochs) for split, last in values.items() if split != "test"}
            histories.append({**run, "epoch": [1, 2, 3][:epochs], **curves})
    known = provenance(block, stand_in)
    write_json(folder / "metrics.json", {**head, "stand_in": stand_in, "runs": runs, "provenance": known})
    write_json(folder / "history.json", {**head, "stand_in": stand_in, "runs": histories, "provenance": known})
    made = {"stand_in": stand_in, "model": block.model, "seeds": list(block.seeds), "settings": dict(block.settings)}
    write_json(folder / "manifest.json", {**head, **made, "provenance": known})
    walks = {"heights": np.tile([0, 1, 2, 1], (3, 4)), "scores": np.eye(3)} if block.exercise == "steps" else {}
    np.savez(folder / "arrays.npz", **{f"s{seed}/{name}": each for seed in block.seeds for name, each in walks.items()})


def grey_picture() -> str:
    """Return a small PDF."""
    drawing = "0.8 g 5 5 290 190 re f"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R>>",
        f"<</Length {len(drawing)}>>stream\n{drawing}\nendstream",
    ]
    text, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return f"{text}{head}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(text)}\n%%EOF\n"


def write_failure(block: Block, results: Path, reason: str) -> None:
    """Record that a block failed."""
    path = results / "failures" / block.exercise / block.variant / f"{block.name}.json"
    write_json(path, {"reason": reason, "when": "2026-01-01T00:00:00+00:00"})


def recorded(block: Block) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parts of the data in a block's exercise, and the metrics that it records beside the loss."""
    if block.exercise in RECORDED:
        return RECORDED[block.exercise]
    if block.dataset in OF_CLASSES:
        return SPLITS, CLASSES
    own = about(opened(), block.exercise).get("metrics", {})
    asked = [snake(each) for each in block.settings.get("metrics", ())]
    return SPLITS, tuple(dict.fromkeys([*ANY, *own, *asked]))


def snake(entry: str | Mapping[str, Any]) -> str:
    """Return the name under which a Keras metric from the settings is recorded."""
    name = entry if isinstance(entry, str) else str(entry["name"])
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _luck(block: Block, split: str, seed: int) -> float:
    """Return so little that no digit shows it, and that no two variants or parts of the data differ alike."""
    return 1e-6 * seed * len(block.variant) * (2 if split == "train" else 1)


def _values(block: Block, split: str, accuracy: float) -> dict[str, float]:
    gap = {"train": 0.05, "validation": 0.01, "test": 0.0}[split]
    names = ("loss", *recorded(block)[1])
    last = {name: accuracy + gap if name in SHARES else LEVELS.get(name, 0.5) for name in names}
    return last | {f"best_{name}": value for name, value in last.items()}


def _curves(last: dict[str, float], epochs: int) -> dict[str, list[float]]:
    curves = {"loss": [0.9, 0.5][: epochs - 1]}
    curves |= {"accuracy": [0.2, 0.6][: epochs - 1]} if "accuracy" in last else {}
    return {name: [*values, last[name]] for name, values in curves.items()}


def provenance(block: Block, stand_in: bool) -> dict[str, Any]:
    """Return the fake origin of the block."""
    kind, source = ("stand-in", "generated") if stand_in else ("upstream", "example.org/a_b")
    return {
        "git": {"commit": "0123456789abcdef0123", "dirty": True},
        "versions": {"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"},
        "host": "node_1",
        "cpu": "Some CPU @ 2.0GHz",
        "gpu": None,
        "threads": 1,
        "data": {
            "name": block.dataset,
            "fingerprint": f"f00d{block.dataset}",
            "stand_in": stand_in,
            "origin": {"kind": kind, "source": source},
        },
        "started": "2026-01-01T00:00:00+00:00",
        "engine": "fit",
        "precision": "float32",
        "wall_seconds": 12.5,
        "fit_seconds": 10.25,
        "peak_memory_mb": 512.0,
        "model_parameters": {"total": 16140, "trainable": 16080, "non_trainable": 60},
    }


def model(exercise: str, variant: str) -> dict[str, Any]:
    """Return the entry of a variant in ``models.json``."""
    total, frozen = TOTALS.get(f"{exercise}/{variant}", (673, 72))
    count = 41 if variant == "conv" else 9
    layers = [
        {"name": f"batch_normalization_{place}", "type": "BatchNormalization", "output_shape": "(None, 14, 14, 256)",
         "parameters": 1024}
        for place in range(count)
    ]  # fmt: skip
    return {"total": total, "trainable": total - frozen, "non_trainable": frozen, "layers": layers}


def write_times(study: Study, exercise: str, results: Path) -> None:
    """Write times of the exercise's nets, 500 ms an epoch, and of their twins, twice as long."""
    rows = [
        (exercise, name, repetition, None, "timing", "ms_per_epoch", ms * part, "real")
        for twin, net in study.twins(exercise).items()
        for name, ms in ((net, 500), (twin, 1000))
        for repetition, part in enumerate((0.9, 1.0, 1.1))
    ]
    table = pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"})
    write_table(results / "measured" / f"{exercise}.csv", table)
