"""Turn the configuration into a checked, typed study: exercises, variants, settings and blocks of seeds."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from practica.address import base_of, protocol_of, under
from practica.config.about import about, front
from practica.config.block import Block
from practica.config.levels import laid
from practica.config.protocols import contradictions, of_source
from practica.config.reader import prepared
from practica.config.schema import check, config_schema, with_defaults
from practica.config.space import check_spaces
from practica.config.unknown_names import no_exercise, those_alone, unknown, unknown_datasets
from practica.errors import InputError
from practica.files import read_json
from practica.study_folder import experiments, folder_of, use
from practica.words import in_language
from practica.yamlfiles.overlay import check_names
from practica.yamlfiles.plain import plain

KEPT = ("model", "dataset", "save_model", "seeds", "seeds_per_job")
"""What a variant has under every protocol, unless a protocol says otherwise."""
RESOURCES = {"threads": 1, "gpu": "auto", "mem_mb": 3000, "runtime": 60}


@dataclass(frozen=True)
class Study:
    """The resolved configuration: every default filled in, every name checked."""

    config: Mapping[str, Any]

    @classmethod
    def resolve(cls, config: Mapping[str, Any], *, resolved: bool = False) -> Study:
        """Check ``config``, ``resolved`` before or not, against the schema and beyond, and fill in the defaults.

        Raises:
            InputError: a key or value is wrong; the message names its path, as ``exercises.digits.settings.epochs``.
        """
        config = prepared(config, resolved=resolved)
        check_names(config)
        check(config)
        check_spaces(config)
        complete = with_defaults(copy.deepcopy(config), config_schema())
        complete["data"]["mirror"] = os.environ.get("PRACTICA_DATA_MIRROR") or complete["data"]["mirror"]
        complete["only"] = those_alone(complete["only"], complete["exercises"])
        settings = config_schema()["$defs"]["settings"]["properties"]
        for mistake in chain(unknown_datasets(complete["exercises"]), contradictions(complete, settings)):
            raise InputError(mistake)
        return cls(complete)

    @classmethod
    def load(cls, path: str | Path) -> Study:
        """Read a resolved study, as the workflow writes it to ``study.json``.

        Raises:
            InputError: the file is missing or holds something else.
        """
        if not Path(path).exists():
            raise InputError(f"there is no {path}: run the workflow first, or name where its results are")
        content = read_json(path)
        try:
            use(folder_of(content))
            check(plain(content))
            only = those_alone(content.get("only") or [], content["exercises"])
        except InputError as error:
            raise InputError(f"{path} is not a resolved study ({error}); run the workflow again") from error
        if with_defaults(copy.deepcopy(content), config_schema()) != content:
            raise InputError(f"{path} lacks keys: an older version of this project wrote it; run the workflow again")
        return cls({**content, "only": only})

    @cached_property
    def folder(self) -> Path:
        """Return the study folder, with its texts and experiments."""
        return folder_of(self.config)

    @property
    def front(self) -> Mapping[str, Any]:
        """Return what ``study.yaml`` says about the study as a whole."""
        return front(self.folder)

    def about(self, exercise: str) -> Mapping[str, Any]:
        """Return what ``about.yaml`` says about an exercise: its names, figures, tables, claims."""
        return about(self.folder, exercise)

    @property
    def results(self) -> Path:
        """Return the folder of all results."""
        return Path(self.config["results"])

    @property
    def places(self) -> dict[str, Path]:
        """Return the folders of results and data by the keys that name them."""
        return {"results": self.results, "data.folder": Path(self.data["folder"])}

    @property
    def languages(self) -> tuple[str, ...]:
        """Return the languages of the report; the first is the main one."""
        return tuple(self.config["report"]["languages"])

    def shelf(self, kind: str, language: str) -> str:
        """Return the folder of ``figures`` or ``tables`` in a language, below the folder of the results."""
        return kind if language == self.languages[0] else f"{kind}/{language}"

    def heading(self, language: str) -> str:
        """Return the title of the report."""
        return _in(self.config["title"], language) or _in(self.front.get("title", "Report"), language)

    @property
    def demonstration(self) -> bool:
        """Return whether the study runs at reduced size, and shows only that the program works."""
        return bool(self.config["demonstration"])

    @property
    def sequential(self) -> bool:
        """Return whether seeds are added after looks at the results, so that intervals are confidence sequences."""
        return bool(self.config["sequential"])

    @property
    def data(self) -> Mapping[str, Any]:
        """Return where data sets come from."""
        return self.config["data"]

    @property
    def exercises(self) -> tuple[str, ...]:
        """Return the ids of the exercises in play, in the order of the configuration."""
        ids = self.config["only"] or self.config["exercises"]
        return tuple(name for name in self.config["exercises"] if name in ids)

    def title(self, exercise: str, language: str) -> str | None:
        """Return the exercise's title in the configuration, if it gives one."""
        return _in(self.config["exercises"][exercise].get("title"), language)

    @property
    def every_exercise(self) -> tuple[str, ...]:
        """Return the ids of all exercises, those of the configuration first; the study's folder may hold others."""
        return tuple(dict.fromkeys([*self.config["exercises"], *experiments()]))

    def twins(self, exercise: str) -> dict[str, str]:
        """Return the variants that exist to be compared with another one, by name, if both run."""
        pairs, there = self.about(exercise).get("twins", {}), self.variants(exercise)
        return {twin: other for twin, other in pairs.items() if twin in there and other in there}

    def prose(self, language: str) -> dict[str | None, Path]:
        """Return the paths of the prose in a language by exercise, even if missing; None is the introduction."""
        files: dict[str | None, Path] = {None: self.folder / f"intro.{language}.tex"}
        return files | {exercise: self.folder / exercise / f"{language}.tex" for exercise in self.exercises}

    def number(self, exercise: str) -> int:
        """Return the number of the exercise in the report: its own, or its place in the configuration."""
        return int(self.about(exercise).get("number", 1 + list(self.config["exercises"]).index(exercise)))

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """Return the protocols of the exercises in play, the configuration's own first; empty if there is only one."""
        first, *others = self.config.get("protocols") or [""]
        run = [name for name in others if any(self.variants(exercise, name) for exercise in self.exercises)]
        return (first, *run) if run else ()

    def variants(self, exercise: str, protocol: str = "") -> tuple[str, ...]:
        """Return the names of the exercise's variants, in the order of the configuration.

        Under a protocol other than the first, a name is like ``dense@published``.
        """
        names = tuple(self.config["exercises"][exercise]["variants"])
        if protocol in ("", *self.config.get("protocols", ())[:1]):
            return names
        there = self.protocol(exercise, protocol).get("variants", {})
        return tuple(under(name, protocol) for name in names if name in there)

    def every_variant(self, exercise: str) -> tuple[str, ...]:
        """Return the names of the exercise's variants under all protocols, that is, everything that is trained."""
        others = self.config.get("protocols", ())[1:]
        return (*self.variants(exercise), *(name for each in others for name in self.variants(exercise, each)))

    @cached_property
    def in_play(self) -> tuple[tuple[str, str], ...]:
        """Return the exercise and the name of every variant of the exercises in play: all that is trained."""
        return tuple((exercise, variant) for exercise in self.exercises for variant in self.every_variant(exercise))

    @property
    def shown_protocols(self) -> tuple[str, ...]:
        """Return the protocols in the order of reports: first that of the source, beside the numbers that it prints."""
        return tuple(sorted(self.protocols, key=lambda name: name != of_source(self.folder)))

    def under(self, variant: str, protocol: str) -> str:
        """Return the name of a variant under a protocol, which may be the first."""
        return under(variant, "" if protocol in self.config.get("protocols", ())[:1] else protocol)

    def protocol_of(self, variant: str) -> str:
        """Return the name of the protocol of a variant; empty if the study has only one."""
        return protocol_of(variant) or next(iter(self.protocols), "")

    def protocol(self, exercise: str, name: str) -> Mapping[str, Any]:
        """Return what a protocol other than the first changes in the exercise; empty if it has no part in it."""
        return dict(self.config["exercises"][exercise].get("protocols", {}).get(name, {}))

    def model(self, exercise: str, variant: str) -> str:
        """Return the name of the function that builds the variant's model."""
        return self._variant(exercise, variant).get("model", base_of(variant))

    def dataset(self, exercise: str, variant: str) -> str:
        """Return the name of the variant's data set."""
        return self._variant(exercise, variant).get("dataset", self.config["exercises"][exercise]["dataset"])

    def settings(self, exercise: str, variant: str) -> dict[str, Any]:
        """Return the variant's settings, with those of its exercise that it does not set itself."""
        own = self._variant(exercise, variant).get("settings", {})
        return laid(self.config["exercises"][exercise]["settings"], own)

    def keeps_checkpoints(self, exercise: str) -> bool:
        """Return whether the last states of the exercise's runs are kept, so that more epochs can follow."""
        return bool(self.config["exercises"][exercise]["keep_checkpoints"])

    def resources(self, exercise: str, variant: str) -> dict[str, Any]:
        """Return what a job of the variant needs: ``threads``, ``gpu``, ``mem_mb`` [MB] and ``runtime`` [min]."""
        entry = self.config["exercises"][exercise]
        return {**RESOURCES, **entry["resources"], **self._variant(exercise, variant).get("resources", {})}

    def datasets(self) -> tuple[str, ...]:
        """Return the names of the data sets that the exercises in play need."""
        return tuple(sorted({self.dataset(*each) for each in self.in_play}))

    def blocks(self) -> list[Block]:
        """Return every block of the exercises in play, in the order of exercise, variant and seed."""
        return list(self._blocks)

    @cached_property
    def _blocks(self) -> tuple[Block, ...]:
        return tuple(self.block(*each, seeds) for each in self.in_play for seeds in self.seed_groups(*each))

    def seeds(self, exercise: str, variant: str) -> tuple[int, ...]:
        """Return the seeds that the variant is configured for: its own, else those of its exercise or of the study."""
        return tuple(range(n) if isinstance(n := self._own("seeds", exercise, variant), int) else sorted(n))

    def seeds_per_job(self, exercise: str, variant: str) -> int:
        """Return how many neighbouring seeds a job of the variant trains."""
        return int(self._own("seeds_per_job", exercise, variant))

    def seed_groups(self, exercise: str, variant: str, seeds: int | list[int] | None = None) -> list[tuple[int, ...]]:
        """Return the seeds of each of the variant's jobs: of ``seeds``, or of those that it is configured for."""
        seeds = self._own("seeds", exercise, variant) if seeds is None else seeds
        size = self.seeds_per_job(exercise, variant)
        every = range(seeds) if isinstance(seeds, int) else sorted(seeds)
        return [tuple(group) for _, group in groupby(every, key=lambda seed: seed // size)]

    def space(self, exercise: str, variant: str) -> Mapping[str, Any]:
        """Return a mapping with the ``grid`` or ``search`` of a variant, under that key; empty if it has neither."""
        entry = self._variant(exercise, variant)
        return {key: entry[key] for key in ("grid", "search") if key in entry}

    def block(self, exercise: str, variant: str, seeds: tuple[int, ...]) -> Block:
        """Return the block of these seeds of one variant."""
        return Block(
            exercise=exercise,
            variant=variant,
            seeds=seeds,
            model=self.model(exercise, variant),
            dataset=self.dataset(exercise, variant),
            settings=self.settings(exercise, variant),
            save_model=self._variant(exercise, variant).get(
                "save_model", self.config["exercises"][exercise].get("save_model", "none")
            ),
        )

    def _own(self, key: str, exercise: str, variant: str) -> Any:
        """Return the value of a key in the variant, else in its exercise, else in the study."""
        givers = (self._variant(exercise, variant), self.config["exercises"][exercise], self.config)
        return next(giver[key] for giver in givers if key in giver)

    def _variant(self, exercise: str, variant: str) -> Mapping[str, Any]:
        """Return what the configuration says about a variant, with the changes of its protocol."""
        if exercise not in self.config["exercises"]:
            raise InputError(no_exercise(exercise, self.config["exercises"]))
        entry, name, protocol = self.config["exercises"][exercise], base_of(variant), protocol_of(variant)
        over = self.protocol(exercise, protocol) if protocol else entry
        if name not in entry["variants"] or name not in over.get("variants", {}):
            raise InputError(unknown(f"variant of {exercise}", variant, self.every_variant(exercise)))
        own: Mapping[str, Any] = entry["variants"][name]
        if not protocol:
            return own
        mine = over["variants"][name]
        settings, resources = (
            {**own.get(key, {}), **over.get(key, {}), **mine.get(key, {})} for key in ("settings", "resources")
        )
        inherited = {key: each for key, each in own.items() if key in KEPT}
        return {**inherited, **mine, "settings": settings, "resources": resources}


def _in(text: Any, language: str) -> Any:
    """Return the text in a language if it is given by language, else the text."""
    return in_language(text, language) if isinstance(text, Mapping) else text
