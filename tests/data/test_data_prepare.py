"""Data sets are prepared from the best source there is, whole or not at all, and never from anything else."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from practica import data
from practica.cli import main
from practica.code.syntax import data_sets
from practica.data.store import canonical
from practica.data.store.fingerprint import first_fingerprint
from practica.data.store.forecast import Plan, plan
from practica.data.store.mirror import same_mirror
from practica.data.store.registry import spec_of
from practica.data.store.spec import Form, Published, fingerprint
from practica.errors import InputError
from practica.study_folder import opened


def place(folder: Path, name: str = "plants") -> Path:
    return folder / "prepared" / name


def files(folder: Path, name: str = "plants") -> dict[str, bytes]:
    """Return the files of a prepared data set, except for the record of its origin."""
    return {path.name: path.read_bytes() for path in place(folder, name).iterdir() if path.name != "origin.json"}


# The package


def test_the_data_sets_of_a_study_are_its_modules():
    assert sorted(data_sets()) == ["pictures", "plants", "sayings", "slopes", "squares"]


def test_a_rule_that_gives_something_else_is_an_error_that_names_the_fingerprint(tmp_path, monkeypatch):
    spec = spec_of("squares")
    monkeypatch.setattr("study.data.squares.DATASET", replace(spec, fingerprint=""))
    with pytest.raises(InputError, match=rf"{spec.fingerprint}.*study/data/squares\.py"):
        data.prepare("squares", tmp_path)
    assert not (tmp_path / "prepared/squares").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no fingerprint yet: put plants.csv into {raw} or a mirror"),
        ("1,2\n", "{file}: it holds no table of 5 columns of numbers; correct the file, or `read` in {module}"),
        (
            "real",
            'holds x float64 (300, 4), y uint8 (300,); if that is right, write into {module}: fingerprint="{print}"',
        ),
    ],
)
def test_the_file_of_a_new_data_set_is_left_alone_and_its_fingerprint_said(
    tmp_path, plants, monkeypatch, content, words
):
    monkeypatch.delenv("PRACTICA_DATA_MIRROR", raising=False)
    study = shutil.copytree(opened(), tmp_path / "study", ignore=shutil.ignore_patterns("__pycache__"))
    module = study / "data/plants.py"
    module.write_text(module.read_text().replace('fingerprint="0" * 64', 'fingerprint=""'))
    file = tmp_path / "data/raw" / plants.file.name
    if content:
        file.parent.mkdir(parents=True)
        file.write_text(plants.file.read_text() if content == "real" else content)
    command = ["prepare", "plants", "--folder", str(tmp_path / "data"), "--study-folder", str(study)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    expected = words.format(
        raw=file.parent, file=file, module=os.path.relpath(module), print=fingerprint(plants.arrays)
    )
    assert expected in result.stderr
    assert [path.name for path in file.parent.glob("*")] == ([file.name] if content else [])


def test_a_new_data_set_that_is_read_as_text_is_refused(tmp_path, plants):
    form = Form(plants.file.name, lambda path: {"x": np.array(["red", "white"])})
    text = first_fingerprint(Published("plants", "", (form,), spec_of("plants").stand_in), tmp_path, str(plants.mirror))
    assert "returns x <U5 (2,); arrays hold numbers only" in text


def test_a_data_set_under_another_name_than_its_module_is_refused(monkeypatch):
    monkeypatch.setattr("study.data.squares.DATASET", replace(spec_of("squares"), name="roots"))
    with pytest.raises(InputError, match=r"data/squares\.py: DATASET is named 'roots'"):
        spec_of("squares")


def test_importing_it_is_cheap():
    heavy = {"tensorflow", "keras", "pandas", "pooch", "requests"}
    code = f"import sys, practica.data; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("use", [data.prepare, data.load, data.verify])
def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path, use):
    with pytest.raises(InputError, match=r"there is no data set 'plant' in .*study/data; did you mean 'plants'"):
        use("plant", tmp_path)


# Computed data


def test_computed_data_need_no_source(tmp_path):
    info = data.prepare("squares", tmp_path, mirror="/no/such/mirror")
    assert not info.stand_in
    assert info.origin["kind"] == "computed"
    assert data.load("squares", tmp_path).info == info == data.verify("squares", tmp_path)


# Mirror, raw files, origin


def test_a_mirror_is_read_verified_and_kept(tmp_path, plants):
    info = data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    assert (info.stand_in, info.origin["kind"], info.origin["source"]) == (False, "mirror", str(plants.file))
    dataset = data.load("plants", tmp_path)
    for name, array in plants.arrays.items():
        np.testing.assert_array_equal(dataset[name], array)
        assert isinstance(dataset[name], np.memmap)
        assert not dataset[name].flags.writeable
    assert (dataset.name, dataset.fingerprint, dataset.stand_in) == ("plants", fingerprint(plants.arrays), False)
    assert info.arrays == {"x": {"dtype": "<f8", "shape": [300, 4]}, "y": {"dtype": "|u1", "shape": [300]}}
    assert json.loads((place(tmp_path) / "dataset.json").read_text()) == {
        "schema": 1,
        "name": "plants",
        "fingerprint": fingerprint(plants.arrays),
        "stand_in": False,
        "arrays": info.arrays,
    }


def test_a_raw_file_serves_when_the_mirror_is_gone_and_keeps_its_origin(tmp_path, plants):
    first = data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    shutil.rmtree(plants.mirror)
    shutil.rmtree(tmp_path / "prepared")
    assert data.prepare("plants", tmp_path).origin == first.origin


def test_a_raw_file_put_there_by_hand_is_taken_as_it_is(tmp_path, plants):
    raw = tmp_path / "raw" / plants.file.name
    raw.parent.mkdir()
    shutil.copy(plants.file, raw)
    assert data.prepare("plants", tmp_path).origin["kind"] == "cache"


def test_the_description_is_the_same_by_every_road(tmp_path, plants):
    data.prepare("plants", tmp_path / "a", mirror=str(plants.mirror))
    shutil.copytree(tmp_path / "a" / "raw", tmp_path / "b" / "raw")
    data.prepare("plants", tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_mirror_that_does_not_exist_is_an_error(tmp_path, plants):
    for on_missing in ("error", "stand-in"):
        for mirror in ("/no/such/mirror", "https://[::1/x", "http://", "http://a:b/c", "https://a.org/my sets"):
            with pytest.raises(InputError, match=f"the data mirror {re.escape(mirror)} is neither a folder"):
                data.prepare("plants", tmp_path, mirror=mirror, on_missing=on_missing)


def test_what_was_tried_and_what_to_do_is_said(tmp_path, plants):
    plants.file.unlink()
    with pytest.raises(InputError) as raised:
        data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    message = str(raised.value)
    assert message.startswith("data set plants is not available:")
    assert f"{tmp_path / 'raw' / plants.file.name}: not there" in message
    assert f"{plants.file}: not there" in message
    assert f"http://127.0.0.1:9/{plants.file.name}: no connection ([Errno 111] Connection refused)" in message
    assert "data.mirror" in message
    assert "data.on_missing" in message
    assert not (tmp_path / "prepared").exists()


def test_on_missing_is_checked(tmp_path):
    with pytest.raises(InputError, match="on_missing is 'standin'"):
        data.prepare("plants", tmp_path, on_missing="standin")


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path, plants):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file"):
        data.prepare("plants", tmp_path / "file", mirror=str(plants.mirror))


# Damage


@pytest.mark.parametrize("on_missing", ["error", "stand-in"])
def test_a_mirror_with_other_content_is_reported_and_never_used(tmp_path, plants, on_missing):
    plants.file.write_text(plants.file.read_text().replace("33", "34", 1))
    with pytest.raises(InputError, match=f"{plants.file}: it can be read, but its content is not that"):
        data.prepare("plants", tmp_path, mirror=str(plants.mirror), on_missing=on_missing)
    plants.file.write_text("1,2,3\n")
    with pytest.raises(InputError, match=f"{plants.file}: it cannot be read: it holds no table of 5 columns"):
        data.prepare("plants", tmp_path, mirror=str(plants.mirror), on_missing=on_missing)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [plants.file.name]


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_a_mirror_file_without_an_end_is_named_and_not_read(tmp_path, plants, kind):
    plants.file.unlink()
    if kind == "device":
        plants.file.symlink_to("/dev/zero")
    else:
        os.mkfifo(plants.file)
    with pytest.raises(InputError, match=f"{plants.file}: {plants.file.name} is not a regular file"):
        data.prepare("plants", tmp_path, mirror=str(plants.mirror))


@pytest.mark.parametrize("content", ["damaged", "other"])
@pytest.mark.parametrize("on_missing", ["error", "stand-in"])
def test_a_raw_file_with_other_content_stays_and_every_try_is_refused(tmp_path, plants, content, on_missing):
    raw = tmp_path / "raw" / plants.file.name
    raw.parent.mkdir()
    raw.write_text("damaged" if content == "damaged" else plants.file.read_text().replace("33", "34", 1))
    before = raw.read_bytes()
    text = "it cannot be read" if content == "damaged" else "it can be read, but its content is not that"
    for mirror in (None, None, str(plants.mirror)):
        with pytest.raises(InputError, match=f"{raw}: {text}") as raised:
            data.prepare("plants", tmp_path, mirror=mirror, on_missing=on_missing)
        assert f"To continue, replace {raw} by the published file, or move it" in str(raised.value)
        assert raw.read_bytes() == before
        assert [path.name for path in raw.parent.iterdir()] == [raw.name]
    assert not (tmp_path / "prepared").exists()
    raw.rename(tmp_path / "elsewhere")
    assert not data.prepare("plants", tmp_path, mirror=str(plants.mirror)).stand_in


def test_the_folder_of_keras_is_a_source_after_the_own_and_never_written_to(tmp_path, plants, keras):
    keras.mkdir()
    shutil.move(plants.file, keras / "Flora.csv")
    info = data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    assert (info.origin["kind"], info.origin["source"]) == ("keras", str(keras / "Flora.csv"))
    assert [path.name for path in keras.iterdir()] == ["Flora.csv"]
    (keras / "Flora.csv").write_text("1,2,3\n")
    shutil.rmtree(tmp_path / "prepared")
    shutil.rmtree(tmp_path / "raw")
    with pytest.raises(InputError, match=r"Flora\.csv: it cannot be read"):
        data.prepare("plants", tmp_path, on_missing="stand-in")


@pytest.mark.parametrize(
    "spelling", ["{}/", "{}//", "file://{}", "file://localhost{}/", "FILE:{}", "~/mirror", "file://~/mirror"]
)
def test_a_mirror_is_named_in_many_ways(tmp_path, plants, monkeypatch, spelling):
    monkeypatch.setenv("HOME", str(plants.mirror.parent))
    mirror = spelling.format(plants.mirror)
    assert data.prepare("plants", tmp_path / "data", mirror=mirror).origin["source"] == str(plants.file)
    assert same_mirror(mirror) == str(plants.mirror)


def test_an_origin_of_another_file_is_not_believed(tmp_path, plants):
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    raw = tmp_path / "raw" / plants.file.name
    raw.write_text(raw.read_text() + "\n")  # same content, another file
    shutil.rmtree(tmp_path / "prepared")
    assert data.prepare("plants", tmp_path).origin["kind"] == "cache"


# Stand-ins


def test_a_stand_in_takes_the_place_of_missing_data_only_on_request(tmp_path):
    with pytest.raises(InputError, match="data set plants is not available"):
        data.prepare("plants", tmp_path)
    info = data.prepare("plants", tmp_path, on_missing="stand-in")
    assert info.stand_in
    assert info.origin["kind"] == "stand-in"
    assert info.fingerprint != spec_of("plants").fingerprint
    assert data.load("plants", tmp_path).stand_in
    assert not list(tmp_path.glob("raw/*"))
    before = files(tmp_path)
    data.prepare("plants", tmp_path, on_missing="stand-in")
    assert files(tmp_path) == before


def test_a_stand_in_gives_way_to_real_data(tmp_path, plants):
    assert data.prepare("plants", tmp_path, on_missing="stand-in").stand_in
    assert not data.prepare("plants", tmp_path, mirror=str(plants.mirror), on_missing="stand-in").stand_in
    assert data.load("plants", tmp_path).fingerprint == fingerprint(plants.arrays)
    # And never the other way round.
    shutil.rmtree(tmp_path / "raw")
    assert not data.prepare("plants", tmp_path, on_missing="stand-in").stand_in


# What is planned


def test_a_plan_does_not_depend_on_the_road_of_real_data(tmp_path, plants, keras):
    folder = tmp_path / "data"

    def planned(mirror=None, on_missing="error"):
        return plan("plants", {"folder": str(folder), "mirror": mirror, "on_missing": on_missing})

    first = planned(str(plants.mirror))
    assert first.fingerprint == fingerprint(plants.arrays)
    data.prepare("plants", folder, mirror=str(plants.mirror), road=first.road)
    for mirror in (str(plants.mirror), f"{plants.mirror}/", None, "http://example.org"):
        assert planned(mirror) == planned(mirror, "stand-in") == first


def test_a_stand_in_gives_way_where_real_data_may_be_had(tmp_path, plants, keras):
    folder, empty = tmp_path / "data", tmp_path / "empty"
    empty.mkdir()

    def planned(mirror=None, on_missing="stand-in"):
        return plan("plants", {"folder": str(folder), "mirror": mirror, "on_missing": on_missing})

    first = planned()
    info = data.prepare("plants", folder, on_missing="stand-in", road=first.road)
    assert planned() == planned(str(empty)) == Plan(first.road, info.fingerprint)
    for other in (planned(on_missing="error"), planned(str(plants.mirror)), planned("http://example.org")):
        assert other.road != first.road
        assert other.goes
        assert other.fingerprint == fingerprint(plants.arrays)
    other = planned(str(plants.mirror))
    data.prepare("plants", folder, mirror=str(plants.mirror), on_missing="stand-in", road=other.road)
    assert not planned().goes
    assert planned() == planned(str(plants.mirror)) == replace(other, goes=False)


def test_a_run_remembers_the_data_that_are_deleted(tmp_path, plants, keras):
    real = {"fingerprint": fingerprint(plants.arrays), "stand_in": False, "origin": {"road": "old"}}
    stand_in = {"fingerprint": "generated", "stand_in": True, "origin": {"road": "old"}}

    def planned(noted, mirror=None, on_missing="stand-in"):
        # One folder each, because a plan is cached by the content of its folder.
        folder = str(tmp_path / f"{noted['stand_in']}{mirror}{on_missing}")
        return plan("plants", {"folder": folder, "mirror": mirror, "on_missing": on_missing}, lambda name: noted)

    for mirror in (None, str(plants.mirror), "http://example.org"):
        for on_missing in ("error", "stand-in"):
            assert planned(real, mirror, on_missing) == Plan("old", real["fingerprint"])
    assert planned(stand_in) == Plan("old", "generated")
    for other in (planned(stand_in, on_missing="error"), planned(stand_in, mirror=str(plants.mirror))):
        assert other.goes
        assert other.fingerprint == real["fingerprint"]


# Preparing again


def test_preparing_again_changes_no_file(tmp_path, plants):
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_lost_description_is_written_again_from_the_arrays(tmp_path, plants):
    """Snakemake removes a rule's outputs before it runs it again."""
    first = data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    before = files(tmp_path)
    stamp = (place(tmp_path) / "x.npy").stat().st_mtime_ns
    for name in ("dataset.json", "origin.json"):
        (place(tmp_path) / name).unlink()
    assert data.prepare("plants", tmp_path) == first
    assert files(tmp_path) == before
    assert (place(tmp_path) / "x.npy").stat().st_mtime_ns == stamp


