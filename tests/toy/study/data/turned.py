"""The crescents, turned by a quarter."""

from __future__ import annotations

from study.data.crescents import compute as crescents

from practica.data.store.spec import Arrays, Computed


def compute() -> Arrays:
    """Return points ``x`` ``(200, 2)``, float64, and the crescent ``y`` ``(200,)`` that each lies on."""
    arrays = crescents()
    return {"x": arrays["x"][:, ::-1] * [-1, 1], "y": arrays["y"]}


DATASET = Computed(
    name="turned",
    fingerprint="79dff8b4b813667ecb894ebaf2da33955cc16b6f213e3a2f8fbb800963810e24",
    rule="(-x2, x1) of the crescents",
    compute=compute,
)
