"""Digest the code that a result depends on, so that only a change of meaning makes the workflow run again.

Nothing is imported, so parsing the Snakefile stays quick. Following names from one definition to the next finds what a
definition reaches, so that a change elsewhere in the same module does not count.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from practica.code.memory import note, recall
from practica.code.syntax import WHOLE, Place, bound_names, final, last, ours, source_of, submodule
from practica.files import canonical_json, sha256
from practica.study_folder import cached

# Plumbing that cannot change a number: errors, writing files, digests, provenance, the locks and journals of jobs, and
# reading a configuration, whose content every job receives.
NEUTRAL = frozenset(
    f"practica{name}"
    for name in (
        *("", ".errors", ".exercises", ".files", ".study_folder"),
        *(f".code.{name}" for name in ("digest", "memory", "syntax")),
        *(f".config.{name}" for name in ("declarations", "schema", "space")),
        *(f".yamlfiles.{name}" for name in ("overlay", "plain", "reading")),
        *(f".jobs.{name}" for name in ("attempt", "journal", "lock")),
        ".training.provenance",
    )
)

EFFECTS = "<effects>"
"""What the module does when it is imported, whichever of its names is used."""
FIXED = 3
"""A text with holes needs this many characters in a row to count as a key: ``why_...`` does, ``.../...`` does not."""
BY_NAME = frozenset(["eval", "exec", "globals"])
"""Functions through which code reaches things that it does not name."""


@dataclass(frozen=True)
class Reach:
    """What code depends on.

    Attributes:
        places: its definitions.
        digest: of the meaning of all of them, wherever they are.
        attributes: every attribute that it reads; ``**`` if it unpacks something.
        texts: every text in it.
        pattern: a regular expression of every text with holes in it.
    """

    places: frozenset[Place]
    digest: str
    attributes: frozenset[str]
    texts: frozenset[str]
    pattern: str

    def plain(self) -> dict[str, Any]:
        """Return this as JSON."""
        return {name: value if isinstance(value, str) else sorted(value) for name, value in asdict(self).items()}

    @classmethod
    def restored(cls, content: Mapping[str, Any]) -> Reach:
        """Return it from what ``plain`` gave."""
        sets = {name: frozenset(content[name]) for name in ("attributes", "texts")}
        places = frozenset((module, name) for module, name in content["places"])
        return cls(places=places, digest=content["digest"], pattern=content["pattern"], **sets)

    @property
    def modules(self) -> frozenset[str]:
        """Return the modules that hold the code."""
        return frozenset(module for module, _ in self.places)

    def says(self, key: str) -> bool:
        """Return whether the code can build ``key`` from the texts in it."""
        return key in self.texts or bool(re.fullmatch(self.pattern, key))


@cached
def code_digest(*entries: str, apart: frozenset[str] = frozenset()) -> str:
    """Return the digest of ``reach``."""
    return reach(*entries, apart=apart).digest


@cached
def reach(*entries: str, apart: frozenset[str] = frozenset()) -> Reach:
    """Return all code that is reached from the entries: modules, or definitions such as ``practica.low:double``.

    Comments, docstrings and layout do not count, nor do types that are imported only for the type checker.

    Args:
        entries: where to begin.
        apart: modules and definitions that are data to the entries, and left out: the caller accounts for them.

    Raises:
        FileNotFoundError: a module does not exist.
        ValueError: a module does not define such a name.
    """
    key = canonical_json([entries, sorted(apart)])
    memory = recall(key)
    if memory is None:
        memory = _reach(entries, apart).plain()
        note(key, memory)
    return Reach.restored(memory)


def _reach(entries: Iterable[str], apart: Iterable[str]) -> Reach:
    without, queue = frozenset(map(_place, apart)), [_entry(each) for each in entries]
    places: set[Place] = set()
    while queue:
        place = queue.pop()
        if place not in places and not _is_in(place, without):
            places.add(place)
            part = _part(place)
            queue += [*part.companions, *(target for _, target in part.references)]
    parts = [_part(place) for place in places]
    return Reach(
        frozenset(places),
        sha256("\n".join(sorted({_meaning(part, without) for part in parts if part.text})))[:16],
        frozenset().union(*(part.attributes for part in parts)),
        frozenset().union(*(part.texts for part in parts)),
        "|".join(sorted(frozenset().union(*(part.patterns for part in parts)))),
    )


def choices(entry: str) -> dict[str, str]:
    """Return the dictionary of names that an entry such as ``practica.low:KINDS`` defines, each as an entry itself."""
    module, name = _place(entry)
    values = (getattr(node, "value", None) for node in source_of(module).definitions[name])
    (table,) = (value for value in values if isinstance(value, ast.Dict))
    pairs = zip(table.keys, table.values, strict=True)
    return {
        str(key.value): ":".join(final((module, value.id)))
        for key, value in pairs
        if isinstance(key, ast.Constant) and isinstance(value, ast.Name)
    }


def mentioned(module: str, function: str) -> frozenset[str]:
    """Return every attribute and text in a function of a module, and in everything in this package that it reaches.

    It can use nothing else. ``**`` is among them if something is unpacked.
    """
    code = reach(f"{module}:{function}")
    return code.attributes | code.texts


@dataclass(frozen=True)
class _Part:
    """The content of one place, the places that its names lead to, and those that come with it."""

    text: str
    attributes: frozenset[str]
    texts: frozenset[str]
    patterns: frozenset[str]
    references: tuple[tuple[str, Place], ...]
    companions: tuple[Place, ...]


def _place(entry: str) -> Place:
    module, _, name = entry.partition(":")
    return module, name


def _is_in(place: Place, without: frozenset[Place]) -> bool:
    return place[0] in NEUTRAL or place in without or (place[0], WHOLE) in without


def _meaning(part: _Part, without: frozenset[Place]) -> str:
    """Return a digest of a part and of what its names stand for, wherever that is."""
    names = (f"{local} {'' if _is_in(place, without) else _shallow(place)}" for local, place in part.references)
    return sha256("\n".join([part.text, *sorted(names)]))


def _entry(entry: str) -> Place:
    module, name = _place(entry)
    source = source_of(module)
    if name and name not in source.definitions and name not in source.imports:
        raise ValueError(f"{module} defines no {name}")
    return final((module, name))


@cached
def _part(place: Place) -> _Part:
    module, name = place
    if not ours(module):
        return _Part("", frozenset(), frozenset(), frozenset(), (), ())
    source = source_of(module)
    if name == EFFECTS:
        nodes = source.effects
        before = (*source.imports.values(), *((parent, EFFECTS) for parent in _parents(module)))
        companions = [(origin, EFFECTS) for origin, _ in before if ours(origin)]
    else:
        nodes = _statements(place)
        every = source.imports.get("*")
        companions = [(module, EFFECTS), *([(every[0], WHOLE)] if every else [])]
    inside = [part for node in nodes for part in ast.walk(node)]
    return _Part("\n".join(map(_dumped, nodes)), *_words(inside), tuple(_references(inside, module)), tuple(companions))


def _statements(place: Place) -> tuple[ast.stmt, ...]:
    module, name = place
    source = source_of(module)
    if name != WHOLE:
        return source.definitions.get(name, ())
    every = (*source.effects, *(node for nodes in source.definitions.values() for node in nodes))
    return tuple({id(node): node for node in every}.values())


def _parents(module: str) -> Iterator[str]:
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


@cached
def _shallow(place: Place) -> str:
    """Return a digest that distinguishes a place from others that the same name could lead to, by its own content."""
    module, name = place
    if not ours(module):
        return f"{module} {name}"
    nodes = _statements(place)
    return sha256("\n".join(map(_dumped, nodes))) if nodes else name


@cached
def _dumped(node: ast.AST) -> str:
    return ast.dump(node)


def _references(parts: Sequence[ast.AST], module: str) -> set[tuple[str, Place]]:
    """Return the names in a module's code that lead to a place, with the place; a node comes before its content."""
    source = source_of(module)
    bound = dict(source.imports)
    references: set[tuple[str, Place]] = set()
    for part in parts:
        if isinstance(part, ast.Import | ast.ImportFrom):
            inside = bound_names(part, module)
            bound |= inside
            references |= {(name, place) for name, place in inside.items() if name == "*" or place[1] != WHOLE}
    bases: set[int] = set()
    for part in parts:
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            origin, name = bound.get(part.value.id, ("", "?"))
            if name == WHOLE and ours(origin) and part.value.id not in ("practica", "study"):
                bases.add(id(part.value))
                references.add((f"{part.value.id}.{part.attr}", _attribute(origin, part.attr)))
        elif isinstance(part, ast.Name) and id(part) not in bases:
            if part.id in bound:
                references.add((part.id, bound[part.id]))
            elif part.id in source.definitions:
                references.add((part.id, (module, part.id)))
            elif part.id in BY_NAME:
                references.add((part.id, (module, WHOLE)))
    references |= {(name, (name, WHOLE)) for part in parts for name in _imported_by_name(part)}
    references |= {(name, bound[name]) for part in parts for name in _passed_on(part) if name in bound}
    return {(local, (place[0], WHOLE) if place[1] == "*" else final(place)) for local, place in references}


