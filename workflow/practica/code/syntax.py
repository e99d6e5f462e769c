"""Read the modules of this package and of the study as syntax trees: what each defines and imports."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from practica.errors import InputError
from practica.study_folder import PACKAGE as STUDY
from practica.study_folder import cached, opened

PACKAGE = Path(__file__).parents[1]

Place = tuple[str, str]
"""A module and a top-level name in it, or one of the following."""
WHOLE = ""
"""The whole module."""
HARMLESS = frozenset(["by_hand", "cache", "contextmanager", "dataclass", "lru_cache", "model"])
"""Decorators whose only effect is the function; another one may register it somewhere."""


@dataclass(frozen=True)
class Source:
    """A module: the statements that define each name, the origin of imported names, and its other statements."""

    definitions: Mapping[str, tuple[ast.stmt, ...]]
    imports: Mapping[str, Place]
    effects: tuple[ast.stmt, ...]


def module_path(module: str) -> Path:
    """Return the file of a module of this package or of the study."""
    root, *names = module.split(".")
    base = (opened() if root == STUDY else PACKAGE).joinpath(*names)
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def package_folder(package: str) -> Path:
    """Return the folder of a package, whether it exists or not."""
    base = module_path(package)
    return base.parent if base.name == "__init__.py" else base.with_suffix("")


def decorated_functions(module: str, decorator: str) -> tuple[str, ...]:
    """Return the module's functions under ``@decorator``, including imported ones."""
    source = source_of(module)
    places = {name: (module, name) for name in source.definitions} | dict(source.imports)
    return tuple(sorted(name for name, place in places.items() if decorator in _decorators(final(place))))


def data_sets() -> tuple[str, ...]:
    """Return the names of all data sets of the study: the modules in its ``data`` that define ``DATASET``."""
    package = f"{STUDY}.data"
    stems = sorted(path.stem for path in package_folder(package).glob("[a-z]*.py"))
    return tuple(stem for stem in stems if "DATASET" in source_of(f"{package}.{stem}").definitions)


@cached
def source_of(module: str) -> Source:
    """Return what a module defines, imports and does, without its docstrings."""
    tree = parsed(module_path(module))
    definitions: dict[str, tuple[ast.stmt, ...]] = {}
    imports: dict[str, Place] = {}
    effects: list[ast.stmt] = []
    for node in _without_docstrings(tree).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= bound_names(node, module)
        elif not _for_types(node):
            names = _defined(node)
            definitions |= {name: (*definitions.get(name, ()), node) for name in names}
            if not names or _acts(node):
                effects.append(node)
    return Source(definitions, imports, tuple(effects))


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file.

    Raises:
        InputError: it is not Python; the message begins with ``path:line``.
    """
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise InputError(f"{path}:{error.lineno}: this is not Python: {error.msg}") from error
    except ValueError as error:  # null bytes, or bytes that are not UTF-8
        raise InputError(f"{path}:1: this is not Python: {error}") from error


def _defined(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines, if it does nothing else."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return set()
    parts = [part for target in targets if target for part in getattr(target, "elts", [target])]
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    return names if len(names) == len(parts) else set()


def _acts(node: ast.stmt) -> bool:
    """Return whether a definition may do more than define: a decorator, or a function that an assignment calls."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return not {last(each) for each in node.decorator_list} <= HARMLESS
    value = getattr(node, "value", None)
    calls = [_root_and_last(part.func) for part in ast.walk(value) if isinstance(part, ast.Call)] if value else []
    return any(not (last[:1].isupper() or hasattr(builtins, root)) for root, last in calls)


def last(node: ast.AST) -> str:
    """Return the last name of ``a.b.c``, called or not."""
    return _root_and_last(node.func if isinstance(node, ast.Call) else node)[1]


def _root_and_last(node: ast.AST) -> tuple[str, str]:
    """Return the first and the last name of ``a.b.c``."""
    last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    while isinstance(node, ast.Attribute):
        node = node.value
    return getattr(node, "id", "str" if isinstance(node, ast.Constant) else ""), last


def bound_names(node: ast.Import | ast.ImportFrom, module: str) -> dict[str, Place]:
    """Return the origin of the names that an import binds; for other packages a text stands for the module."""
    if isinstance(node, ast.Import):
        # Without an alias, a module is reached through the name of its package: all of it counts.
        return {alias.asname or alias.name.partition(".")[0]: (alias.name, WHOLE) for alias in node.names}
    origin = node.module or ""
    if node.level:
        package = module.split(".")
        up = node.level - (module_path(module).name == "__init__.py")
        origin = ".".join([*package[: len(package) - up], *filter(None, [origin])])
    places = {alias.asname or alias.name: (origin, alias.name) for alias in node.names}
    return {name: submodule(place) or place for name, place in places.items()}


def submodule(place: Place) -> Place | None:
    """Return the module that a name of a package refers to, if it is one."""
    module = ".".join(place)
    return (module, WHOLE) if ours(module) else None


@cached
def ours(module: str) -> bool:
    """Return whether a module belongs to this package or to the study."""
    return module.partition(".")[0] in ("practica", STUDY) and module_path(module).is_file()


def final(place: Place) -> Place:
    """Follow a name through the modules that only pass it on."""
    module, name = place
    while name and ours(module) and name not in source_of(module).definitions and name in source_of(module).imports:
        module, name = source_of(module).imports[name]
    return module, name


def _decorators(place: Place) -> set[str]:
    module, name = place
    nodes = source_of(module).definitions.get(name, ()) if ours(module) else ()
    return {last(each) for node in nodes if isinstance(node, ast.FunctionDef) for each in node.decorator_list}


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in (tree, *_inner(tree)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            node.body = node.body[_is_text(node.body[0]) :]
    # A text on its own at the top level documents the name above it.
    tree.body = [node for node in tree.body if not _is_text(node)]
    return tree


def _inner(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a node, including nested ones. Expressions, nine tenths of a tree, hold none."""
    for part in ("body", "handlers", "cases", "orelse", "finalbody"):
        children = getattr(node, part, ())
        for child in children if isinstance(children, list) else ():
            yield child
            yield from _inner(child)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
