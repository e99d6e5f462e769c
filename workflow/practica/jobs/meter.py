"""Measure the cost of an attempt: time, processor, memory, GPU and energy; None for what the machine does not report.

NVML reports on the GPUs that CUDA shows to this process, whatever else runs on them. RAPL reports on the whole
processor, so parallel jobs each count the energy of all; often only root may read it.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

RAPL = Path("/sys/class/powercap")
NAMES = (
    *("wall_seconds", "cpu_seconds", "peak_memory_mb", "gpu_seconds", "gpu_peak_memory_mb"),
    *("cpu_joules", "gpu_joules", "epochs"),
)
"""The quantities: ``gpu_seconds`` are the seconds in which GPUs computed; memory is the peak; ``epochs`` are those
trained, over all runs, and of a run that was resumed only the new ones."""
LARGEST = ("peak_memory_mb", "gpu_peak_memory_mb")
"""For these, the cost of several attempts is the largest; the others are summed."""


class Meter:
    """The cost of this process from now on, or from its start."""

    def __init__(self, *, whole_process: bool = False) -> None:
        process = psutil.Process()
        self._begin = process.create_time() if whole_process else time.time()
        self._cpu = 0.0 if whole_process else _cpu_seconds()
        self._rapl = _rapl_joules()
        self._gpus = _gpus()
        self._gpu_joules = _gpu_joules(self._gpus)
        self._gpu_seconds = self._gpu_memory = 0.0
        self._last_look = time.monotonic()
        self.epochs = 0

    def look(self) -> None:
        """Sample the GPUs, whose use is known only at the moment; call this every few seconds."""
        since, self._last_look = self._last_look, time.monotonic()
        for nvml, handle in self._gpus:
            with suppress(nvml.NVMLError):
                self._gpu_seconds += (self._last_look - since) * nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
                self._gpu_memory = max(self._gpu_memory, nvml.nvmlDeviceGetMemoryInfo(handle).used / 2**20)

    def cost(self) -> dict[str, float | None]:
        """Return the cost so far, by ``NAMES``."""
        self.look()
        amounts: dict[str, float | None] = {
            "wall_seconds": time.time() - self._begin,
            "cpu_seconds": _cpu_seconds() - self._cpu,
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "gpu_seconds": self._gpu_seconds if self._gpus else None,
            "gpu_peak_memory_mb": self._gpu_memory if self._gpus else None,
            "cpu_joules": _since(self._rapl, _rapl_joules()),
            "gpu_joules": _since(self._gpu_joules, _gpu_joules(self._gpus)),
            "epochs": self.epochs,
        }
        return {name: None if (value := amounts[name]) is None else round(value, 3) for name in NAMES}


def total(costs: Sequence[Mapping[str, Any]]) -> dict[str, float | None]:
    """Return the cost of several attempts; a quantity is summed over the attempts that report it."""
    totals: dict[str, float | None] = {}
    for name in NAMES:
        values = [float(cost[name]) for cost in costs if isinstance(cost.get(name), int | float)]
        totals[name] = round((max if name in LARGEST else sum)(values), 3) if values else None
    return totals


def _cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _rapl_joules() -> float | None:
    """Return the energy counters of all processor packages; None if there are none, or they may not be read."""
    counters = sorted(RAPL.glob("intel-rapl:[0-9]*"))
    packages = [path for path in counters if path.name.count(":") == 1]
    try:
        return sum(int((path / "energy_uj").read_text()) for path in packages) / 1e6 if packages else None
    except (OSError, ValueError):
        return None


def _since(before: float | None, after: float | None) -> float | None:
    """Return the increase of a counter; None if it does not exist or has wrapped around."""
    return after - before if before is not None and after is not None and after >= before else None


def _gpus() -> list[tuple[Any, Any]]:
    """Return NVML and the handle of each GPU that this process may use; empty without a driver or the package."""
    try:
        import pynvml as nvml
    except ImportError:
        return []
    try:
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(number) for number in range(nvml.nvmlDeviceGetCount())]
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        if visible is not None:
            words = [word.strip() for word in visible.split(",")]
            handles_by_name = {str(place): handle for place, handle in enumerate(handles)}
            handles_by_name |= {nvml.nvmlDeviceGetUUID(handle): handle for handle in handles}
            handles = [handles_by_name[word] for word in words if word in handles_by_name]
    except nvml.NVMLError:
        return []
    return [(nvml, handle) for handle in handles]


def _gpu_joules(gpus: Sequence[tuple[Any, Any]]) -> float | None:
    """Return the energy counters of the GPUs; None without GPUs, or if one is too old to have such a counter."""
    joules = 0.0
    for nvml, handle in gpus:
        try:
            joules += nvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000
        except nvml.NVMLError:
            return None
    return joules if gpus else None
