"""Change how Snakemake plans: its private names stand here."""

from __future__ import annotations

import gc
from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def let_data_come_back() -> None:
    """Let data that are prepared again be no reason to train again: ``ancient`` input is that also while it is gone.

    Snakemake makes again what depends on such a file where it must be made first.
    """
    from snakemake.io import Mtime, _IOFile

    there, time = _IOFile.exists, _IOFile.mtime_uncached

    async def exists(file: Any) -> bool:
        return file.is_ancient or await there(file)

    async def mtime(file: Any, **options: Any) -> Any:
        return await time(file, **options) if await there(file) or not file.is_ancient else Mtime(local=0)

    _IOFile.exists, _IOFile.mtime_uncached = exists, mtime


def plan_fast() -> None:
    """Spare Snakemake, which holds every job in memory, a fifth of its time to plan thousands of them."""
    from snakemake.resources import Resource  # here, for training jobs import this module too

    per_job(Resource.evaluate)  # through which it calls each function of a resource
    # What is imported stays to the end, as do the millions of objects of a plan: Python need not look for garbage in
    # the former, and less often in the latter.
    gc.freeze()
    gc.set_threshold(100_000)


def per_job(function: Function) -> Function:
    """Note a function's parameters: Snakemake asks for them three times a job, which takes longer than the function."""
    from snakemake.common import overwrite_function_params

    overwrite_function_params(function, signature(function).parameters)
    return function
