"""Save the nets of runs as Keras files, load them, and predict with them.

Every training imports this, so pandas, which only predictions need, is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from practica.errors import InputError, in_one_line
from practica.exercises.problem import IMAGE_FILES, Images, Settings, rows_of
from practica.files import atomic_path, read_json, sha256
from practica.texts import holds_text
from practica.training.fit import precision
from practica.training.results import Run
from practica.training.weights import FirstWeights

if TYPE_CHECKING:
    import pandas as pd

BATCH = 500


def save_models(
    build: Callable[[Settings], keras.Model],
    settings: Settings,
    runs: Sequence[Run],
    folder: Path,
    example: Callable[[], Any],
) -> dict[str, dict[str, str]]:
    """Write the nets to keep, and return ``file`` and ``sha256`` of each by its run's name (``s0``, ``s0f1``).

    ``example`` returns a batch of inputs, for a net whose function does not build it.
    """
    for old in folder.glob("model*.keras"):
        old.unlink()
    if not any(outcome.weights for *_, outcome in runs):
        return {}
    keras.config.set_dtype_policy(precision(settings))
    net = FirstWeights(build, settings, example).net
    models = {}
    for seed, fold, outcome in runs:
        name = f"s{seed}" if fold is None else f"s{seed}f{fold}"
        path = folder / ("model.keras" if len(runs) == 1 else f"model_{name}.keras")
        net.set_weights(outcome.weights)
        with atomic_path(path) as part:
            whole = part.with_name(f"{part.name}.keras")  # Keras looks at the suffix
            net.save(whole)
            whole.replace(part)
        models[name] = {"file": path.name, "sha256": sha256(path.read_bytes())}
    return models


def kept_model(results: Path, exercise: str, variant: str, seed: int, fold: int | None) -> tuple[keras.Model, Path]:
    """Return the net that the run kept, and the path of the manifest that vouches for it.

    Raises:
        InputError: there is no such run, it kept no net, or the file cannot be opened or does not match its manifest.
    """
    name = f"s{seed}" if fold is None else f"s{seed}f{fold}"
    run = f"{exercise}/{variant}, seed {seed}" + ("" if fold is None else f", fold {fold}")
    manifests = sorted((results / "runs" / exercise / variant).glob("*/manifest.json"))
    own = {path: manifest for path in manifests if seed in (manifest := read_json(path))["seeds"]}
    if not own:
        raise InputError(f"{run}: no such run in {results}; train it first")
    for path, manifest in own.items():
        entry = manifest.get("models", {}).get(name)
        if entry is None:
            continue
        file = path.parent / Path(entry["file"]).name
        if not file.is_file() or sha256(file.read_bytes()) != entry["sha256"]:
            raise InputError(f"{file} is not the model that {path} vouches for; train the run again")
        try:
            net: keras.Model = keras.saving.load_model(file, compile=False, safe_mode=True)
        except (ValueError, TypeError) as error:
            raise InputError(f"{file} cannot be opened: {_unopened(error)}") from error
        return net, path
    models = sorted(name for manifest in own.values() for name in manifest.get("models", {}))
    hint = f" (kept: {', '.join(models)}; with folds, give --fold)" if models else ""
    raise InputError(f"{run} kept no model{hint}: set save_model: last or best for it, and train it again")


def check_opens(net: keras.Model) -> None:
    """Raise ``InputError`` if Keras would refuse to open a file with the net."""
    try:
        keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(net), safe_mode=True)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise InputError(f"save_model: a file with {net.name} could not be opened: {_unopened(error)}") from error


def _unopened(error: Exception) -> str:
    """Return why Keras cannot make a net of its description, in a few of its words."""
    words = str(error)
    if "Could not locate" in words:
        where = words.partition("Could not locate ")[2].partition(". Make sure")[0]
        return f"{where} is not registered; decorate it with @keras.saving.register_keras_serializable()"
    if "deserialization of a `Lambda`" in words:
        return "Keras does not trust a Lambda layer with a Python function; write a Layer in its place"
    return " ".join(words.rpartition("Exception encountered: ")[2].split())


def read_texts(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the numbers of the samples in a file as names, and their texts ``(n,)``.

    An npz file has them in ``x``, or in its first array; a csv file, which needs a header, in the column ``text``, or
    in its first; any other file has one on each line.

    Raises:
        InputError: the file cannot be read or has no texts.
    """
    try:
        if path.suffix == ".npz":
            values = _only_array(path)
        elif path.suffix == ".csv":
            import pandas as pd

            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            values = table["text" if "text" in table else table.columns[0]].to_numpy(dtype=str)
        else:
            values = np.array(path.read_text(encoding="utf-8").splitlines(), dtype=str)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: no texts: neither npz, csv nor lines: {in_one_line(error)}") from error
    if not len(values) or not holds_text(values):
        raise InputError(f"{path}: no texts in it, which this net is made for")
    return [str(place) for place in range(len(values))], values


