"""Keep JAX, if it is installed, out of processes that train with TensorFlow: importing it takes a second or two.

`tests/training/test_jax.py` says what to do if another module imports it.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

IMPORTERS = {
    "tensorflow.lite.python.util": "_jit",
    "keras.src.callbacks.orbax_checkpoint": "_get_state_tree",
}
"""Modules that import JAX if it is installed, whatever Keras runs on, each with a name that it defines later."""


class JaxHider(MetaPathFinder):
    """Hides JAX from those modules, which do not need it; if Keras runs on JAX, it has imported it before them."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse JAX while one of the modules is being imported, and leave everything else to the other finders."""
        if fullname == "jax" and any(
            importer in sys.modules and not hasattr(sys.modules[importer], name) for importer, name in IMPORTERS.items()
        ):
            raise ModuleNotFoundError("JAX is hidden from modules that do without it", name=fullname)


def hide_jax() -> None:
    """Hide JAX in this process."""
    sys.meta_path.insert(0, JaxHider())
