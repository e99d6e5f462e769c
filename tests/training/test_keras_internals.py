"""Every private name of Keras that training needs: if one disappears, a test here says what to do."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest

from practica.files import SCHEMAS

pytestmark = pytest.mark.keras

ROOT = Path(__file__).parents[2]
MODEL_NAMES = {
    "_flatten_layers": "flat_layers: list the layers by hand, from model.layers and their own layers",
    "_call_has_training_arg": "stateless_loss: look at the signature of model.call",
    "_loss_tracker": "stateless_metrics: see how Keras' JAX trainer updates the loss",
    "_symbolic_build": "build_metrics: call model.evaluate on one batch in its place",
    "_compute_loss": "stateless_loss: call compute_loss, with training only where it takes it",
    "stateless_call": "it is public: read Keras' release notes",
}

OPTIMIZER_NAMES = {
    "_learning_rate": "has_rate_of_keras: look for the rate or the schedule in vars(optimizer)",
    "_overwrite_variable_with_gradient": "only_optimized: look at the weight's overwrite_with_gradient",
    "_use_weight_decay": "only_optimized: see how Keras' optimizers exempt weights from decay",
}


def net() -> Any:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_models_have_it(name: str) -> None:
    assert hasattr(net(), name), MODEL_NAMES[name]


@pytest.mark.parametrize("name", OPTIMIZER_NAMES)
def test_optimizers_have_it(name: str) -> None:
    assert hasattr(net().optimizer, name), OPTIMIZER_NAMES[name]


def test_layers_keep_their_seed_generators() -> None:
    from practica.training.keras_internals import global_seed_generator, seed_generators

    assert len(seed_generators(net())) == 1, "layer._seed_generators has gone: look for SeedGenerators in vars(layer)"
    assert global_seed_generator().state.shape == (2,)


def test_optimizers_become_stateless() -> None:
    import keras

    from practica.training.keras_internals import make_stateless

    optimizer = keras.optimizers.Adam(0.1)
    make_stateless(optimizer)
    weight = keras.Variable([1.0, 2.0])
    optimizer.build([weight])
    values = [keras.ops.convert_to_tensor(variable) for variable in optimizer.variables]
    (moved,), _ = optimizer.stateless_apply(values, [keras.ops.ones(2)], [keras.ops.convert_to_tensor(weight)])
    assert keras.ops.convert_to_numpy(moved) == pytest.approx([0.9, 1.9], abs=1e-5)
    assert keras.ops.convert_to_numpy(weight.value * 1) == pytest.approx([1.0, 2.0]), "nothing is written in place"


@pytest.mark.skipif(os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow", reason="of TensorFlow")
def test_what_fit_has_compiled_can_be_looked_into() -> None:
    import numpy as np

    from practica.training.graphs import _variables, not_kept
    from practica.training.keras_internals import train_graphs

    model = net()
    model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    (graph,) = train_graphs(model)  # none: see in Keras' TensorFlowTrainer where make_train_function keeps its function
    assert hasattr(graph, "_weak_variables"), "graphs._variables: see how FuncGraph.variables finds them"
    assert {variable.name for variable in _variables(graph)} >= {each.value.name for each in model.trainable_weights}
    result = not_kept([graph], [])
    assert result and result.startswith("it changes the variable "), (
        "graphs.not_kept: see how TensorFlow tells reads apart"
    )


def test_private_names_of_tensorflow_stand_in_one_file() -> None:
    users = {
        path.name
        for path in (ROOT / "workflow/practica").rglob("*.py")
        if "tensorflow.python" in path.read_text(encoding="utf-8")
    }
    assert users == {"graphs.py"}


def test_the_catalogue_is_that_of_the_installed_keras() -> None:
    from practica.training.catalogue import catalogue

    written = json.loads((SCHEMAS / "keras.json").read_text())
    assert written == catalogue(), "write it anew: python -m practica.training.catalogue > workflow/schemas/keras.json"


def test_private_names_of_keras_stand_in_one_file() -> None:
    """Look for imports from ``keras.src`` and for private attributes of models and layers in all other modules."""
    private = {name for name in MODEL_NAMES if name.startswith("_")} | {"_seed_generators", *OPTIMIZER_NAMES}
    for path in sorted((ROOT / "workflow/practica").rglob("*.py")):
        if path.name == "keras_internals.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        modules = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not names & private, path
        assert not any(module.startswith("keras.src") for module in modules), path
