"""How a training starts: with only what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.keras


def test_keras_is_imported_without_what_only_its_pictures_and_wrappers_need() -> None:
    code = (
        "import sys; from practica.cli.base import quiet_tensorflow; quiet_tensorflow(1)\n"
        "import keras; from practica.training import block\n"
        "print(*sorted({'keras', 'matplotlib', 'sklearn'} & set(sys.modules)))\n"
        "import matplotlib.pyplot, sklearn.model_selection; print('here')"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.split() == ["keras", "here"], "not imported, and not made impossible to import"


def test_a_package_that_is_there_already_stays() -> None:
    from practica.cli.base import _without_packages

    assert "numpy" in sys.modules
    with _without_packages(["numpy", "wave"]):
        import numpy

        with pytest.raises(ImportError):
            import wave
    assert sys.modules["numpy"] is numpy
    import wave

    assert wave.open
