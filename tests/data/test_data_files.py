"""The containers of published files: read by exact names; damaged or hostile ones are refused with a reason."""

import gzip
import io
import tarfile
import zipfile

import numpy as np
import pytest

from archives import tar_gz
from practica.data.store.decompression import read_members
from practica.data.store.npz import read_arrays, read_object_list
from practica.data.store.spec import BadContentError

RNG = np.random.default_rng(0)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


# .npz


def test_npz_gives_the_expected_arrays(tmp_path):
    x, y = RNG.normal(size=(3, 2)), np.arange(3, dtype=np.uint8)
    np.savez_compressed(tmp_path / "a.npz", x=x, y=y, f=np.asfortranarray(x))
    arrays = read_arrays(tmp_path / "a.npz", {"x": ("<f8", (3, 2)), "y": ("u1", (3,)), "f": ("<f8", (3, 2))})
    np.testing.assert_array_equal(arrays["x"], x)
    np.testing.assert_array_equal(arrays["f"], x)
    np.testing.assert_array_equal(arrays["y"], y)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 3)), r"array x is float64 \(3, 3\) instead of float64 \(3, 2\)"),
        (np.full((3, 2), "a"), "array x is <U1 instead of numbers"),
        (np.array([[None, 1]] * 3), "array x is object"),
        (np.zeros(100_000), "array x takes 800,128 bytes, more than the possible"),
    ],
)
def test_npz_refuses_other_arrays(tmp_path, array, message):
    np.savez(tmp_path / "a.npz", x=array)
    with pytest.raises(BadContentError, match=message):
        read_arrays(tmp_path / "a.npz", {"x": ("<f8", (3, 2))})


def test_npz_refuses_a_missing_array(tmp_path):
    np.savez(tmp_path / "a.npz", y=np.zeros(3))
    with pytest.raises(BadContentError, match="array x is missing"):
        read_arrays(tmp_path / "a.npz", {"x": ("<f8", (3,))})


@pytest.mark.parametrize("keep", [0, 10, 200, -30])
def test_npz_refuses_a_truncated_file(tmp_path, keep):
    path = tmp_path / "a.npz"
    np.savez(path, x=RNG.normal(size=(300, 2)))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadContentError, match=r"it is no whole .npz file"):
        read_arrays(path, {"x": ("<f8", (300, 2))})


def test_npz_refuses_flipped_bytes_and_web_pages(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=RNG.normal(size=(300, 2)))
    data = bytearray(path.read_bytes())
    data[1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadContentError, match="CRC"):
        read_arrays(path, {"x": ("<f8", (300, 2))})
    path.write_text("<html>Please log in</html>")
    with pytest.raises(BadContentError, match="not a zip file"):
        read_arrays(path, {"x": ("<f8", (300, 2))})


def test_npz_refuses_a_bomb_by_its_declared_size(tmp_path):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as stream:
        for _ in range(70):
            stream.write(bytes(2**20))
    with pytest.raises(BadContentError, match="array x takes 73,400,320 bytes"):
        read_object_list(path, "x", 3)


def test_npz_refuses_a_header_that_promises_too_much(tmp_path):
    path = tmp_path / "a.npz"
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (3, 2)})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", stream.getvalue() + bytes(40))
    with pytest.raises(BadContentError, match="array x has 40 bytes instead of 48"):
        read_arrays(path, {"x": ("<f8", (3, 2))})


# .tar.gz


def test_tar_gives_the_named_members_only(tmp_path):
    path = tar_gz(tmp_path / "a.tar.gz", {"d/one": b"1", "../two": b"2", "/etc/three": b"3", "d/four": b"4"})
    assert read_members(path, ["d/one", "d/four"], 2**20) == {"d/one": b"1", "d/four": b"4"}
    assert [file.name for file in tmp_path.rglob("*")] == ["a.tar.gz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_tar_refuses_what_is_no_plain_file(tmp_path, kind):
    path = tar_gz(tmp_path / "a.tar.gz", {"secret": b"secret"}, link("d/one", "../secret", kind))
    with pytest.raises(BadContentError, match="member d/one is no plain file"):
        read_members(path, ["d/one"], 2**20)


def test_tar_refuses_a_file_outside_under_a_name_inside(tmp_path):
    for name in ("../d/one", "/d/one", "d/../d/one"):
        path = tar_gz(tmp_path / "a.tar.gz", {name: b"1"})
        with pytest.raises(BadContentError, match="member d/one is missing"):
            read_members(path, ["d/one"], 2**20)


def test_tar_refuses_bombs_and_damage(tmp_path):
    path = tar_gz(tmp_path / "a.tar.gz", {"d/one": bytes(2**21)})
    with pytest.raises(BadContentError, match="it unpacks to more than the possible 1,048,576 bytes"):
        read_members(path, ["d/one"], 2**20)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadContentError, match=r"it is no whole (file|archive)"):
        read_members(path, ["d/one"], 2**22)
    path.write_bytes(gzip.compress(b"no archive at all" * 100))
    with pytest.raises(BadContentError, match=r"it is no whole (file|archive)"):
        read_members(path, ["d/one"], 2**22)
