"""What an exercise hands to training: samples, what to minimise and measure, and how a batch is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from practica import seeds
from practica.errors import InputError
from practica.exercises.settings import Settings

Arrays = Mapping[str, np.ndarray]
IMAGE_FILES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"])


@dataclass(frozen=True)
class Ragged:
    """Sequences of different lengths, one after another.

    Attributes:
        values: all sequences, flat.
        offsets: ``(n + 1,)``; sequence ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
    """

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return max(0, len(self.offsets) - 1)  # withheld test reviews have not even offsets

    def __getitem__(self, index: np.ndarray) -> Ragged:
        """Return the sequences at these places."""
        lengths = np.diff(self.offsets)[index]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.offsets[index] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Ragged(np.asarray(self.values)[places], offsets)


def rows_of(inputs: Any, rows: np.ndarray) -> Any:
    """Return these rows of stored inputs, of each array where there are several."""
    if isinstance(inputs, Mapping):
        return {name: rows_of(part, rows) for name, part in inputs.items()}
    if isinstance(inputs, tuple):
        return tuple(rows_of(part, rows) for part in inputs)
    return inputs[rows]


@dataclass(frozen=True)
class Images:
    """Images in files, read when a batch needs them.

    Attributes:
        paths: one a sample.
        size: height and width [pixels] to which every image is brought.
        channels: 1 for grey, 3 for colour.
    """

    paths: tuple[str, ...]
    size: tuple[int, int]
    channels: int = 3

    @classmethod
    def in_folder(cls, folder: str | Path, size: tuple[int, int], channels: int = 3) -> tuple[Images, np.ndarray]:
        """Return the images of a folder that has a subfolder for each class, and their class numbers ``(n,)``.

        Raises:
            InputError: there are none.
        """
        classes = sorted(path for path in Path(folder).iterdir() if path.is_dir() and not path.name.startswith("."))
        files = [sorted(path for path in each.rglob("*") if path.suffix.lower() in IMAGE_FILES) for each in classes]
        if not any(files):
            raise InputError(f"{folder}: no images in subfolders; it needs a subfolder for each class")
        labels = np.repeat(np.arange(len(classes)), [len(each) for each in files])
        return cls(tuple(str(path) for each in files for path in each), size, channels), labels

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        """Return these images ``(rows, height, width, channels)`` in uint8."""
        from PIL import Image

        batch = np.empty((len(rows), *self.size, self.channels), np.uint8)
        for place, row in enumerate(rows):
            with Image.open(self.paths[row]) as image:
                scaled = image.convert("L" if self.channels == 1 else "RGB").resize(self.size[::-1])
            batch[place] = np.asarray(scaled).reshape(batch.shape[1:])
        return batch


@dataclass(frozen=True)
class Samples:
    """Inputs and targets of one part of the data: rows of arrays that parts and runs share, so nothing is copied.

    Attributes:
        inputs: an array ``(n, ...)`` of numbers or texts, ``Ragged``, a dictionary or tuple of arrays for a net of
            several inputs, or anything that gives an array for ``inputs[rows]``, as ``Images`` does.
        targets: ``(n, ...)``.
        rows: which of the ``n`` belong to the part, in its order; None: all.
    """

    inputs: Any
    targets: np.ndarray
    rows: np.ndarray | None = None

    @property
    def x(self) -> Any:
        """Return a copy of the part's inputs."""
        return self.inputs if self.rows is None else rows_of(self.inputs, self.rows)

    @property
    def y(self) -> np.ndarray:
        """Return a copy of the part's targets."""
        return self.targets if self.rows is None else self.targets[self.rows]

    def __len__(self) -> int:
        return len(self.targets if self.rows is None else self.rows)

    def places(self) -> np.ndarray:
        """Return the rows ``(len,)`` of the part."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def take(self, index: np.ndarray) -> Samples:
        """Return the samples at these places."""
        return Samples(self.inputs, self.targets, self.places()[index])


@dataclass(frozen=True)
class Task:
    """What is minimised and measured.

    Attributes:
        loss: name of a loss of Keras, with logits where it knows them, or a loss: a function ``(targets, outputs)``
            or a ``keras.losses.Loss``.
        accuracy: how a prediction counts as right (``logit``, ``class``, ``onehot``, ``sign``), or None.
        monitor: the validation metric that tells the best epoch, and whether the best is ``max`` or ``min``.
        metrics: further metrics at every point of the history, by name: a function ``(targets, outputs)`` with one
            value a sample, or a subclass of ``keras.metrics.Metric``.
    """

    loss: Any
    accuracy: str | None
    monitor: tuple[str, str]
    metrics: Mapping[str, Any] = field(default_factory=dict)


REGRESSION = Task("mse", None, ("mse", "min"))
BINARY = Task("binary_crossentropy", "logit", ("accuracy", "max"))
MULTICLASS = Task("sparse_categorical_crossentropy", "class", ("accuracy", "max"))
ONEHOT = Task("mse", "onehot", ("accuracy", "max"))
SIGN = Task("mse", "sign", ("accuracy", "max"))


@dataclass(frozen=True)
class Problem:
    """One learning problem: a data set split by a data seed, and what is to be learnt from it.

    Attributes:
        task: what is minimised and measured.
        train, validation, test: the parts of the data; validation and test where the exercise has them.
        to_input: maps a batch of ``x`` to the network's input (TensorFlow ops), for training and evaluation alike.
        augment: Keras layers that alter the inputs in training only, newly made for each run; or None.
        callbacks: Keras callbacks, newly made for each run, or None; a run with one that remembers more than
            follows from the logs of epochs begins anew when it was killed.
        measure: further metrics of predictions, ``(part name, inputs, targets, predictions) -> {metric: value}``.
        artefacts: arrays that figures need, from a function that predicts; ``{}`` where there are none.
    """

    task: Task
    train: Samples
    validation: Samples | None = None
    test: Samples | None = None
    to_input: Callable[[Any], Any] | None = None
    augment: Callable[[], list[Any]] | None = None
    callbacks: Callable[[], list[Any]] | None = None
    measure: Callable[[str, Any, np.ndarray, np.ndarray], dict[str, float]] | None = None
    artefacts: Callable[[Callable[[Any], np.ndarray]], dict[str, np.ndarray]] = field(default=lambda predict: {})

    def parts(self) -> dict[str, Samples]:
        """Return the parts that the exercise has, by name."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: samples for name, samples in parts.items() if samples is not None}

    def artefacts_from(self, predict: Callable[[Any], np.ndarray]) -> dict[str, np.ndarray]:
        """Return copies of the artefacts: a slice would keep the whole array that it comes from in memory."""
        return {name: np.array(array) for name, array in self.artefacts(predict).items()}

    def without_test(self) -> Problem:
        """Return what a trial may see: no test part, nor artefacts, which are made from it."""
        return replace(self, test=None, artefacts=lambda predict: {})