def test_damaged_arrays_are_prepared_again(tmp_path, plants):
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    before = files(tmp_path)
    for damage in (lambda data: data[:-1], lambda data: data[:-1] + b"\x07", lambda data: b""):
        path = place(tmp_path) / "y.npy"
        path.write_bytes(damage(path.read_bytes()))
        data.prepare("plants", tmp_path)
        assert files(tmp_path) == before


def test_an_interrupted_preparation_leaves_nothing_that_loads(tmp_path, plants, monkeypatch):
    data.prepare("plants", tmp_path, on_missing="stand-in")
    saved = np.save

    def interrupted(stream, array, **options):
        if array.ndim == 1:
            raise KeyboardInterrupt
        saved(stream, array, **options)

    monkeypatch.setattr(canonical.np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    monkeypatch.undo()
    with pytest.raises(InputError, match="is not prepared"):
        data.load("plants", tmp_path)
    assert not list(tmp_path.rglob("*.part"))


# Loading


def test_loading_says_how_to_prepare(tmp_path):
    with pytest.raises(InputError, match=rf"run `python -m practica prepare plants --folder {tmp_path}`"):
        data.load("plants", tmp_path)
    with pytest.raises(InputError, match=r"--folder '.*my sets'`"):
        data.load("plants", tmp_path / "my sets")


def edit(path: Path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: (place / "y.npy").unlink(),
        lambda place: (place / "y.npy").write_bytes((place / "y.npy").read_bytes()[:-1]),
        lambda place: (place / "y.npy").write_bytes((place / "y.npy").read_bytes() + b"1"),
        lambda place: (place / "y.npy").write_bytes(b""),
        lambda place: (place / "y.npy").write_bytes(b"\x80\x04N."),
        lambda place: np.save(place / "y.npy", np.zeros(300)),
        lambda place: np.save(place / "y.npy", np.array([None]), allow_pickle=True),
        lambda place: (place / "x.npy").replace(place / "y.npy"),
        lambda place: edit(place / "dataset.json", name="pictures"),
        lambda place: edit(place / "dataset.json", schema=2),
        lambda place: edit(place / "dataset.json", fingerprint="0" * 64),
        lambda place: edit(place / "dataset.json", arrays={"../plants/x": {"dtype": "<f8", "shape": [300, 4]}}),
        lambda place: edit(place / "dataset.json", arrays=[]),
        lambda place: (place / "dataset.json").write_text("[]"),
    ],
)
def test_loading_refuses_what_is_damaged(tmp_path, plants, damage):
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    damage(place(tmp_path))
    with pytest.raises(InputError, match=r"data set plants in .* is damaged .*: run `.* prepare plants"):
        data.load("plants", tmp_path)


