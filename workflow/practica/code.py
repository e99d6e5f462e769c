"""Digest the code that a result depends on, so that only a change of meaning makes the workflow run again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

from practica.files import sha256

PACKAGE = Path(__file__).parent

# Plumbing that cannot change a number: errors, how files get to the disk, digests, what is said of a run.
NEUTRAL = frozenset({f"practica{name}" for name in ("", ".errors", ".files", ".code", ".training.provenance")})


@cache
def code_digest(*modules: str) -> str:
    """Return a digest of the syntax trees of ``modules`` and of every module of this package that they import.

    Comments, docstrings and layout do not count. Nothing is imported: parsing the Snakefile stays cheap.

    Raises:
        FileNotFoundError: a module does not exist.
    """
    parts = [f"{name} {_tree_digest(name)}" for name in sorted(_closure(modules))]
    return sha256("\n".join(parts))[:16]


def module_path(module: str) -> Path:
    """Return the file of a module of this package."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def decorated_functions(module: str, decorator: str) -> tuple[str, ...]:
    """Return the names of the module's functions under ``@decorator``, its imports' included, without importing it."""
    return tuple(sorted({name for part in _closure((module,)) for name in _decorated(part, decorator)}))


def modules_defining(package: str, name: str) -> tuple[str, ...]:
    """Return the modules of ``package`` that assign ``name`` at their top, without importing them."""
    stems = sorted(path.stem for path in module_path(package).parent.glob("[a-z]*.py"))
    return tuple(stem for stem in stems if name in _assigned(f"{package}.{stem}"))


@cache
def mentioned(module: str, function: str) -> frozenset[str]:
    """Return every attribute and text in a function of a module, and in all of this package that it reaches from there.

    What is not among them it cannot use; ``**`` is, where something is unpacked. Nothing is imported to know it.
    """
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    queue = [(module, function)]
    while queue:
        place = queue.pop()
        if place not in seen:
            seen.add(place)
            words, places = _mentions(*place)
            found |= words
            queue += places
    return frozenset(found)


@cache
def _mentions(module: str, name: str) -> tuple[frozenset[str], tuple[tuple[str, str], ...]]:
    """Return what gives ``name`` its meaning in a module: the attributes and texts in it, and the places it reaches."""
    words: set[str] = set()
    places: list[tuple[str, str]] = []
    for part in chain.from_iterable(map(ast.walk, _meanings(module, name))):
        if isinstance(part, ast.Attribute):
            words.add(part.attr)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            words.add(part.value)
        elif isinstance(part, ast.keyword) and part.arg is None:
            words.add("**")
        elif isinstance(part, ast.Name):
            places.append((module, part.id))
        elif isinstance(part, ast.Import):
            places += [(alias.name, "") for alias in part.names if alias.name.startswith("practica")]
        elif isinstance(part, ast.ImportFrom) and str(part.module).startswith("practica"):
            # A name may be that of a function or of a module, of which everything counts.
            places += [(str(part.module), alias.name) for alias in part.names]
            places += [(f"{part.module}.{alias.name}", "") for alias in part.names]
    return frozenset(words), tuple(place for place in places if module_path(place[0]).is_file())


def _meanings(module: str, name: str) -> Iterator[ast.AST]:
    """Yield the statements at the top of a module that give ``name`` its meaning; without a name, all of them."""
    for node in _tree(module).body:
        names = {getattr(node, "name", ""), *_targets(node)}
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {part for alias in node.names for part in (alias.asname or alias.name).split(".")}
        if not name or name in names:
            yield node


def _closure(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    queue = list(modules)
    while queue:
        name = queue.pop()
        if name not in found and name not in NEUTRAL:
            found.add(name)
            queue.extend(_imports(name))
    return found


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(module_path(module).read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> tuple[str, ...]:
    names: list[str] = []
    for node in _statements(_tree(module), types=False):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.startswith("practica") and module_path(name).is_file())


def _statements(node: ast.AST, *, types: bool = True) -> Iterator[ast.AST]:
    """Yield the statements in a node, deeper ones included; without those under ``if TYPE_CHECKING:`` if not ``types``.

    Types cannot change a number. Expressions, nine tenths of a tree, hold no statements and are passed over.
    """
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, part, ()):
            if types or not _for_types(child):
                yield child
                yield from _statements(child, types=types)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def _tree_digest(module: str) -> str:
    return sha256(ast.dump(_without_docstrings(_tree(module))))


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in (tree, *_statements(tree)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:]
    return tree


@cache
def _assigned(module: str) -> frozenset[str]:
    return frozenset(name for node in _tree(module).body for name in _targets(node))


def _targets(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _decorated(module: str, decorator: str) -> Iterator[str]:
    for node in _tree(module).body:
        if isinstance(node, ast.FunctionDef):
            names = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
            if decorator in names:
                yield node.name
