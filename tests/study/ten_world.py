"""A world in which everything that the source of the ten exercises claims is true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evidence.made_up import LATE, Levels, World, share
from practica.config.study import Study
from ten import CONFIG

# Final values of variants that measure accuracy, on train, validation and test, if every claim holds.
ACCURACIES: Levels = {
    **{f"ej02/cifar_{loss}{hand}": (0.6, 0.5, 0.5) for loss in ("mse", "xent") for hand in ("", "_numpy")},
    **{f"ej02/xor_{net}{hand}": (1.0, None, None) for net in ("221", "concat") for hand in ("", "_numpy")},
    "ej03/l2": (0.95, 0.88, 0.87),
    "ej03/dropout_l2": (0.90, 0.85, 0.85),
    "ej03/bn_l2": (0.99, 0.875, 0.82),
    "ej04/dense": (0.90, 0.88, 0.87),
    "ej04/conv": (0.98, 0.90, 0.89),
    "ej06/raw": (0.80, 0.75, None),
    "ej06/corrected": (0.81, 0.76, None),
    "ej08/dense": (0.98, 0.96, 0.95),
    "ej08/conv": (0.99, 0.98, 0.98),
    "ej09/dense": (0.97, 0.945, 0.945),
    "ej09/conv": (0.98, 0.955, 0.955),
    "ej10/alexnet": (0.80, 0.51, 0.50),
    "ej10/alexnet_plain": (0.95, 0.42, 0.41),
    "ej10/vgg16": (0.50, 0.43, 0.42),
    "ej10/vgg16_long": (0.75, 0.56, 0.55),
}
OTHERS = {
    "ej01/linear/validation/r2": 0.7,
    "ej01/linear/validation/loss": 25.0,
    "ej05/tanh5/test/mse": 3e-5,
    "ej07/autoencoder_asym/test/mse": 0.02,
    "ej07/autoencoder_asym/test/noisy_mse": 0.11,
    "ej07/autoencoder_asym/test/psnr": 17.0,
    "ej07/autoencoder_asym/test/noisy_psnr": 9.6,
}
NETS = ("cifar_mse", "cifar_xent", "xor_221", "xor_concat")
"""The nets of ej02 that have a twin by hand."""
SLOW_ONES = ("ej03/dropout_l2", "ej08/dense", "ej09/dense", "ej10/vgg16")
FOLDS = {"ej06/raw": 0.04, "ej06/corrected": 0.02}
"""How far the validation accuracy of the folds lies apart."""


class TenWorld(World):
    """Final values and validation curves of the ten."""

    levels = ACCURACIES
    others: Mapping[str, float] = OTHERS
    slow: Sequence[str] = SLOW_ONES
    own_courses: Mapping[str, Sequence[float]] = {
        "ej04/dense": share(LATE),
        "ej01/linear": [20.0, 5.0, *[1.0] * 18],
    }
    by_loss: Sequence[str] = ("ej01/linear",)
    folds: Mapping[str, float] = FOLDS
    twins: Mapping[str, str] = {f"ej02/{net}": f"ej02/{net}_numpy" for net in NETS}

    def study(self) -> Study:
        """Return the imaginary study: all exercises of the configuration, with as many seeds."""
        exercises = {
            name: {
                "dataset": entry["dataset"],
                "variants": {
                    variant: {"model": own["model"]} if "model" in own else {}
                    for variant, own in entry["variants"].items()
                },
            }
            for name, entry in CONFIG["exercises"].items()
        }
        return Study.resolve({"seeds": self.seeds, "seeds_per_job": 1, "exercises": exercises})
