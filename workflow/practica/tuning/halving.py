"""What a search by ASHA trains next: a function of the search and of the scores so far, so that it can be repeated.

The rule is that of Li et al., A System for Massively Parallel Hyperparameter Tuning, 2020, Algorithm 2: a free worker
promotes a trial among the best 1/eta of its rung, from the highest rung down; if there is none, it starts a new trial.
Here, all workers become free at once, when the whole previous ``batch`` is done: so the choice of trials depends on
scores alone, and not on which job was quicker.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from practica.config.space import BATCH, EPOCHS, ETA, Values, draws, rungs
from practica.tuning.tpe import Scores, key


def trials_of(search: Mapping[str, Any], epochs: int, scores: Scores, *, maximise: bool) -> list[Values]:
    """Return the trials of a search, each with the epochs of its rung, up to the first batch that is not trained yet.

    ``epochs`` are those of the variant, and so of the last rung.
    """
    levels, fresh = rungs(search, epochs), draws(search, search["trials"])
    trials: list[Values] = []
    while all(key(values) in scores for values in trials):
        batch: list[Values] = []
        for _ in range(search.get("batch", BATCH)):
            promotion = _promotion(trials, batch, levels, search.get("eta", ETA), scores, maximise=maximise)
            if promotion is None and not fresh:
                break
            batch.append(promotion or {**fresh.pop(0), EPOCHS: levels[0]})
        if not batch:
            break
        trials += batch
    return trials


def _promotion(
    trials: list[Values], batch: list[Values], levels: list[int], eta: int, scores: Scores, *, maximise: bool
) -> Values | None:
    """Return the trial to promote next, with the epochs of its new rung; None if none is good enough."""
    sign = -1 if maximise else 1
    for level, above in reversed(list(pairwise(levels))):
        rung = [values for values in trials if values[EPOCHS] == level]
        # A diverged trial counts, but is never among the best; of equals, the first is better.
        ranks = [(sign * score, place) for place, each in enumerate(rung) if (score := scores[key(each)]) is not None]
        for _, place in sorted(ranks)[: len(rung) // eta]:
            higher = {**rung[place], EPOCHS: above}
            if higher not in trials + batch:
                return higher
    return None
