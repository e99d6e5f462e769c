"""IMDB reviews as word numbers: 25,000 to train, 25,000 to test (Maas et al., ACL 2011), as Keras gives them.

Same content as ``keras.datasets.imdb.load_data(num_words=10000)``: words are numbered by frequency; 1 marks the start
of a review, 2 a word outside the vocabulary, and the most frequent word is 4; reviews stand in the order of Keras'
shuffle with seed 113.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from practica.data.store.array_files import is_pickle, unpickled
from practica.data.store.conversion import as_expected
from practica.data.store.npz import read_arrays, read_object_list
from practica.data.store.spec import Arrays, BadContentError, Form, OtherContentError, Published, Upstream

REVIEWS = 25_000  # in each part
VOCABULARY = 10_000
START, UNKNOWN, INDEX_FROM = 1, 2, 3
SHUFFLE_SEED = 113
PARTS = ("train", "test")
LABELS = tuple(f"y_{part}" for part in PARTS)


def read(path: Path) -> Arrays:
    """Return, for ``train`` and ``test``, the reviews one after another.

    ``tokens_train`` ``(words,)`` uint16, ``offsets_train`` ``(25001,)`` int64, ``y_train`` ``(25000,)`` uint8: review
    ``i`` is ``tokens_train[offsets_train[i]:offsets_train[i + 1]]``, and ``y_train[i]`` is 1 where it is positive.
    """
    if is_pickle(path):
        values = unpickled(path, [f"{axis}_{part}" for part in PARTS for axis in "xy"])
        labels = {name: np.asarray(values[name]) for name in LABELS}
        labels = {name: as_expected(array, name, np.dtype("<i8"), (REVIEWS,)) for name, array in labels.items()}
        return _arrays({part: list(values[f"x_{part}"]) for part in PARTS}, labels)
    labels = read_arrays(path, dict.fromkeys(LABELS, ("<i8", (REVIEWS,))))
    return _arrays({part: read_object_list(path, f"x_{part}", REVIEWS) for part in PARTS}, labels)


def _arrays(reviews: dict[str, list[Any]], labels: Arrays) -> Arrays:
    """Return the arrays of the published reviews, or of what ``load_data`` has made of them."""
    shuffle = np.random.RandomState(SHUFFLE_SEED)  # one generator for both parts, as in Keras
    lists = {part: [_list(review) for review in reviews[part]] for part in PARTS}
    loaded = all(review[:1] == [START] for part in PARTS for review in lists[part])
    arrays: Arrays = {}
    for part in PARTS:
        order = np.arange(len(lists[part])) if loaded else shuffle.permutation(REVIEWS)
        tokens, offsets = _flattened([lists[part][i][1 if loaded else 0 :] for i in order], 0 if loaded else INDEX_FROM)
        arrays[f"tokens_{part}"], arrays[f"offsets_{part}"] = tokens, offsets
        arrays[f"y_{part}"] = labels[f"y_{part}"][order].astype(np.uint8)
    return arrays


def _list(review: Any) -> list[Any]:
    if isinstance(review, np.ndarray) and review.ndim == 1:
        return review.tolist()
    if not isinstance(review, list):
        raise BadContentError("a review is no list of word numbers")
    return review


def _flattened(reviews: list[list[Any]], index_from: int = INDEX_FROM) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Return reviews, in which the most frequent word has the number ``1 + index_from``, as tokens and offsets."""
    offsets = np.zeros(len(reviews) + 1, np.int64)
    np.cumsum([1 + len(review) for review in reviews], out=offsets[1:])
    try:
        ranks = np.fromiter(chain.from_iterable(reviews), np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadContentError(f"a review holds something else than word numbers ({error})") from error
    words = ranks + index_from
    if not index_from and len(words) > 0 and words.max() < VOCABULARY - 1:
        raise OtherContentError(f"its vocabulary is cut to {words.max() + 1:,} words, fewer than {VOCABULARY:,}")
    words[(words < 0) | (words >= VOCABULARY)] = UNKNOWN
    tokens = np.empty(offsets[-1], np.uint16)
    is_word = np.ones(len(tokens), bool)
    is_word[offsets[:-1]] = False
    tokens[~is_word], tokens[is_word] = START, words
    return tokens, offsets


def stand_in() -> Arrays:
    """Return 2,000 and 1,000 generated reviews, half of them positive; lengths and word frequencies as in real ones."""
    rng = np.random.default_rng(0)
    arrays: Arrays = {}
    for part, count in (("train", 2_000), ("test", 1_000)):
        y = rng.permutation(np.arange(count) % 2).astype(np.uint8)
        # Log-normal with the real mean, deviation and bounds of the logarithm.
        lengths = np.clip(np.exp(rng.normal(5.26, 0.64, size=count)), 10, 2_493).astype(np.int64)
        reviews = [_words(length, positive, rng) for length, positive in zip(lengths, y, strict=True)]
        arrays[f"tokens_{part}"], arrays[f"offsets_{part}"] = _flattened(reviews)
        arrays[f"y_{part}"] = y
    return arrays


def _words(count: int, positive: int, rng: np.random.Generator) -> list[int]:
    """Return word ranks whose frequency falls as Zipf's law says; the rarest are outside the vocabulary.

    A tenth of the words tell the opinion: of these, each review draws those of its own side more often.
    """
    # Rank r is at the (log r)-th part of the distribution: its inverse needs no table.
    ranks = np.floor(np.exp(rng.random(count) * np.log(1.5 * VOCABULARY))).astype(np.int64)
    ranks -= ranks % 10 == 9  # free the ranks that tell the opinion: 9 and 19, 29 and 39...
    telling = rng.random(count) < 0.1
    side = np.where(rng.random(count) < 0.65, positive, 1 - positive)
    ranks[telling] = (ranks // 20 * 20 + 9 + 10 * side)[telling]
    return ranks.tolist()


DATASET = Published(
    name="imdb",
    fingerprint="09af5bf6c74137298f4a93840d01c46a37821abad780ff4bb8ae4209a43381fa",
    forms=(
        Form(
            "imdb.npz",
            read,
            Upstream("keras", "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
            also=("imdb*.npz", "imdb*.pkl*", "imdb*.pickle*"),
        ),
    ),
    stand_in=stand_in,
)
