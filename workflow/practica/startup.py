"""Let processes start quickly and quietly: import nothing needless, collect no garbage, filter TensorFlow's lines.

`tests/training/test_jax.py` says what to do if another module imports JAX.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False  # that of typing, which takes 7 ms to import, as other modules do that only some commands need
if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORTERS = {
    "jax": {
        "tensorflow.lite.python.util": "_jit",
        "keras.src.callbacks.orbax_checkpoint": "_get_state_tree",
    },
    # Keras still takes data frames: it turns into an array whatever can become one.
    "pandas": {"keras.src.trainers.data_adapters.array_slicing": "Sliceable", "sklearn.utils.fixes": "_mode"},
}
"""For each package, modules that import it if it is installed and do without it, and a name that each defines later."""

START_UP = "^WARNING: All log messages before absl|oneDNN custom operations are on"
"""The lines that TensorFlow prints before its log is set up, where TF_CPP_MIN_LOG_LEVEL has no effect."""


class Hider:
    """Hides the packages from those modules; if Keras runs on JAX, it has imported JAX before them."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse a package while one of the modules is being imported, and leave all else to the other finders."""
        if any(
            importer in sys.modules and not hasattr(sys.modules[importer], name)
            for importer, name in IMPORTERS.get(fullname, {}).items()
        ):
            raise ModuleNotFoundError(f"{fullname} is hidden from modules that do without it", name=fullname)


def hide_needless() -> None:
    """Hide the packages in this process."""
    sys.meta_path.insert(0, Hider())


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage: imports and traced graphs are many objects that stay, and to traverse them takes long."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def without_start_up_lines() -> Iterator[None]:
    """Keep TensorFlow's start-up lines off standard error. Another process filters them: this one may be aborted."""
    import subprocess
    from shutil import which

    if not which("grep"):
        yield
        return
    command = ["grep", "--line-buffered", "-Ev", START_UP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2) as sieve:
        assert sieve.stdin
        before = os.dup(2)
        os.dup2(sieve.stdin.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
