"""What a search by TPE tries next: a function of the search and of the scores so far, so that it can be repeated.

Bergstra et al., Algorithms for Hyper-Parameter Optimization, 2011, as implemented by Optuna's ``TPESampler``, with ask
and tell. The sampler is created anew for each batch, with its own seed, so a killed search loses no state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practica.config.space import BATCH, Values, combinations, draws, rounded
from practica.files import canonical_json, sha256

TRIES = 50
"""Draws for a batch that may repeat known values, before a random draw is used instead."""

Scores = Mapping[str, float | None]
"""The score of each trial that has run, by its ``key``; None for one that diverged."""


def key(values: Mapping[str, Any]) -> str:
    """Return the key of values among scores."""
    return canonical_json(values)


def trials_of(search: Mapping[str, Any], scores: Scores, *, maximise: bool) -> list[Values]:
    """Return the trials of a search from the first one on, up to the first batch that is not trained yet."""
    trials = combinations({"search": {**search, "asked": []}})
    while len(trials) < search["trials"] and all(key(values) in scores for values in trials):
        more = min(search.get("batch", BATCH), search["trials"] - len(trials))
        batch = _ask(search, trials, scores, more, maximise=maximise)
        if not batch:
            break
        trials += batch
    return trials


def _ask(
    search: Mapping[str, Any], trials: list[Values], scores: Scores, count: int, *, maximise: bool
) -> list[Values]:
    """Return up to ``count`` new trials; fewer if there are no more."""
    import optuna
    from optuna.trial import TrialState, create_trial

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = int(sha256(f"{search.get('seed', 0)}/{len(trials)}")[:8], 16)
    study = optuna.create_study(
        direction="maximize" if maximise else "minimize", sampler=optuna.samplers.TPESampler(seed=seed)
    )
    distributions = _distributions(search)
    for values in trials:
        score, parameters = scores[key(values)], _parameters(search, values)
        # A diverged trial is as bad as any: TPE treats pruned trials without a value this way.
        how: dict[str, Any] = {"value": score} if score is not None else {"state": TrialState.PRUNED}
        study.add_trial(create_trial(params=parameters, distributions=distributions, **how))
    batch: list[Values] = []
    for _ in range(TRIES + count):
        values = _values(search, study.ask(distributions).params)
        if values not in trials + batch:
            batch.append(values)
        if len(batch) == count:
            return batch
    rest = [values for values in draws(search, search["trials"]) if values not in trials + batch]
    return batch + rest[: count - len(batch)]


def _distributions(search: Mapping[str, Any]) -> dict[str, Any]:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    lists = {name: CategoricalDistribution(range(len(each))) for name, each in search.get("values", {}).items()}
    spans = search.get("ranges", {}).items()
    return lists | {
        name: FloatDistribution(float(span["low"]), float(span["high"]), log=span.get("scale") == "log")
        for name, span in spans
    }


def _parameters(search: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Return values as Optuna represents them: a value from a list by its position."""
    lists = search.get("values", {})
    return {name: lists[name].index(each) if name in lists else float(each) for name, each in values.items()}


def _values(search: Mapping[str, Any], parameters: Mapping[str, Any]) -> Values:
    lists, ranges = search.get("values", {}), search.get("ranges", {})
    return {
        name: lists[name][each] if name in lists else rounded(name, ranges[name], each)
        for name, each in parameters.items()
    }
