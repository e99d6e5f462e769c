"""What TensorFlow does on its own when it is imported, and the private names by which that is known.

`tests/training/test_jax.py` says what to do when they go.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

IMPORTER, NAME = "tensorflow.lite.python.util", "_jit"
"""The part of TensorFlow that imports JAX, which takes a second or two, to have one function under this name."""


class JaxHider(MetaPathFinder):
    """Hides JAX from that part only, which does without it: a process that trains with JAX imports it by itself."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Refuse JAX while the part is being imported, and leave everything else to the other finders."""
        if fullname == "jax" and IMPORTER in sys.modules and not hasattr(sys.modules[IMPORTER], NAME):
            raise ModuleNotFoundError("JAX is hidden from TensorFlow", name=fullname)


def hide_jax() -> None:
    """Keep this process from importing JAX for TensorFlow's sake."""
    sys.meta_path.insert(0, JaxHider())
