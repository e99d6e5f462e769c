"""Every data set of the study is computed, or has a published source, a checksum and a stand-in."""

import time

import numpy as np
import pytest

from practica import data
from practica.code.syntax import data_sets
from practica.data.store.registry import spec_of
from practica.data.store.spec import Published
from practica.errors import InputError

REAL = [name for name in data_sets() if isinstance(spec_of(name), Published)]
COMPUTED = [name for name in data_sets() if name not in REAL]


def test_all_are_there():
    assert {"boston", "cifar10", "cifar100", "imdb", "logistic", "mnist", "pima", "xor"} <= set(data_sets())
    assert {"logistic", "xor"} <= set(COMPUTED)


@pytest.mark.parametrize("name", REAL)
def test_original_files_have_a_checksum(name):
    upstreams = [form.upstream for form in spec_of(name).forms if form.upstream]
    assert {len(upstream.sha256) for upstream in upstreams} <= {64}


@pytest.mark.parametrize("name", REAL)
def test_a_stand_in_takes_the_place_of_missing_data(tmp_path, name):
    with pytest.raises(InputError, match=f"data set {name} is not available"):
        data.prepare(name, tmp_path)
    info = data.prepare(name, tmp_path, on_missing="stand-in")
    assert info.stand_in
    assert info.fingerprint != spec_of(name).fingerprint
    assert data.load(name, tmp_path).stand_in


def test_a_large_set_is_loaded_at_once(tmp_path):
    data.prepare("imdb", tmp_path, on_missing="stand-in")
    start = time.perf_counter()
    data.load("imdb", tmp_path)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("name", COMPUTED)
def test_computed_data_are_what_their_rule_gives(tmp_path, name):
    assert data.prepare(name, tmp_path) == data.verify(name, tmp_path)


def test_xor_is_minus_the_product(tmp_path):
    data.prepare("xor", tmp_path)
    xor = data.load("xor", tmp_path)
    assert {tuple(point) for point in xor["x"].tolist()} == {(-1, -1), (-1, 1), (1, -1), (1, 1)}
    assert all((y == 1) == (a != b) for (a, b), (y,) in zip(xor["x"], xor["y"], strict=True))


def test_the_logistic_map_follows_its_rule_and_does_not_collapse(tmp_path):
    data.prepare("logistic", tmp_path)
    x = data.load("logistic", tmp_path)["x"]
    assert x.shape == (20_000,)
    np.testing.assert_allclose(x[1:], 4 * x[:-1] * (1 - x[:-1]), atol=1e-15)
    assert len(np.unique(x)) == len(x)
    assert 0 < x.min() < x.max() < 1
    # The invariant density is that of the arcsine distribution: mean 1/2, variance 1/8.
    assert abs(x.mean() - 1 / 2) < 0.01
    assert abs(x.var() - 1 / 8) < 0.005
