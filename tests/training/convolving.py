"""Note the convolutions that go another way than Keras' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def note_convolutions(flags: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Fake the processor's flags; return a list that gets the output's height and width at every call."""
    from practica import backend

    def noting(*tensors: Any, **options: Any) -> Any:
        outputs = convolution(*tensors, **options)
        sizes.append(tuple(outputs.shape[1:3]))
        return outputs

    if backend.gpus() or backend.NAME != "tensorflow":
        pytest.skip("it is for TensorFlow on processors")
    (folder / "cpuinfo").write_text(f"flags : {flags}\n")
    monkeypatch.setattr(backend, "CPU_INFO", folder / "cpuinfo")
    sizes: list[tuple[int, ...]] = []
    convolution = backend.convolution
    monkeypatch.setattr(backend, "convolution", noting)
    return sizes