def test_an_edit_is_seen_where_data_are_loaded_and_a_flipped_bit_by_verify_alone(tmp_path, plants):
    data.prepare("plants", tmp_path, mirror=str(plants.mirror))
    path, before = place(tmp_path) / "x.npy", (place(tmp_path) / "x.npy").stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    for use in (data.load, data.verify):
        with pytest.raises(InputError, match=r"is damaged \(its content has changed\): run `.* prepare plants"):
            use("plants", tmp_path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as if the disk had flipped it
    data.load("plants", tmp_path)
    with pytest.raises(InputError, match="its content has changed"):
        data.verify("plants", tmp_path)
    path.write_bytes(content)
    data.load("plants", tmp_path)  # newer, but the same


def test_the_fingerprint_depends_on_everything_that_a_model_sees():
    base = {"x": np.arange(6, dtype=np.int32).reshape(2, 3)}
    others = [
        {"y": base["x"]},
        {"x": base["x"].astype(np.int64)},
        {"x": base["x"].view(np.uint32)},
        {"x": base["x"].reshape(3, 2)},
        {"x": base["x"][::-1]},
        base | {"y": np.zeros(0)},
    ]
    assert len({fingerprint(arrays) for arrays in [base, *others]}) == 7
    assert fingerprint({"x": np.asfortranarray(base["x"])}) == fingerprint(base)
