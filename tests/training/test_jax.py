"""Training with JAX, in separate processes, because Keras has one backend in each.

They repeat tests that represent the law (nets with shared layers and batch normalization, with a residual and
regularizers, a subclass; an optimizer with weight decay and a schedule; own ``compute_loss`` and ``train_step``; loaded
weights; a wrong step that is noticed; trials in one graph; divergence; calls that a layer counts, metrics of a loss,
equal first weights; the rehearsal of an own step) and resuming (replicas in a stack and, outside CI, `fit` with
augmentation and dropout). XLA optimizes nothing, because it would compile longer than the nets train.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not in the lock for GPUs: pip install -e '.[jax]'"),
]

HERE = Path(__file__).parent
LAW = (
    "test_law.py::test_the_net_is_the_one_that_was_written[residual]",
    "test_law.py::test_the_net_is_the_one_that_was_written[subclassed]",
    "test_law.py::test_the_net_is_the_one_that_was_written[shared_and_two_branches]",
    "test_law.py::test_the_recipe_is_the_one_that_was_written[adamw]",
    "test_law.py::test_the_recipe_is_the_one_that_was_written[warm]",
    "test_law.py::test_a_model_that_trains_in_its_own_way_does_so[compute_loss]",
    "test_law.py::test_a_model_that_trains_in_its_own_way_does_so[train_step]",
    "test_law.py::test_weights_that_a_model_function_sets_stay_to_the_bit",
    "test_law.py::test_a_step_that_is_not_keras_own_is_noticed",
    "test_law.py::test_a_run_that_grew_beyond_its_untrained_net_has_diverged",
    "test_law_later.py::test_a_layer_that_counts_its_calls_begins_at_none",
    "test_law_later.py::test_a_metric_that_the_loss_updates_is_kept",
    "test_law_later.py::test_weights_that_begin_equal_begin_equal_in_every_run",
    "test_rehearsal.py::test_an_own_step_gets_a_pair_as_from_fit",
    "test_together.py::test_a_trial_gets_the_numbers_of_its_own_run[common batches-Dropout]",
)
KILLED = "test_resume.py::test_a_job_killed_again_and_again_ends_as_if_nothing_had_happened"
RESUME = (
    f"{KILLED}[several seeds]",
    # JAX compiles it for a minute, and CI has 35 in all.
    *(() if "CI" in os.environ else (f"{KILLED}[augmentation]",)),
)
NOT_OURS = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
"""Keras reads variables in a way of which NumPy warns."""


@pytest.mark.parametrize("names", [LAW, RESUME], ids=["law", "resume"])
def test_what_holds_with_tensorflow_holds_with_jax(
    names: tuple[str, ...], tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    filters = [*(pytestconfig.getoption("pythonwarnings") or []), NOT_OURS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"-W{each}" for each in filters)]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment |= {"JAX_PLATFORMS": "cpu", "TMPDIR": str(tmp_path)}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    nodes = [str(HERE / name) for name in names]
    process = subprocess.run(
        [*command, *nodes], env=environment, cwd=HERE.parents[1], stdout=subprocess.PIPE, check=False
    )
    assert process.returncode == 0, process.stdout.decode()
    assert f"{len(names)} passed" in process.stdout.decode()


def test_where_keras_runs_on_tensorflow_nobody_imports_jax() -> None:
    """Import all that trains, reads or writes models, as jobs do; a module that imports JAX is named."""
    program = """if True:
        import sys, traceback
        class Watch:
            def find_spec(self, name, path=None, target=None):
                if name == "jax":
                    names = [frame.filename for frame in traceback.extract_stack()]
                    raise SystemExit([name for name in names if "importlib" not in name][-2])
        import practica
        sys.meta_path.insert(1, Watch())  # behind what hides it
        import practica.training.block, practica.training.kept_models, practica.exports.events
        from practica import backend
        import tensorflow, keras
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).compile("adam", "mse")
        assert keras.backend.backend() == "tensorflow" and backend.version().startswith("tensorflow ")
        assert "jax" not in sys.modules
        """
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    process = subprocess.run([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, check=False)
    assert process.returncode == 0, f"JAX is imported: add to practica.startup whoever does. {process.stderr.decode()}"


def test_keras_takes_data_frames_though_pandas_is_hidden_from_it() -> None:
    program = """if True:
        import sys, practica
        sys.modules.update(sklearn=None, matplotlib=None)  # as for a job
        import keras
        del sys.modules["sklearn"]
        import sklearn.model_selection
        assert "pandas" not in sys.modules
        import pandas
        frame = pandas.DataFrame({"one": [1.0, 2.0], "two": [1, 2]})
        net = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
        assert net.predict(frame, verbose=0).ravel().tolist() == [2.0, 4.0]
        """
    subprocess.run([sys.executable, "-c", program], check=True)


def test_who_asks_for_jax_gets_it() -> None:
    for program in ("import practica, keras, jax", "import keras, practica, jax, tensorflow"):
        subprocess.run([sys.executable, "-c", program], check=True)
    program = "from practica import backend; assert backend.version().startswith('jax ')"
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "KERAS_BACKEND": "jax"})
