"""Each file of the ten is read as published; a damaged or different one is refused with a reason."""

import gzip
import io
import os
import pickle
import re
import struct
import zipfile
from collections import OrderedDict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import py2pickle
from archives import tar_gz
from practica.data import prepare
from practica.data.store.conversion import as_expected
from practica.data.store.fetch import Patience
from practica.data.store.obtain import obtain
from practica.data.store.sources import candidates
from practica.data.store.spec import BadContentError, fingerprint
from practica.errors import InputError
from study.data import boston, cifar, cifar10, cifar100, imdb, mnist, pima

RNG = np.random.default_rng(0)


# CIFAR


def batch(count: int, label_key: bytes) -> tuple[bytes, np.ndarray, np.ndarray]:
    """Return a batch as published, and its images ``(n, 32, 32, 3)`` and labels."""
    images = RNG.integers(256, size=(count, 32, 32, 3), dtype=np.uint8)
    labels = RNG.integers(10, size=count, dtype=np.uint8)
    planes = images.transpose(0, 3, 1, 2).reshape(count, -1)
    extra = {b"batch_label": b"a batch", b"coarse_labels": [0] * count, b"filenames": [b"x.png"] * count}
    return py2pickle.dumps(extra | {b"data": planes, label_key: labels.tolist()}), images, labels


def test_cifar10_is_read_from_archive_and_folder(tmp_path):
    batches = {name: batch(4, b"labels") for name in cifar10.BATCHES}
    folder = tmp_path / cifar10.FOLDER
    folder.mkdir()
    for name, (data, _, _) in batches.items():
        (folder / name).write_bytes(data)
    # In the archive, the order of the members is not that of the batches.
    members = {f"{cifar10.FOLDER}/{name}": data for name, (data, _, _) in reversed(batches.items())}
    archive = tar_gz(tmp_path / "cifar-10-python.tar.gz", {f"{cifar10.FOLDER}/readme.html": b"text"} | members)
    train = [batches[f"data_batch_{n}"] for n in range(1, 6)]
    (folder / ".ipynb_checkpoints").mkdir()
    for arrays in (cifar10.read(archive), cifar10.read(folder)):
        np.testing.assert_array_equal(arrays["x_train"], np.concatenate([images for _, images, _ in train]))
        np.testing.assert_array_equal(arrays["y_train"], np.concatenate([labels for _, _, labels in train]))
        np.testing.assert_array_equal(arrays["x_test"], batches["test_batch"][1])
        np.testing.assert_array_equal(arrays["y_test"], batches["test_batch"][2])
        assert {array.dtype for array in arrays.values()} == {np.dtype(np.uint8)}


def test_cifar100_gives_the_same_arrays_whatever_the_order_of_the_copy(tmp_path, monkeypatch):
    (train, x, y), (test, x_test, y_test) = batch(20, b"fine_labels"), batch(5, b"fine_labels")
    archive = tar_gz(tmp_path / "a.tar.gz", {f"{cifar100.FOLDER}/train": train, f"{cifar100.FOLDER}/test": test})
    upstream = cifar100.read(archive)
    order = RNG.permutation(20)
    copy = {"x_train": x[order], "y_train": y[order], "x_test": x_test, "y_test": y_test}
    monkeypatch.setattr(cifar, "read_saved", lambda path: copy)
    mirrored = cifar100.read_saved(tmp_path / "cifar100.npz")
    for name, array in upstream.items():
        np.testing.assert_array_equal(array, mirrored[name])
    # Each image keeps its label.
    label = {image.tobytes(): label for image, label in zip(x, y, strict=True)}
    assert all(label[x.tobytes()] == y for x, y in zip(upstream["x_train"], upstream["y_train"], strict=True))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds no images"),
        ({b"labels": [1]}, "holds no images"),
        ({b"data": b"text", b"labels": [1]}, "holds no images"),
        ({b"data": np.zeros((1, 3071), np.uint8), b"labels": [1]}, "holds no images"),
        ({b"data": np.zeros((1, 3072), np.uint8)}, "without as many labels"),
        ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [1, 2]}, "without as many labels"),
        ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [256]}, "impossible labels"),
        ({b"data": np.zeros((1, 3072), np.uint8), b"labels": [b"cat"]}, "impossible labels"),
    ],
)
def test_cifar_refuses_other_batches(tmp_path, content, message):
    members = {f"{cifar10.FOLDER}/{name}": py2pickle.dumps(content) for name in cifar10.BATCHES}
    with pytest.raises(BadContentError, match=message):
        cifar10.read(tar_gz(tmp_path / "a.tar.gz", members))


