"""What a search by ASHA trains next: a function of the search and of the scores so far, so that it can be repeated.

The rule is that of Li et al., A System for Massively Parallel Hyperparameter Tuning, 2020, Algorithm 2: a free worker
promotes a trial that is among the best 1/eta of its rung, from the highest rung down, and begins a new one where there
is none. Here as many workers as a ``batch`` has trials become free at once, when all of the batch before are done: so
what is trained follows from scores alone, and not from which job was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from practica.config.space import BATCH, EPOCHS, ETA, Values, draws, rungs
from practica.tuning.asking import Scores, key


def trials_of(search: Mapping[str, Any], epochs: int, scores: Scores, *, maximise: bool) -> list[Values]:
    """Return the trials of a search, each with the epochs of its rung, up to the first batch that has to be trained.

    ``epochs`` are those of the variant, and of the last rung.
    """
    levels, fresh = rungs(search, epochs), draws(search, search["trials"])
    known: list[Values] = []
    while all(key(values) in scores for values in known):
        batch: list[Values] = []
        for _ in range(search.get("batch", BATCH)):
            promoted = _promoted(known, batch, levels, search.get("eta", ETA), scores, maximise=maximise)
            if promoted is None and not fresh:
                break
            batch.append(promoted or {**fresh.pop(0), EPOCHS: levels[0]})
        if not batch:
            break
        known += batch
    return known


def _promoted(
    known: list[Values], batch: list[Values], levels: list[int], eta: int, scores: Scores, *, maximise: bool
) -> Values | None:
    """Return the trial that is promoted next, with the epochs of its new rung; None where none is good enough."""
    sign = -1 if maximise else 1
    for level, above in reversed(list(pairwise(levels))):
        rung = [values for values in known if values[EPOCHS] == level]
        # One that diverged counts, and is never among the best; of equals, the first is better.
        ranked = [(sign * score, place) for place, each in enumerate(rung) if (score := scores[key(each)]) is not None]
        for _, place in sorted(ranked)[: len(rung) // eta]:
            higher = {**rung[place], EPOCHS: above}
            if higher not in known + batch:
                return higher
    return None
