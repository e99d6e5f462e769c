"""The common parts of the plain scripts: a run's specification, the data files, the split, and a last line of JSON."""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path
from typing import Any

BEGIN = time.perf_counter()

import keras  # noqa: E402  the clock starts before the import, which takes seconds
import numpy as np  # noqa: E402
from sklearn.model_selection import train_test_split  # noqa: E402


class Run:
    """One seed of one variant, as the command line gives it.

    Attributes:
        model: name of the architecture.
        settings: the study's settings of the variant.
        seed: the only seed: each has its own process.
    """

    def __init__(self) -> None:
        parser = argparse.ArgumentParser(description="Train one seed with plain Keras.")
        parser.add_argument("--spec", required=True, help="specification of the run, as for `practica train --spec`")
        parser.add_argument("--data", required=True, type=Path, help="folder of the data sets")
        parser.add_argument("--history", type=Path, help="file of comma-separated values to write, a line an epoch")
        arguments = parser.parse_args()
        spec = json.loads(arguments.spec)
        self.model: str = spec["model"]
        self.dataset: str = spec["dataset"]
        self.settings: dict[str, Any] = {**spec["settings"], "dataset": self.dataset}
        (self.seed,) = spec["seeds"]
        self._folder = arguments.data / "prepared" / self.dataset
        self._history = arguments.history
        self._fit_seconds = 0.0
        # Keras draws its own seeds from here. Not keras.utils.set_random_seed: TensorFlow's global seed, which it sets
        # too, lets `fit` go through the samples in one and the same order in every epoch, which costs accuracy.
        random.seed(self.seed)

    def array(self, name: str) -> np.ndarray:
        """Read one array of the data set."""
        return np.load(self._folder / f"{name}.npy")

    def fit(self, model: keras.Model, x: Any, y: Any, **options: Any) -> None:
        """Call ``model.fit`` with the study's batch size and epochs, and time it."""
        if self._history:
            options["callbacks"] = [keras.callbacks.CSVLogger(self._history)]
        start = time.perf_counter()
        model.fit(x, y, batch_size=self.settings["batch_size"], epochs=self.settings["epochs"], verbose=0, **options)
        self._fit_seconds += time.perf_counter() - start

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Return the study's optimizer for the variant."""
        rate = self.settings["learning_rate"]
        if self.settings["optimizer"] == "sgd":
            return keras.optimizers.SGD(rate, momentum=self.settings.get("momentum", 0.0))
        return keras.optimizers.Adam(rate)

    def report(self, metrics: dict[str, dict[str, float]]) -> None:
        """Print the outcome of the run: its metrics by split, and its cost."""
        print(
            json.dumps(
                {
                    "metrics": metrics,
                    "fit_seconds": round(self._fit_seconds, 3),
                    "wall_seconds": round(time.perf_counter() - BEGIN, 3),
                    "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
                }
            )
        )


def evaluate(model: keras.Model, **parts: tuple[Any, Any]) -> dict[str, dict[str, float]]:
    """Return the metrics of each part, which is a pair of inputs and targets."""
    return {name: model.evaluate(x, y, verbose=0, return_dict=True) for name, (x, y) in parts.items()}


def some(x: Any, y: Any, count: int | None, seed: int) -> tuple[Any, Any]:
    """Return ``count`` samples drawn at random, or all of them."""
    if count is None or count >= len(y):
        return x, y
    x, _, y, _ = train_test_split(x, y, train_size=count, random_state=seed, stratify=y)
    return x, y


def train_validation(x: Any, y: Any, run: Run, *, stratify: bool = True) -> list[Any]:
    """Return x_train, x_validation, y_train, y_validation with the study's sizes."""
    x, y = some(x, y, run.settings.get("train_samples"), run.seed)
    fraction = run.settings["validation_fraction"]
    return train_test_split(x, y, test_size=fraction, random_state=run.seed, stratify=y if stratify else None)