class Touch:
    """An object that pickles as a call that makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_hostile_batch_of_cifar_does_nothing(tmp_path):
    folder = tmp_path / "mirror/cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in ("data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"):
        (folder / name).write_bytes(pickle.dumps({b"data": Touch(tmp_path / "owned"), b"labels": []}))
    with pytest.raises(InputError, match=r"it asks for posix\.mkdir"):
        prepare("cifar10", tmp_path / "data", mirror=str(folder.parent), on_missing="stand-in")
    assert not (tmp_path / "owned").exists()


# IMDB


def imdb_npz(path, train: list, test: list):
    with zipfile.ZipFile(path, "w") as archive:
        for part, reviews in (("train", train), ("test", test)):
            archive.writestr(f"x_{part}.npy", py2pickle.npy_of_objects(reviews))
            with archive.open(f"y_{part}.npy", "w") as stream:
                np.save(stream, np.arange(len(reviews)) % 2)
    return path


@pytest.mark.parametrize("words", [88_587, 10_000])
@pytest.mark.parametrize("kind", ["npz", "pkl"])
def test_imdb_is_read_as_load_data_gives_it(tmp_path, monkeypatch, words, kind):
    monkeypatch.setattr(imdb, "REVIEWS", 4)
    train, test = [[1, 9_996], [9_997, 5, 88_584], [7], []], [[9_996], [2], [3], [4]]
    published = imdb.read(imdb_npz(tmp_path / "imdb.npz", train, test))
    shuffle = np.random.RandomState(113)
    arrays = {}
    for part, reviews in (("train", train), ("test", test)):
        order = np.arange(4)
        shuffle.shuffle(order)
        x = np.empty(4, object)
        x[:] = [[w if w < words else 2 for w in (1, *(rank + 3 for rank in reviews[i]))] for i in order]
        arrays |= {f"x_{part}": x, f"y_{part}": np.arange(4)[order] % 2}
    path = tmp_path / f"imdb_loaded.{kind}"
    np.savez(path, **arrays) if kind == "npz" else path.write_bytes(pickle.dumps(arrays))
    for name, array in imdb.read(path).items():
        assert array.dtype == published[name].dtype
        np.testing.assert_array_equal(array, published[name], err_msg=name)
    few = {name: array if name[0] == "y" else [[1, 7]] * 4 for name, array in arrays.items()}
    (tmp_path / "few.pkl").write_bytes(pickle.dumps(few))
    with pytest.raises(BadContentError, match="its vocabulary is cut to 8 words, fewer than 10,000"):
        imdb.read(tmp_path / "few.pkl")


def test_imdb_is_numbered_cut_and_shuffled_as_keras_does(tmp_path, monkeypatch):
    monkeypatch.setattr(imdb, "REVIEWS", 4)
    train, test = [[1, 9_996], [9_997, 5, 88_584], [7], []], [[n] for n in range(1, 5)]
    arrays = imdb.read(imdb_npz(tmp_path / "imdb.npz", train, test))
    shuffle = np.random.RandomState(113)
    for part, reviews in (("train", train), ("test", test)):
        order = np.arange(4)
        shuffle.shuffle(order)
        offsets, tokens = arrays[f"offsets_{part}"], arrays[f"tokens_{part}"]
        result = [tokens[a:b].tolist() for a, b in pairwise(offsets)]
        assert result == [[1, *(w + 3 if w + 3 < 10_000 else 2 for w in reviews[i])] for i in order]
        assert arrays[f"y_{part}"].tolist() == [i % 2 for i in order]
    assert {name: array.dtype.str for name, array in arrays.items() if "train" in name} == {
        "tokens_train": "<u2",
        "offsets_train": "<i8",
        "y_train": "|u1",
    }


@pytest.mark.parametrize(
    ("reviews", "message"),
    [
        ([[1], [2], [3]], r"array x_train is object \(3,\)"),
        ([[1], [2], [3], b"text"], "a review is no list"),
        ([[1], [2], [3], [b"text"]], "something else than word numbers"),
        ([[1], [2], [3], [[4]]], "something else than word numbers"),
    ],
)
def test_imdb_refuses_other_reviews(tmp_path, monkeypatch, reviews, message):
    monkeypatch.setattr(imdb, "REVIEWS", 4)
    path = imdb_npz(tmp_path / "imdb.npz", [[1]] * 4, [[1]] * 4)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (members | {"x_train.npy": py2pickle.npy_of_objects(reviews)}).items():
            archive.writestr(name, data)
    with pytest.raises(BadContentError, match=message):
        imdb.read(path)


# Boston, Pima


def test_boston_is_read_as_it_is(tmp_path):
    x, y = RNG.normal(size=(506, 13)), RNG.normal(size=506)
    np.savez(tmp_path / "b.npz", x=x, y=y)
    arrays = boston.read(tmp_path / "b.npz")
    np.testing.assert_array_equal(arrays["x"], x)
    np.testing.assert_array_equal(arrays["y"], y)


ROW = "6,148,72,35,0,33.6,0.627,50,1"


@pytest.mark.parametrize("end", ["\n", "", "\r\n"])
def test_pima_is_read_with_any_line_end(tmp_path, end):
    path = tmp_path / "p.csv"
    path.write_bytes(((end or "\n").join([ROW] * 768) + end).encode())
    arrays = pima.read(path)
    assert arrays["x"].shape == (768, 8)
    assert arrays["x"].dtype == np.float64
    assert arrays["x"][767].tolist() == [6, 148, 72, 35, 0, 33.6, 0.627, 50]
    assert arrays["y"].dtype == np.uint8
    assert arrays["y"].all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("6,148,72,35,0,33.6,0.627,1", "row 3 has 8 columns instead of 9"),
        ("6,148,72,35,0,33.6,0.627,,1", "row 3, column 8 holds no number"),
        ("6,148,72,much,0,33.6,0.627,50,1", "row 3, column 4 holds 'much', which is no number"),
        (f"{ROW[:-1]}perhaps\n{ROW[:-1]}0", "row 3, column 9 holds 'perhaps' instead of 0 or 1"),
        (
            ROW + "\n" + ROW,
            "it can be read, but its content is not that of the published data set (769 rows instead of 768)",
        ),
    ],
)
def test_pima_refuses_other_tables(tmp_path, row, message):
    rows = [ROW] * 768
    rows[2] = row
    path = tmp_path / "p.csv"
    path.write_text("\n".join(rows))
    with pytest.raises(BadContentError) as raised:
        pima.read(path)
    assert str(raised.value) == message


# Tables as people write them

HEAD = ["Embarazos", "Glucosa", "Presión", "Piel", "Insulina", "IMC", "Función", "Edad", "Resultado"]


@pytest.fixture
def table():
    """Return rows of cells like those of the published Pima, and its arrays."""
    arrays = pima.DATASET.stand_in()
    values = np.column_stack([arrays["x"], arrays["y"]])
    return [[f"{value:g}" for value in row] for row in values], arrays


def joined(rows, separator=",", end="\n"):
    return end.join(separator.join(row) for row in rows) + end


def words(rows, no, yes):
    return [[*row[:-1], yes if row[-1] == "1" else no] for row in rows]


def missing(rows, mark):
    return [[mark if 1 <= j <= 5 and cell == "0" else cell for j, cell in enumerate(row)] for row in rows]


def commas(rows):
    return [[cell.replace(".", ",") for cell in row] for row in rows]


def zipped(name, text):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, text)
        archive.writestr(f"__MACOSX/._{name}", "junk")
    return stream.getvalue()


@pytest.mark.parametrize(
    "write",
    [
        lambda rows: joined([HEAD, *rows]).encode(),
        lambda rows: joined([HEAD, *rows], "\t").encode("utf-16"),
        lambda rows: joined([HEAD, *commas(rows)], ";", "\r\n").encode("utf-8-sig"),
        lambda rows: joined([HEAD, *commas(rows)], ";").encode("latin-1"),
        lambda rows: joined(rows, end="\r").encode(),
        lambda rows: joined(rows, "   ").encode("utf-16-le"),
        lambda rows: ("# a remark\n\n" + joined(rows) + "\n  \n,,,,,,,,\n").encode(),
        lambda rows: joined([["", *HEAD], *([f'"{n}"', *row] for n, row in enumerate(rows))]).encode(),
        lambda rows: joined([[str(n) for n in range(9)], *rows]).encode(),
        lambda rows: joined([[f'"{cell}"' for cell in row] for row in commas(rows)]).encode(),
        lambda rows: joined([[*row, ""] for row in rows]).encode(),
        lambda rows: joined([[f'"{",".join(row)}"'] for row in rows]).encode(),
        lambda rows: joined(words(rows, "FALSE", "TRUE")).encode(),
        lambda rows: joined(words(rows, "no", "sí"), ";").encode(),
        lambda rows: ("% old\n@relation pima\n@data\n" + joined(words(rows, "negative", "positive"))).encode(),
        lambda rows: joined([HEAD, *missing(rows, "NA")]).encode(),
        lambda rows: joined(missing(rows, "?")).encode(),
        lambda rows: joined(missing(rows, ""), "\t").encode(),
        lambda rows: joined([["", *HEAD], *([str(n), *row] for n, row in enumerate(missing(rows, "<NA>")))]).encode(),
        lambda rows: joined([["a", "b", *HEAD], *([str(n), str(n), *row] for n, row in enumerate(rows))]).encode(),
        lambda rows: joined([["", *row, "", ""] for row in missing(rows, "-999")], "|").encode(),
        lambda rows: ("\n".join(f"{','.join(row)}  # a woman" for row in rows) + "\nSource: Smith\n").encode(),
        lambda rows: gzip.compress(joined([HEAD, *rows]).encode()),
        lambda rows: gzip.compress(gzip.compress(joined([HEAD, *rows]).encode())),
        lambda rows: zipped("diabetes.csv", joined([HEAD, *rows])),
    ],
)
def test_pima_is_read_however_it_was_saved(tmp_path, table, write):
    rows, expected = table
    (tmp_path / "diabetes.csv").write_bytes(write(rows))
    arrays = pima.read(tmp_path / "diabetes.csv")
    for name, array in expected.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def test_a_table_with_other_columns_is_told_from_what_is_none(tmp_path, table):
    rows, _ = table
    (tmp_path / "diabetes.csv").write_text(
        joined([["price", *HEAD], *([f"{n}.5", *row] for n, row in enumerate(rows))])
    )
    with pytest.raises(BadContentError, match=r"it can be read, but its content is not .* \(10 columns instead of 9\)"):
        pima.DATASET.read(pima.DATASET.forms[0], tmp_path / "diabetes.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("diabetes.xlsx", zipped("[Content_Types].xml", "<x/>"), "it is a spreadsheet; save the table as CSV"),
        ("Pima.ODS", zipped("content.xml", "<x/>"), "it is a spreadsheet; save the table as CSV"),
        ("pima.parquet", b"PAR1\0\1\2PAR1", "it holds no table of 9 columns of numbers"),
        ("diabetes.json", b"[" + b"{'Age': 50}" * 20_000 + b"]", "it holds no table of 9 columns of numbers"),
    ],
)
def test_what_is_put_there_as_something_else_than_text_is_seen_and_refused(tmp_path, name, content, message) -> None:
    (tmp_path / name).write_bytes(content)
    ((form, path),) = candidates(pima.DATASET, tmp_path)
    with pytest.raises(BadContentError, match=re.escape(message)):
        pima.DATASET.read(form, path)
    (tmp_path / "pima_notes.pdf").write_bytes(b"%PDF")
    assert len(list(candidates(pima.DATASET, tmp_path))) == 1


def test_a_folder_called_after_the_data_set_may_hold_its_file(tmp_path) -> None:
    for folder in ("pima-database", "Diabetes.csv", "other", "pima-database/.ipynb_checkpoints"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "DIABETES.csv").touch()
    paths = [path for _, path in candidates(pima.DATASET, tmp_path)]
    assert sorted(paths) == [tmp_path / "Diabetes.csv/DIABETES.csv", tmp_path / "pima-database/DIABETES.csv"]


def test_images_may_have_their_colours_first() -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype("u1")
    planes = np.ascontiguousarray(np.moveaxis(images, 3, 1))
    np.testing.assert_array_equal(as_expected(planes, "x", np.dtype("u1"), images.shape), images)
    with pytest.raises(BadContentError, match="instead of"):
        as_expected(planes.reshape(5, 32, 3, 32), "x", np.dtype("u1"), images.shape)


@pytest.mark.parametrize("module", [cifar10, cifar100])
@pytest.mark.parametrize("version", ["PYTHON", "BINARY"])
def test_an_archive_may_hold_the_files_of_cifar_without_their_folder(tmp_path, module, version) -> None:
    names = getattr(module, version).names
    packed(tmp_path / "archive.zip", dict.fromkeys((*names, "meta"), b""))
    packed(tmp_path / "archive (1).zip", dict.fromkeys(names[1:], b""))
    (tmp_path / "archive").mkdir()
    for name in names:
        (tmp_path / "archive" / name).touch()
    paths = [path.name for _, path in candidates(module.DATASET, tmp_path)]
    assert paths == ["archive", "archive.zip"]
    assert not list(candidates(mnist.DATASET, tmp_path))


@pytest.mark.parametrize("packed", [False, True])
def test_of_an_incomplete_version_the_missing_part_is_named(tmp_path, packed) -> None:
    members = {f"cifar-10-batches-bin/{name}": bytes(3073) for name in cifar10.BINARY.names if "3" not in name}
    if packed:
        tar_gz(tmp_path / "cifar-10-binary.tar.gz", members)
    else:
        (tmp_path / "cifar-10-batches-bin").mkdir()
        for name, data in members.items():
            (tmp_path / name).write_bytes(data)
    ((_, path),) = candidates(cifar10.DATASET, tmp_path)
    with pytest.raises(BadContentError, match=r"data_batch_3\.bin is missing"):
        cifar10.read(path)


def test_boston_is_read_from_tables_and_arrays_of_other_types(tmp_path):
    x, y = RNG.normal(size=(506, 13)), RNG.normal(size=506)
    np.savez(tmp_path / "b.npz", x=np.asfortranarray(x).astype(">f8"), y=y[:, None])
    rows = [[repr(float(value)) for value in row] for row in np.column_stack([x, y])]
    (tmp_path / "housing.data").write_text("\n".join(" " + "   ".join(row) for row in rows))
    head = "Variables in order:\n CRIM  crime rate by town, per head\n"
    halves = [f" {'  '.join(row[:11])}\n  {'  '.join(row[11:])}\n" for row in rows]
    (tmp_path / "boston").write_text(head + "".join(halves))
    numbered = [[str(n), *row] for n, row in enumerate(rows)]
    (tmp_path / "boston.csv").write_text(joined([["", *"abcdefghijklmn"], *numbered]))
    read = [
        boston.read(tmp_path / "b.npz"),
        *(boston.read_text(tmp_path / n) for n in ("housing.data", "boston.csv", "boston")),
    ]
    for arrays in read:
        np.testing.assert_array_equal(arrays["x"], x)
        np.testing.assert_array_equal(arrays["y"], y)


@pytest.fixture
def digits(monkeypatch):
    """Reduce MNIST to twelve images."""
    monkeypatch.setattr(
        mnist, "SHAPES", {"x_train": (8, 28, 28), "y_train": (8,), "x_test": (4, 28, 28), "y_test": (4,)}
    )
    x, y = RNG.integers(256, size=(12, 28, 28), dtype=np.uint8), RNG.integers(10, size=12, dtype=np.uint8)
    return {"x_train": x[:8], "y_train": y[:8], "x_test": x[8:], "y_test": y[8:]}


def idx(array):
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return head + array.tobytes()


def test_mnist_is_read_from_every_form(tmp_path, digits):
    flat = {name: array.reshape(len(array), -1) for name, array in digits.items()}
    fractions = [[flat[f"x_{part}"].astype("f4") / 256, digits[f"y_{part}"].astype("i8")] for part in ("train", "test")]
    (x, y), test = fractions
    three = ((x[:5], y[:5]), (x[5:], y[5:]), tuple(test))
    (tmp_path / "mnist.pkl.gz").write_bytes(gzip.compress(pickle.dumps(three, protocol=2)))
    wide = {name: array.astype("i8")[..., None] for name, array in digits.items()}
    np.savez(tmp_path / "mnist.npz", **wide)
    grey = {f"X_{part}": flat[f"x_{part}"].astype("f4") / 255 for part in ("train", "test")}
    np.savez(tmp_path / "mnist_flat.npz", **grey, **{name: array for name, array in digits.items() if name[0] == "y"})
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, stem in mnist.IDX.items():
        (raw / f"{stem}-idx-ubyte").write_bytes(idx(digits[name]))
        (tmp_path / f"{stem}-idx-ubyte.gz").write_bytes(gzip.compress(idx(digits[name])))
    for part in ("train", "test"):
        rows = np.column_stack([digits[f"y_{part}"], flat[f"x_{part}"]])
        head = ["label", *(f"{n}" for n in range(784))]
        (tmp_path / f"mnist_{part}.csv").write_text(joined([head, *([str(n) for n in row] for row in rows)]))
    result = [(form.read, path) for form, path in candidates(mnist.DATASET, tmp_path)]
    assert {read.__name__ for read, _ in result} == {"read", "read_idx", "read_pickle", "read_text"}
    assert raw / "train-images-idx-ubyte" in [path for _, path in result]
    for read, path in result:
        arrays = read(path)
        for name, array in digits.items():
            assert arrays[name].dtype == np.uint8, path
            np.testing.assert_array_equal(arrays[name], array, err_msg=str(path))
    (raw / "t10k-labels-idx-ubyte").unlink()
    with pytest.raises(BadContentError, match=r"there is no t10k-labels\.\.\. beside it"):
        mnist.read_idx(raw / "train-images-idx-ubyte")


@pytest.mark.parametrize(
    "saved",
    [
        lambda x, y, x_test, y_test: {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test},
        lambda x, y, x_test, y_test: {
            "training_images": x, "training_labels": y, "test_images": x_test, "test_labels": y_test
        },
        lambda x, y, x_test, y_test: {"train_img": x, "trainLabel": y, b"xTest": x_test, b"ytest": y_test},
        lambda x, y, x_test, y_test: {"test": (x_test, y_test), "train": {"data": x, "target": y.tolist()}},
        lambda x, y, x_test, y_test: {
            "train": (x[:5], y[:5]), "val": {"images": x[5:], "labels": y[5:]}, "test": (x_test, y_test), "seed": 3
        },
        lambda x, y, x_test, y_test: OrderedDict(X_train=x, Y_train=list(y), X_test=x_test, Y_test=list(y_test)),
        lambda x, y, x_test, y_test: ((x, y), (x_test, y_test)),
        lambda x, y, x_test, y_test: [x, y, x_test, y_test],
    ],
)  # fmt: skip
@pytest.mark.parametrize("one_hot", [False, True])
def test_a_pickle_of_mnist_is_read_under_every_name(tmp_path, digits, saved, one_hot):
    arrays = {name: np.eye(10)[array] if one_hot and name[0] == "y" else array for name, array in digits.items()}
    (tmp_path / "mnist.pkl").write_bytes(pickle.dumps(saved(*arrays.values())))
    ((form, path),) = candidates(mnist.DATASET, tmp_path)
    for name, array in form.read(path).items():
        np.testing.assert_array_equal(array, digits[name], err_msg=name)


def test_a_pickle_without_an_array_says_which(tmp_path):
    (tmp_path / "mnist.pkl").write_bytes(pickle.dumps({"x_train": [1], "y_train": [1]}))
    with pytest.raises(BadContentError, match=r"array x_test is missing \(it holds x_train, y_train\)"):
        mnist.read_pickle(tmp_path / "mnist.pkl")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["five"] * 8, "array y_train is <U4 instead of numbers"),
        ([1, None] * 4, "array y_train is object instead of numbers"),
        ([[1], [2, 3]] * 4, "array y_train has rows of different lengths"),
    ],
)
def test_a_pickle_of_something_else_than_numbers_is_refused(tmp_path, digits, labels, message):
    (tmp_path / "mnist.pkl").write_bytes(pickle.dumps(digits | {"y_train": labels}))
    with pytest.raises(BadContentError, match=message):
        mnist.read_pickle(tmp_path / "mnist.pkl")


def test_arrays_without_names_or_one_hot_are_read_from_npz(tmp_path, digits):
    np.savez(tmp_path / "mnist.npz", *digits.values())
    np.savez(tmp_path / "mnist2.npz", **{n: np.eye(10)[a] if n[0] == "y" else a for n, a in digits.items()})
    for path in tmp_path.iterdir():
        for name, array in mnist.read(path).items():
            np.testing.assert_array_equal(array, digits[name], err_msg=name)
    np.savez(tmp_path / "two.npz", **{n: np.ones((len(a), 10)) if n[0] == "y" else a for n, a in digits.items()})
    with pytest.raises(BadContentError, match=r"array y_train is float64 \(8, 10\) instead of uint8 \(8,\)"):
        mnist.read(tmp_path / "two.npz")


def packed(path, members):
    """Write a zip or tar file."""
    if path.suffix != ".zip":
        return tar_gz(path, members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("archive", ["archive.zip", "archive (1).zip", "MNIST.zip", "archive.tar.gz", "archive"])
@pytest.mark.parametrize("folder", ["{}.idx-ubyte", "./data/MNIST/raw/{}-idx-ubyte", "{0}-idx/{0}-idx"])
def test_the_files_of_mnist_are_found_in_an_archive(tmp_path, monkeypatch, digits, archive, folder):
    members = {folder.format(stem): idx(digits[name]) for name, stem in mnist.IDX.items()}
    members |= {"README.md": b"text", "__MACOSX/._train-images": b"junk", "../outside": b"out"}
    path = packed(tmp_path / f"{archive}.zip" if archive == "archive" else tmp_path / archive, members)
    if archive == "archive":
        zipfile.ZipFile(path).extractall(tmp_path / archive, [name for name in members if ".." not in name])
        path.unlink()
    monkeypatch.setattr(mnist, "DATASET", replace(mnist.DATASET, fingerprint=fingerprint(digits)))
    info, _ = obtain(mnist.DATASET, tmp_path, None, Patience())
    assert fingerprint(info.arrays) == fingerprint(digits)
    assert not (tmp_path.parent / "outside").exists()
    # Another data set ignores an archive without any of its files.
    assert not list(candidates(pima.DATASET, tmp_path))


def test_an_archive_with_other_content_is_refused_and_stays(tmp_path, digits):
    members = {stem: idx(digits[name]) for name, stem in mnist.IDX.items()}
    path = packed(tmp_path / "archive.zip", members)
    result, trail = obtain(mnist.DATASET, tmp_path, None, Patience())
    assert result is None
    assert "archive.zip: it can be read, but its content is not that of the published data set" in trail.lines[0]
    path.write_bytes(path.read_bytes()[:-30])  # not even a list of its content
    assert not list(candidates(mnist.DATASET, tmp_path))


def test_boston_is_read_in_single_precision_and_as_keras_splits_it(tmp_path):
    x, y = np.round(RNG.uniform(0, 700, (506, 13)), 2), np.round(RNG.uniform(5, 50, 506), 1)
    order = np.arange(506)
    np.random.RandomState(113).shuffle(order)
    train, test = [(x[rows], y[rows]) for rows in np.split(order, [404])]
    np.savez(tmp_path / "single.npz", x=x.astype("f4"), y=y.astype("f4"))
    (tmp_path / "loaded.pkl").write_bytes(pickle.dumps((train, test)))
    bunch = {"data": x, "target": y, "feature_names": np.array(["CRIM", "ZN"]), "DESCR": "as scikit-learn gave it"}
    (tmp_path / "bunch.pkl").write_bytes(pickle.dumps(bunch))
    np.savez(tmp_path / "loaded.npz", x_train=train[0], y_train=train[1], x_test=test[0], y_test=test[1])
    for path in tmp_path.iterdir():
        arrays = boston.read(path)
        np.testing.assert_array_equal(arrays["x"], x)
        np.testing.assert_array_equal(arrays["y"], y)
    np.savez(tmp_path / "half.npz", x=x.astype("f2"), y=y)
    with pytest.raises(BadContentError, match="array x is rounded to half precision, from which its decimals cannot"):
        boston.read(tmp_path / "half.npz")


@pytest.mark.parametrize("module", [cifar10, cifar100])
def test_cifar_is_read_from_a_pickle_with_one_hot_labels(tmp_path, monkeypatch, module):
    monkeypatch.setattr(
        cifar, "SHAPES", {"x_train": (4, 32, 32, 3), "y_train": (4,), "x_test": (2, 32, 32, 3), "y_test": (2,)}
    )
    (_, x, y), (_, x_test, y_test) = batch(4, b"labels"), batch(2, b"labels")
    (tmp_path / f"{module.DATASET.name}.pkl").write_bytes(
        pickle.dumps(((x, np.eye(10)[y]), (x_test, np.eye(10)[y_test])))
    )
    np.savez(tmp_path / f"{module.DATASET.name}.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    first, second = (form.read(path) for form, path in candidates(module.DATASET, tmp_path))
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@pytest.mark.parametrize("module", [cifar10, cifar100])
def test_cifar_is_read_in_both_versions_and_every_wrapping(tmp_path, module):
    python, binary = module.PYTHON.names, module.BINARY.names
    key = b"labels" if module is cifar10 else b"fine_labels"
    batches = [batch(3, key) for _ in python]
    coarse = b"" if module is cifar10 else b"\7"
    records = [
        b"".join(
            coarse + bytes([label]) + image.transpose(2, 0, 1).tobytes() for image, label in zip(x, y, strict=True)
        )
        for _, x, y in batches
    ]
    folder = module.FOLDER
    members = {f"./{folder}/{name}": data for name, (data, _, _) in zip(python, batches, strict=True)}
    tar_gz(tmp_path / "a.tar.gz", members)
    (tmp_path / "a.tar").write_bytes(gzip.decompress((tmp_path / "a.tar.gz").read_bytes()))
    tar_gz(tmp_path / "b.tar.gz", {f"x/{name}": data for name, data in zip(binary, records, strict=True)})
    keras = tmp_path / f"{folder}-target" / folder
    keras.mkdir(parents=True)
    for name, (data, _, _) in zip(python, batches, strict=True):
        (keras / name).write_bytes(data)
    (keras / ".ipynb_checkpoints").mkdir()
    assert keras in [path for _, path in candidates(module.DATASET, tmp_path)]
    first, *others = [module.read(tmp_path / name) for name in ("a.tar.gz", "a.tar", "b.tar.gz")] + [module.read(keras)]
    assert {image.tobytes() for image in first["x_test"]} == {image.tobytes() for image in batches[-1][1]}
    for arrays in others:
        for name, array in first.items():
            np.testing.assert_array_equal(arrays[name], array)
