"""Let processes start quickly: hide packages from modules that import them needlessly, and collect no garbage.

`tests/training/test_jax.py` says what to do if another module imports JAX.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder

IMPORTERS = {
    "jax": {
        "tensorflow.lite.python.util": "_jit",
        "keras.src.callbacks.orbax_checkpoint": "_get_state_tree",
    },
    # Keras still takes data frames: it turns into an array whatever can become one.
    "pandas": {"keras.src.trainers.data_adapters.array_slicing": "Sliceable", "sklearn.utils.fixes": "_mode"},
}
"""For each package, modules that import it if it is installed and do without it, and a name that each defines later."""


class Hider(MetaPathFinder):
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
