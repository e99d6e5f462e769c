"""What the source prints, as it prints it: the numbers that ours stand beside."""

from __future__ import annotations

from practica.errors import InputError

PRINTED = {
    "ej03/l2/test/accuracy": "0.87",
    "ej03/dropout_l2/test/accuracy": "0.85",
    "ej03/bn_l2/test/accuracy": "0.82",
    "ej08/dense/test/accuracy": "0.95",
    "ej08/conv/test/accuracy": "0.98",
    "ej09/dense/test/accuracy": "0.94",
    "ej09/conv/test/accuracy": "0.95",
    "ej10/alexnet/test/accuracy": "0.50",
    "ej10/vgg16/test/accuracy": "0.42",
    "ej04/dense/parameters/total": "1937121",
    "ej04/conv/parameters/total": "172305",
    "ej06/raw/parameters/total": "673",
    "ej07/autoencoder/parameters/total": "12537",
    "ej08/dense/parameters/total": "16140",
    "ej08/conv/parameters/total": "12986",
    "ej10/alexnet/parameters/total": "5744964",
    "ej10/vgg16/parameters/total": "5799440",
}
"""By ``exercise/variant/split/metric``; as text, because 0.50 says more than 0.5."""


def printed(name: str) -> str:
    """Return a number of the source.

    Raises:
        InputError: the source does not print it.
    """
    try:
        return PRINTED[name]
    except KeyError:
        exercise = name.partition("/")[0]
        known = ", ".join(key for key in PRINTED if key.startswith(f"{exercise}/"))
        raise InputError(f"the source prints no {name!r}{f' (it prints {known})' if known else ''}") from None