def model(builder: Callable[[Settings], Any]) -> Callable[[Settings], Any]:
    """Mark a function ``(settings) -> model`` as one that variants can name."""
    return builder


def by_hand(builder: Callable[[Settings], Any]) -> Callable[[Settings], Any]:
    """Mark a function ``(settings) -> net`` as one that variants can name, whose net is trained without Keras.

    docs/what-an-exercise-can-say.md lists the methods that such a net has.
    """
    return builder


def data_rng(seed: int, stream: str) -> np.random.Generator:
    """Return the generator of one use of the data seed (``split``, ``noise``...), shared by all variants."""
    return seeds.stream(f"data {stream}", seed)


def subset(samples: Samples, count: int | None, seed: int, *, stratify: bool = True) -> Samples:
    """Return ``count`` samples drawn with the data seed, or all of them where ``count`` is None.

    Each class gets its share, unless the sample or the rest is smaller than the number of classes.
    """
    if count is None or count >= len(samples):
        return samples
    by_class = stratify and min(count, len(samples) - count) >= len(np.unique(samples.y))
    _, places = _draw(samples, count, seed, "subset", by_class)
    return samples.take(places)


def hold_out(samples: Samples, fraction: float, seed: int, *, stratify: bool = True) -> tuple[Samples, Samples]:
    """Split training samples into train and validation with the data seed; stratified by ``y`` for classes."""
    train, validation = _draw(samples, fraction, seed, "split", stratify)
    return samples.take(train), samples.take(validation)


def _draw(samples: Samples, size: float, seed: int, stream: str, stratify: bool) -> tuple[np.ndarray, np.ndarray]:
    """Draw ``size`` samples (a count or a fraction), and return the places of the rest and of the sample, in order.

    Raises:
        InputError: there are too few samples to draw from every class.
    """
    from sklearn.model_selection import train_test_split  # here: the import takes half a second, and few need it

    places = np.arange(len(samples))
    labels = samples.y if stratify else None
    state = int(data_rng(seed, stream).integers(2**31))
    try:
        rest, sample = train_test_split(places, test_size=size, random_state=state, stratify=labels)
    except ValueError as error:
        raise InputError(f"cannot draw {size} of {len(samples)} samples; raise train_samples: {error}") from error
    return np.sort(rest), np.sort(sample)


def official(arrays: Arrays, settings: Settings, seed: int) -> tuple[Samples, Samples, Samples]:
    """Return train, validation and test of a data set with an official test set, which is never split or mixed in."""
    full = subset(
        Samples(np.asarray(arrays["x_train"]), np.asarray(arrays["y_train"])), settings.get("train_samples"), seed
    )
    test = subset(
        Samples(np.asarray(arrays["x_test"]), np.asarray(arrays["y_test"])), settings.get("test_samples"), seed
    )
    train, validation = hold_out(full, settings.validation_fraction, seed)
    return train, validation, test


def standardise(train: np.ndarray, *others: np.ndarray) -> list[np.ndarray]:
    """Return all parts in float32, shifted and scaled by the mean and deviation of each column of ``train`` alone."""
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    deviation = np.where(deviation == 0, 1.0, deviation)  # a constant column says nothing: it becomes zero
    return [((part - mean) / deviation).astype(np.float32) for part in (train, *others)]
