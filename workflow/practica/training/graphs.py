"""Find what a net uses or changes beside its own variables, from TensorFlow's graphs.

All private names of TensorFlow are here; `tests/training/test_keras_internals.py` says what to do when one disappears.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from practica.backend import NAME

DRAWS = frozenset(
    f"Random{kind}" for kind in ("Gamma", "PoissonV2", "Shuffle", "StandardNormal", "Uniform", "UniformInt")
) | {"Multinomial", "ParameterizedTruncatedNormal", "TruncatedNormal"}
"""TensorFlow's operations whose random numbers depend on earlier draws, in a state that cannot be saved."""


def used_besides(function: Any) -> list[str]:
    """Return the names of the variables, or ``a table``, that a traced function uses beside its arguments.

    The function must have been called. With JAX the list is empty: tracing turns the values of such variables into
    constants, in Keras' own training too.
    """
    if NAME != "tensorflow":
        return []
    import tensorflow as tf

    concrete = function.get_concrete_function()
    if not any(tensor.dtype == tf.resource for tensor in concrete.captured_inputs):
        return []
    return [variable.name for variable in _variables(concrete.graph)] or ["a table"]


def not_kept(graphs: Sequence[Any], variables: Sequence[Any]) -> str | None:
    """Return in words what TensorFlow's graphs change outside ``variables``, or that they draw; None: nothing."""
    if not graphs:
        return None
    from tensorflow.python.framework.auto_control_deps_utils import get_read_only_resource_input_indices_graph

    handles = {id(variable.value.handle) for variable in variables}
    for graph in graphs:
        read = get_read_only_resource_input_indices_graph(graph)
        mutable = {id(each) for place, each in enumerate(graph.inputs) if place not in read}
        writes = {id(outer) for outer, inner in graph.captures if id(inner) in mutable} - handles
        for variable in _variables(graph):
            if id(variable.handle) in writes:
                return f"it changes the variable {variable.name}"
        library = graph.as_graph_def()
        nodes = [*library.node, *(node for each in library.library.function for node in each.node_def)]
        if operation := next((node.op for node in nodes if node.op in DRAWS), None):
            return f"it draws with TensorFlow's {operation}"
    return None


def _variables(graph: Any) -> list[Any]:
    """Return the variables that a graph uses; its own property raises if one of them no longer exists."""
    return [variable for reference in graph._weak_variables if (variable := reference()) is not None]