def read_inputs(path: Path, size: tuple[int, ...]) -> tuple[list[str], Any]:
    """Return the names of the samples in a file or folder, and the samples ``(n, ...)``.

    A folder holds images, which get the net's ``size``: ``(height, width)``, grey, or ``(height, width, channels)``. An
    npz file has the samples in ``x``, or in its first array; any other file has rows of numbers, as csv.

    Raises:
        InputError: there are no samples, or the file cannot be read.
    """
    if path.is_dir():
        files = sorted(each for each in path.iterdir() if each.suffix.lower() in IMAGE_FILES)
        if not files:
            raise InputError(f"{path}: no images in it")
        if len(size) not in (2, 3):
            raise InputError(f"{path}: a folder of images, but the net takes inputs of shape {size}")
        height, width, *channels = size
        images = Images(tuple(map(str, files)), (height, width), channels[0] if channels else 1)
        batch = images[np.arange(len(files))]
        return [file.name for file in files], batch if channels else batch[..., 0]
    try:
        if path.suffix == ".npz":
            values = _only_array(path)
        else:
            import pandas as pd

            values = pd.read_csv(path, header=None if _numeric(path) else 0).to_numpy(dtype=float)
    except (OSError, ValueError, IndexError) as error:
        raise InputError(f"{path}: neither arrays (npz) nor rows of numbers (csv): {in_one_line(error)}") from error
    if not len(values):
        raise InputError(f"{path}: no samples in it")
    return [str(place) for place in range(len(values))], values


def inputs_of(net: keras.Model) -> Any:
    """Return the symbolic inputs of a net as it takes them: one, a dictionary or a list; None if it is a subclass."""
    inputs = getattr(net, "inputs", None) or [None]
    return inputs[0] if len(inputs) == 1 else net.input


def several(inputs: Any) -> bool:
    """Return whether inputs are several arrays, as ``Samples.inputs`` and ``inputs_of`` arrange them."""
    return isinstance(inputs, Mapping | list | tuple)


def read_several(path: Path, like: Any) -> tuple[list[str], Any]:
    """Return the numbers of the samples in an npz file as names, and its arrays ``(n, ...)``, arranged as ``like``.

    Args:
        path: the file. Its arrays have the names in ``like`` or, where that has none, its order.
        like: the several inputs of a net: a dictionary, list or tuple.

    Raises:
        InputError: the file cannot be read, holds other arrays, or holds different numbers of samples.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{path}: a net with several inputs needs arrays (npz): {in_one_line(error)}") from error
    names = list(like) if isinstance(like, Mapping) else list(arrays)
    if set(names) != set(arrays) or len(names) != len(like):
        expected = ", ".join(names) if isinstance(like, Mapping) else f"{len(like)}, in the order of its inputs"
        raise InputError(f"{path}: the net takes these arrays: {expected}; the file holds: {', '.join(arrays)}")
    sizes = {name: len(array) if array.ndim else 0 for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or not all(sizes.values()):
        counts = ", ".join(f"{size} in {name}" for name, size in sizes.items())
        raise InputError(f"{path}: each array must have the same number of samples, at least one: {counts}")
    inputs = {name: arrays[name] for name in names}
    samples = [str(place) for place in range(next(iter(sizes.values())))]
    return samples, inputs if isinstance(like, Mapping) else tuple(inputs.values())


def predictions(net: keras.Model, names: list[str], inputs: Any, to_input: Callable[[Any], Any]) -> pd.DataFrame:
    """Return a row for each sample: ``sample``, ``output_0``... and, if there are several, ``class`` of the largest.

    Raises:
        InputError: the inputs do not have the net's shape.
    """
    try:
        starts = range(0, len(names), BATCH)
        every = np.arange(len(names))
        batches = [net(to_input(rows_of(inputs, every[start : start + BATCH])), training=False) for start in starts]
        outputs = np.concatenate([keras.ops.convert_to_numpy(batch) for batch in batches]).reshape(len(names), -1)
    except (ValueError, TypeError) as error:
        takes = inputs_of(net)
        net_takes = "" if takes is None else f", which takes {_shapes(takes)}"
        raise InputError(
            f"inputs of shape {_shapes(inputs)} do not fit the net{net_takes}: {in_one_line(error)}"
        ) from error
    import pandas as pd

    table = pd.DataFrame({"sample": names} | {f"output_{place}": column for place, column in enumerate(outputs.T)})
    return table.assign(**{"class": outputs.argmax(axis=1)}) if outputs.shape[1] > 1 else table


def _shapes(inputs: Any) -> str:
    """Return the shape of a sample of each input, with its name where it has one."""
    parts = (
        inputs.items()
        if isinstance(inputs, Mapping)
        else [("", each) for each in (inputs if several(inputs) else [inputs])]
    )
    return ", ".join(f"{name} {tuple(part.shape[1:])}".strip() for name, part in parts)


def _only_array(path: Path) -> np.ndarray:
    """Return the array ``x`` of a file, or its first."""
    with np.load(path, allow_pickle=False) as content:
        values: np.ndarray = content["x" if "x" in content.files else content.files[0]]
    return values


def _numeric(path: Path) -> bool:
    """Return whether the first line of a file is a sample rather than a header."""
    try:
        with path.open(encoding="utf-8") as lines:
            [float(cell) for cell in next(lines, "").strip().split(",")]
    except ValueError:
        return False
    return True
