"""Find the experiments of a study: in each exercise's folder a module whose marked functions are the models."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from types import ModuleType

from practica.code.digest import mentioned, reach
from practica.code.syntax import Source, decorated_functions, last, module_path, source_of
from practica.config.declarations import TRAINING, of_role
from practica.errors import InputError
from practica.study_folder import PACKAGE, cached, opened, relative_path, use

MODULE = "experiment"
TASKS = "practica.exercises.problem"
RECIPE = {
    "optimizer": ("optimizer", "learning_rate", "schedule", "momentum"),
    "loss": ("loss", "label_smoothing"),
    "metrics": ("metrics",),
}
"""The settings behind each argument of Keras' ``compile``."""


def module_name(exercise: str, module: str = MODULE) -> str:
    """Return the name of the exercise's experiment, or of another module in its folder.

    Raises:
        InputError: there is no such module.
    """
    name = f"{PACKAGE}.{exercise}.{module}"
    if not module_path(name).is_file():
        file = relative_path(exercise, f"{module}.py")
        raise InputError(f"exercise {exercise!r} has no {module}: write {file}")
    return name


def has(exercise: str, module: str) -> bool:
    """Return whether the exercise's folder holds a module of this name."""
    return module_path(f"{PACKAGE}.{exercise}.{module}").is_file()


def models(exercise: str) -> tuple[str, ...]:
    """Return the names of the models that the exercise offers, without importing it (Keras takes seconds)."""
    module = module_name(exercise)
    return tuple(sorted({*decorated_functions(module, "model"), *by_hand(exercise)}))


def by_hand(exercise: str) -> tuple[str, ...]:
    """Return the names of those models that are written by hand, and trained without Keras."""
    return decorated_functions(module_name(exercise), "by_hand") if has(exercise, MODULE) else ()


def has_problem(exercise: str) -> bool:
    """Return whether the exercise's experiment says what is learnt."""
    source = source_of(module_name(exercise))
    return "problem" in {**source.definitions, **source.imports}


def may_have_test(exercise: str) -> bool:
    """Return whether the data of an exercise may have a part to test, as far as its code tells without being run."""
    nodes = [node for _, node in _definitions(exercise, "problem")]
    calls = [call for node in nodes for call in ast.walk(node) if isinstance(call, ast.Call)]
    constructions = [call for call in calls if last(call.func) in ("Problem", "replace")]
    return not any(last(call.func) == "Problem" for call in constructions) or any(map(_gives_test, constructions))


def several_classes(exercise: str) -> bool:
    """Return whether an exercise has an output for each class, as far as its code tells without being run."""
    if not (has(exercise, MODULE) and has_problem(exercise)):
        return False
    tasks = {name for module, name in reach(f"{module_name(exercise)}:problem").places if module == TASKS}
    return bool(tasks & {"MULTICLASS", "ONEHOT"}) and not tasks & {"BINARY", "SIGN"}


def _definitions(exercise: str, function: str) -> Iterator[tuple[Source, ast.stmt]]:
    """Yield each definition of the study that a function of the exercise's experiment reaches, and its module."""
    for module, name in reach(f"{module_name(exercise)}:{function}").places:
        if module.partition(".")[0] == PACKAGE:
            source = source_of(module)
            yield from ((source, node) for node in source.definitions.get(name, ()))


def _gives_test(call: ast.Call) -> bool:
    """Return whether a call may name the test part: the fourth of a ``Problem``."""
    has_star = any(isinstance(each, ast.Starred) for each in call.args)
    return len(call.args) > 3 or has_star or any(each.arg in ("test", None) for each in call.keywords)


@cached
def may_be_own(exercise: str, model: str) -> frozenset[str]:
    """Return the settings of the recipe that the model's code may replace, as far as it tells without being run.

    A function that compiles a model, or a class whose ``compile`` does not take what the settings say, may do so.
    """
    if not has(exercise, MODULE) or model in by_hand(exercise) or model not in models(exercise):
        return frozenset()
    own: set[str] = set()
    for source, node in _definitions(exercise, model):
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef) and part.name == "compile":
                own |= _not_taken(part.args)
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "compile":
                holder = part.func.value
                inherited = isinstance(holder, ast.Call) and last(holder) == "super"
                imported = isinstance(holder, ast.Name) and holder.id in source.imports  # re.compile
                own |= set() if inherited or imported else set(RECIPE)
    return frozenset(name for part in own for name in RECIPE[part])


def _not_taken(arguments: ast.arguments) -> set[str]:
    """Return the parts of a recipe that a method ``compile`` with these arguments does not take."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return set() if arguments.kwarg else set(RECIPE) - {each.arg for each in every}


def training() -> frozenset[str]:
    """Return the settings that training itself reads, whatever is trained: it also trains every fold."""
    return frozenset([*of_role(TRAINING), "folds"])


def uses(exercise: str, model: str) -> frozenset[str]:
    """Return what a model and the problem of its exercise can use, settings among it; ``**`` stands for anything."""
    module = module_name(exercise)
    return training() | mentioned(module, model) | mentioned(module, "problem")


def load(exercise: str, module: str = MODULE) -> ModuleType:
    """Import the exercise's experiment, or another module in its folder."""
    use(opened())
    return importlib.import_module(module_name(exercise, module))
