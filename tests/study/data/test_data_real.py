"""The real data sets, from the mirror named in PRACTICA_DATA_MIRROR."""

import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from practica import data
from practica.code.syntax import data_sets
from practica.data.store import spec as spec_module
from practica.data.store.registry import spec_of
from practica.data.store.spec import Published
from practica.errors import InputError

MIRROR = os.environ.get("PRACTICA_DATA_MIRROR", "")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not MIRROR, reason="PRACTICA_DATA_MIRROR is not set"),
]
needs_folder = pytest.mark.skipif(not Path(MIRROR).is_dir(), reason="PRACTICA_DATA_MIRROR is no folder")
REAL = [name for name, spec in ((name, spec_of(name)) for name in data_sets()) if isinstance(spec, Published)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def load(folder):
    """Return a function that prepares a data set once and loads it."""

    def prepared(name):
        data.prepare(name, folder, mirror=MIRROR)
        return data.load(name, folder)

    return prepared


@pytest.mark.parametrize("name", REAL)
def test_the_mirror_has_the_published_data(load, name):
    dataset = load(name)
    assert dataset.fingerprint == spec_of(name).fingerprint
    assert not dataset.stand_in


@pytest.mark.parametrize("name", REAL)
def test_the_stand_in_has_the_same_arrays(load, name):
    real, stand_in = load(name).arrays, spec_of(name).stand_in()
    assert set(real) == set(stand_in)
    for key in real:
        assert stand_in[key].dtype == real[key].dtype
        assert stand_in[key].shape[1:] == real[key].shape[1:]
        if key.startswith("y") and name != "boston":
            assert set(np.unique(stand_in[key])) == set(np.unique(real[key]))


def test_known_facts(load):
    pima = load("pima")
    assert (pima["x"][:, 1:6] == 0).sum(axis=0).tolist() == [5, 35, 227, 374, 11]
    assert load("boston")["y"].mean().round(4) == 22.5328
    assert np.bincount(load("mnist")["y_test"]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.diff(load("imdb")["offsets_train"])[:5].tolist() == [218, 189, 141, 550, 147]
    assert load("cifar10")["y_train"][:5].tolist() == [6, 9, 9, 4, 1]
    cifar100 = load("cifar100")
    assert set(np.bincount(cifar100["y_train"])) == {500}
    mean = cifar100["x_train"].mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.50707516, 0.48654887, 0.44091784], atol=5e-9)


@pytest.mark.keras
def test_imdb_is_what_keras_gives(load, tmp_path, monkeypatch):
    source = Path(MIRROR) / "imdb.npz"
    if not source.is_file():
        pytest.skip("the mirror has no imdb.npz to give to Keras")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "imdb.npz").symlink_to(source)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras.src.utils import file_utils

    # Keras reads KERAS_HOME when it is imported, perhaps by an earlier test.
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    imdb, theirs = load("imdb"), keras.datasets.imdb.load_data(num_words=10_000)
    for part, (reviews, labels) in zip(("train", "test"), theirs, strict=True):
        np.testing.assert_array_equal(imdb[f"tokens_{part}"], np.concatenate([np.array(r) for r in reviews]))
        np.testing.assert_array_equal(np.diff(imdb[f"offsets_{part}"]), [len(review) for review in reviews])
        np.testing.assert_array_equal(imdb[f"y_{part}"], labels)


@needs_folder
@pytest.mark.parametrize("name", ["boston", "imdb", "pima"])
def test_the_published_checksum_is_that_of_the_file(tmp_path, serve, monkeypatch, name):
    base = spec_of(name).forms[0].upstream.base
    monkeypatch.setitem(spec_module.UPSTREAM_BASES, base, serve(Path(MIRROR)).url)
    assert data.prepare(name, tmp_path).origin["kind"] == "upstream"


@needs_folder
def test_cifar10_is_the_same_from_archive_and_folder(tmp_path, load):
    source = Path(MIRROR) / "cifar-10-batches-py"
    if not source.is_dir():
        pytest.skip("the mirror has no cifar-10-batches-py")
    (tmp_path / "mirror").mkdir()
    with tarfile.open(tmp_path / "mirror" / "cifar-10-python.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(source, "cifar-10-batches-py")
    info = data.prepare("cifar10", tmp_path, mirror=str(tmp_path / "mirror"))
    assert info.origin["source"].endswith("cifar-10-python.tar.gz")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "cifar-10-batches-py").symlink_to(source)
    info = data.prepare("cifar10", tmp_path / "other", mirror=str(tmp_path / "folder"))
    assert info.origin["source"].endswith("cifar-10-batches-py")
    assert info.fingerprint == load("cifar10").fingerprint


@needs_folder
def test_a_truncated_copy_is_refused(tmp_path):
    form = spec_of("mnist").forms[0]
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / form.name).write_bytes((Path(MIRROR) / form.name).read_bytes()[:-1000])
    with pytest.raises(InputError, match=r"mnist\.npz: it cannot be read: it is no whole \.npz file"):
        data.prepare("mnist", tmp_path, mirror=MIRROR, on_missing="stand-in")