def _attribute(module: str, name: str) -> Place:
    """Return the place of an attribute of a module: the whole module if it defines no such name."""
    source = source_of(module)
    defined = name in source.definitions or name in source.imports
    return submodule((module, name)) or (module, name if defined else WHOLE)


def _passed_on(part: ast.AST) -> Iterator[str]:
    """Yield the names that a module offers to others in ``__all__``, imported or not."""
    if isinstance(part, ast.Assign) and any(
        isinstance(each, ast.Name) and each.id == "__all__" for each in part.targets
    ):
        values = (each.value for each in ast.walk(part.value) if isinstance(each, ast.Constant))
        yield from (value for value in values if isinstance(value, str))


def _imported_by_name(part: ast.AST) -> Iterator[str]:
    """Yield the modules of this package that a call of ``import_module`` names."""
    if isinstance(part, ast.Call) and last(part) in ("import_module", "__import__"):
        names = [each.value for each in part.args if isinstance(each, ast.Constant)]
        yield from (name for name in names if isinstance(name, str) and ours(name))


def _words(parts: Iterable[ast.AST]) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the attributes, the texts, and the texts with holes in code."""
    attributes, texts, patterns = set[str](), set[str](), set[str]()
    for part in parts:
        if isinstance(part, ast.Attribute):
            attributes.add(part.attr)
        elif isinstance(part, ast.keyword) and part.arg is None:
            attributes.add("**")
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            texts.add(part.value)
        elif isinstance(part, ast.JoinedStr):
            pieces = [str(each.value) if isinstance(each, ast.Constant) else "" for each in part.values]
            if any(len(each) >= FIXED for each in pieces):
                patterns.add("".join(re.escape(each) or ".*" for each in pieces))
    return frozenset(attributes), frozenset(texts), frozenset(patterns)
