"""Write synthetic run folders that follow the file formats of a training job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from practica.config.study import Block, Study
from practica.evidence.collect import METRICS_COLUMNS, write_table
from practica.files import atomic_path, write_json
from toy import TOY, copied, resolve

# Each exercise: data set, variants, folds, and metrics beside the loss. The toy's, and one with errors.
EXERCISES: dict[str, tuple[str, list[str], int, list[str]]] = {
    "moons": ("crescents", ["raw", "corrected", "wider", "deeper", "raw_numpy"], 5, ["accuracy"]),
    "steps": ("walks", ["dense", "conv"], 0, ["accuracy"]),
    "lines": ("crescents", ["line"], 0, ["mse", "mae", "r2", "psnr"]),
}
INVENTED = ("walks", [], 0, ["accuracy"])
"""The same of one that a test makes up."""
TESTED = ("steps",)
"""Those that have a test set."""
RUN = ("moons", "steps")
"""Those that the study's folder holds."""


def make_study(
    exercises: dict[str, list[str]] | None = None, seeds: int = 3, seeds_per_job: int = 1, folder: Path = TOY
) -> Study:
    """Return a resolved study of these exercises and variants; the default is both exercises of the toy."""
    chosen = exercises or {name: EXERCISES[name][1] for name in RUN}
    return resolve(
        {
            "study": str(folder),
            "seeds": seeds,
            "seeds_per_job": seeds_per_job,
            "exercises": {
                name: {"dataset": _shape(name)[0], "variants": {variant: {} for variant in variants}}
                for name, variants in chosen.items()
            },
        }
    )


def edited(folder: Path, file: str, old: str, new: str, **options: Any) -> Study:
    """Return the study with an edit in a copy of its folder."""
    path = (folder if folder.exists() else copied(folder)) / file
    text = (TOY / file).read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return make_study(folder=folder, **options)


def fill(study: Study, results: Path, *, stand_in: bool = False, epochs: int = 12) -> None:
    """Write every block of the study."""
    for block in study.blocks():
        write_block(block, results, stand_in=stand_in, epochs=epochs)


def write_block(
    block: Block,
    results: Path,
    *,
    stand_in: bool = False,
    epochs: int = 12,
    metrics: list[str] | None = None,
    folds: int | None = None,
    arrays_of: Callable[[str, int], dict[str, np.ndarray]] | None = None,
) -> Path:
    """Write one finished block with plausible learning curves and return its folder.

    Metrics, folds and arrays are those of ``EXERCISES`` unless given.
    """
    folder = block.folder(results)
    folds = _shape(block.exercise)[2] if folds is None else folds
    metrics = metrics or _shape(block.exercise)[3]
    head = {"schema": 1, "exercise": block.exercise, "variant": block.variant, "block": block.name}
    head |= {"trial": block.trial} if block.trial else {}
    histories, runs, arrays = [], [], {}
    for seed in block.seeds:
        for fold in range(folds) if folds else [None]:
            rng = np.random.default_rng([seed, fold or 0, *block.id.encode()])
            history = _history(rng, metrics, epochs)
            histories.append({"seed": seed, "fold": fold, "epoch": list(range(1, epochs + 1)), **history})
            values = _last(history)
            values |= {"test": values["validation"]} if block.exercise in TESTED else {}
            runs.append({"seed": seed, "fold": fold, "epochs": epochs, "best_epoch": epochs, "metrics": values})
        arrays |= {f"s{seed}/{name}": each for name, each in (arrays_of or _arrays)(block.exercise, seed).items()}
    provenance = _provenance(block, stand_in)
    write_json(folder / "metrics.json", {**head, "stand_in": stand_in, "runs": runs, "provenance": provenance})
    write_json(folder / "history.json", {**head, "stand_in": stand_in, "runs": histories, "provenance": provenance})
    made = {"stand_in": stand_in, "model": block.model, "seeds": list(block.seeds), "settings": dict(block.settings)}
    write_json(folder / "manifest.json", {**head, **made, "provenance": provenance})
    with atomic_path(folder / "arrays.npz") as part, part.open("wb") as stream:
        np.savez(stream, **arrays)
    return folder


def write_failure(block: Block, results: Path, reason: str) -> None:
    """Record that a block failed."""
    path = results / "failures" / block.exercise / block.variant / f"{block.name}.json"
    write_json(path, {"reason": reason, "when": "2026-01-01T00:00:00+00:00"})


def write_timing(results: Path, *, stand_in: bool = False) -> None:
    """Write the times of a moons net in Keras and in NumPy."""
    data = "STAND-IN" if stand_in else "real"
    rows = [
        ("moons", name, repetition, None, "timing", "ms_per_epoch", part * ms, data)
        for name, ms in (("raw", 1200), ("raw_numpy", 3000))
        for repetition, part in enumerate((0.9, 1.0, 1.0, 1.1, 1.2))
    ]
    write_table(
        results / "measured" / "moons.csv", pd.DataFrame(rows, columns=METRICS_COLUMNS).astype({"fold": "Int64"})
    )


def _shape(exercise: str) -> tuple[str, list[str], int, list[str]]:
    return EXERCISES.get(exercise, INVENTED)


def _history(rng: np.random.Generator, metrics: list[str], epochs: int) -> dict[str, Any]:
    speed = rng.uniform(3, 8) / epochs
    steps = np.arange(1, epochs + 1)
    history: dict[str, Any] = {}
    for split, gap in {"train": 0.0, "validation": 0.35}.items():
        loss = np.exp(-speed * steps) + 0.1 + gap * 0.01 * steps * 12 / epochs
        loss = loss * rng.normal(1, 0.02, epochs)
        known = {"accuracy": np.clip(1 - 0.5 * loss, 0, 1), "r2": 1 - loss, "psnr": -10 * np.log10(loss)}
        chosen = {metric: known.get(metric, loss) for metric in metrics}
        history[split] = {name: values.tolist() for name, values in {"loss": loss, **chosen}.items()}
    return history


def _last(history: dict[str, Any]) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for split, metrics in history.items():
        result[split] = {name: values[-1] for name, values in metrics.items()}
        result[split] |= {f"best_{name}": values[-1] for name, values in metrics.items()}
    return result


def _arrays(exercise: str, seed: int) -> dict[str, np.ndarray]:
    if exercise != "steps":
        return {}
    rng = np.random.default_rng([seed, 99])
    return {"heights": np.cumsum(rng.choice([-1, 1], (3, 16)), axis=1), "scores": rng.normal(0, 1, (3, 3))}


def _provenance(block: Block, stand_in: bool) -> dict[str, Any]:
    origin = {"kind": "stand-in", "source": "generated"} if stand_in else {"kind": "upstream", "source": "example.org"}
    return {
        "git": {"commit": "0123abc", "dirty": False},
        "versions": {"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"},
        "host": "node1",
        "cpu": "Some CPU, 2 cores",
        "gpu": None,
        "threads": 1,
        "data": {"name": block.dataset, "fingerprint": "f00d", "stand_in": stand_in, "origin": origin},
        "started": "2026-01-01T00:00:00+00:00",
        "engine": "fit",
        "precision": "float32",
        "wall_seconds": 12.5,
        "fit_seconds": 10.25,
        "peak_memory_mb": 512.0,
        "model_parameters": {"total": 16140, "trainable": 16080, "non_trainable": 60},
    }
