"""List what the installed Keras offers to recipes, for ``workflow/schemas/keras.json``.

python -m practica.training.catalogue > workflow/schemas/keras.json
"""

from __future__ import annotations

import inspect
import json

import keras

from practica.training.schedules import OneCycle


def catalogue() -> dict[str, dict[str, list[str]]]:
    """Return the content of ``workflow/schemas/keras.json`` for the installed Keras: kind -> class -> its options."""
    kinds = {
        "optimizers": (keras.optimizers, keras.optimizers.Optimizer),
        "schedules": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
        "losses": (keras.losses, keras.losses.Loss),
        "metrics": (keras.metrics, keras.metrics.Metric),
    }
    unusable = {"LossScaleOptimizer", "MultiOptimizer", "CTC", "Circle", "MeanMetricWrapper", "Mean", "Sum"}
    content: dict[str, dict[str, list[str]]] = {"schedules": {"OneCycle": _options(OneCycle)}}
    for kind, (module, base) in kinds.items():
        classes = {name: each for name, each in vars(module).items() if inspect.isclass(each) and name[0].isupper()}
        content.setdefault(kind, {}).update(
            {
                name: _options(each)
                for name, each in sorted(classes.items())
                if issubclass(each, base) and each is not base and name not in unusable
            }
        )
    return content


def _options(kind: type) -> list[str]:
    parameters = inspect.signature(kind.__init__).parameters  # type: ignore[misc]
    return [name for name in parameters if name not in ("self", "name", "dtype", "reduction", "kwargs")]


if __name__ == "__main__":
    print(json.dumps(catalogue(), indent=1))
