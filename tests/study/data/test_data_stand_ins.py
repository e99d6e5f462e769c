"""Stand-ins look like the data that they replace, are the same every time, and can be learnt."""

import numpy as np
import pytest

from practica.code.syntax import data_sets
from practica.data.store.registry import spec_of
from practica.data.store.spec import Published, fingerprint

# Per data set: the shape of a sample, its type, and the label values.
EXPECTED = {
    "boston": ((13,), "<f8", None),
    "pima": ((8,), "<f8", range(2)),
    "mnist": ((28, 28), "|u1", range(10)),
    "cifar10": ((32, 32, 3), "|u1", range(10)),
    "cifar100": ((32, 32, 3), "|u1", range(100)),
}
IMAGES = ("mnist", "cifar10", "cifar100")


@pytest.fixture(scope="module")
def stand_ins():
    return {
        name: spec.stand_in()
        for name, spec in ((name, spec_of(name)) for name in data_sets())
        if isinstance(spec, Published)
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_samples_and_labels_are_like_the_real_ones(stand_ins, name):
    shape, dtype, labels = EXPECTED[name]
    arrays = stand_ins[name]
    parts = {"": 768 if name == "pima" else 506} if "x" in arrays else {"_train": 2_000, "_test": 500}
    assert set(arrays) == {f"{array}{part}" for array in "xy" for part in parts}
    for part, count in parts.items():
        x, y = arrays[f"x{part}"], arrays[f"y{part}"]
        assert (x.shape, x.dtype.str) == ((count, *shape), dtype)
        assert y.shape == (count,)
        if labels is not None:
            assert y.dtype == np.uint8
            assert set(y.tolist()) == set(labels)


@pytest.mark.parametrize("name", ["boston", "pima", "mnist", "cifar10", "cifar100", "imdb"])
def test_they_are_the_same_every_time(stand_ins, name):
    np.random.seed(5)  # the global generator must not matter
    assert fingerprint(spec_of(name).stand_in()) == fingerprint(stand_ins[name])


def test_pima_has_as_many_impossible_zeros_and_patients_as_the_real_one(stand_ins):
    x, y = stand_ins["pima"].values()
    assert (x[:, 1:6] == 0).sum(axis=0).tolist() == [5, 35, 227, 374, 11]
    assert y.sum() == 268
    assert x[:, 6:].min() > 0  # pedigree and age have none
    assert not (x[x[:, 3] == 0, 4]).any()  # no insulin where there is no skin thickness


def test_boston_values_are_cut_like_the_real_ones(stand_ins):
    x, y = stand_ins["boston"].values()
    assert (y.min(), y.max()) == (5, 50)
    assert set(np.unique(x[:, 3])) == {0, 1}


def test_reviews_are_like_the_real_ones(stand_ins):
    arrays = stand_ins["imdb"]
    for part, count in (("train", 2_000), ("test", 1_000)):
        tokens, offsets, y = (arrays[f"{array}_{part}"] for array in ("tokens", "offsets", "y"))
        assert [array.dtype.str for array in (tokens, offsets, y)] == ["<u2", "<i8", "|u1"]
        assert (offsets[0], offsets[-1], len(offsets), y.sum()) == (0, len(tokens), count + 1, count // 2)
        lengths = np.diff(offsets)
        assert lengths.min() >= 11
        assert lengths.max() <= 2_494
        assert 215 < lengths.mean() < 260
        assert (tokens[offsets[:-1]] == 1).all()
        assert (tokens == 1).sum() == count
        assert 0.02 < (tokens == 2).mean() < 0.1  # outside the vocabulary
        assert tokens.max() < 10_000
        assert not np.isin(tokens, (0, 3)).any()


@pytest.mark.parametrize("name", IMAGES)
def test_images_can_be_learnt(stand_ins, name):
    arrays = stand_ins[name]
    x, x_test = (arrays[part].reshape(len(arrays[part]), -1).astype(float) for part in ("x_train", "x_test"))
    classes = np.unique(arrays["y_train"])
    centres = np.stack([x[arrays["y_train"] == label].mean(axis=0) for label in classes])
    distances = (centres**2).sum(axis=1) - 2 * x_test @ centres.T
    assert (classes[distances.argmin(axis=1)] == arrays["y_test"]).mean() > 0.5


def test_reviews_can_be_learnt(stand_ins):
    arrays = stand_ins["imdb"]

    def share(part, word_class):
        """Return how often each review uses a word of the class."""
        tokens, offsets = arrays[f"tokens_{part}"], arrays[f"offsets_{part}"]
        return np.add.reduceat(np.isin(tokens, word_class), offsets[:-1], dtype=float) / np.diff(offsets)

    positive = np.repeat(arrays["y_train"], np.diff(arrays["offsets_train"])) == 1
    counts = [np.bincount(arrays["tokens_train"][chosen], minlength=10_000) for chosen in (positive, ~positive)]
    telling = np.log((counts[0] + 1) / (counts[1] + 1))
    score = share("test", np.flatnonzero(telling > 0.5)) - share("test", np.flatnonzero(telling < -0.5))
    assert ((score > 0) == arrays["y_test"]).mean() > 0.7


@pytest.mark.parametrize("name", ["boston", "pima"])
def test_tables_can_be_learnt(stand_ins, name):
    x, y = stand_ins[name].values()
    design = np.column_stack([(x - x.mean(axis=0)) / x.std(axis=0), np.ones(len(x))])
    half = len(x) // 2
    weights = np.linalg.lstsq(design[:half], y[:half].astype(float))[0]
    predicted = design[half:] @ weights
    if name == "boston":
        assert ((predicted - y[half:]) ** 2).mean() < 0.5 * y.var()
    else:
        assert ((predicted > 0.5) == y[half:]).mean() > 0.72  # 0.65 are healthy
