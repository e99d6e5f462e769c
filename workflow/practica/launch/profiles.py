"""Check a Snakemake profile for anything that Snakemake or its executor would ignore, or reject only late.

For SLURM, the installed plugin decides: its settings, the limits that it knows of a partition, the resources that it
reads.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import redirect_stderr
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from practica.errors import InputError, in_one_line
from practica.launch.executors import EXECUTORS, SLURM, missing
from practica.launch.snakemake_internals import amount, options, read_profile
from practica.yamlfiles.reading import read_yaml
from snakemake_executor_plugin_slurm_patient import upstream

RULES = Path(__file__).parents[2] / "rules"
MAPPINGS = (
    *("batch", "config", "consider-ancient", "default-resources", "group-components", "groups", "resources"),
    *("set-resource-scopes", "set-resources", "set-scatter", "set-threads"),
)
"""Keys that Snakemake reads as mappings; it ignores any other mapping."""
LEAST = {"cores": 1, "jobs": 1, "local-cores": 0, "latency-wait": 0, "retries": 0}
"""Counts below which Snakemake waits for ever, or does something unintended."""
OF_SNAKEMAKE = {"disk", "disk_mb", "disk_mib", "gpu", "mem", "mem_mb", "mem_mib", "runtime", "threads", "tmpdir"}
NUMBERS = re.compile(r"(cpus|disk|gpu|mem|nodes|runtime|tasks|threads)(_per_\w+|_mi?b(_per_\w+)?)?")
"""Resources that are numbers; all others are text."""
IN_EXPRESSIONS = {"attempt", "input", "shutil", "system_tmpdir", "threads", "wildcards", *dir(builtins)}


def check_profiles(profiles: Iterable[Path], partitions: Iterable[Path] = ()) -> None:
    """Check profiles with the files of partitions that they name, and such files that are named elsewhere.

    Raises:
        InputError: something is wrong; the message names the file and the key.
    """
    for problem in chain(*map(problems, profiles), *map(_partitions, partitions)):
        raise InputError(problem)


def problems(file: Path) -> Iterator[str]:
    """Yield a sentence about each mistake in a profile, and in the file of partitions that it names."""
    settings = read_yaml(file)
    for key, value in settings.items():
        if isinstance(value, Mapping) and key not in MAPPINGS:
            yield f"{file}: {key}: Snakemake ignores it{_hint(key, MAPPINGS)}"
    for problem in (*_counts(settings), *_settings(settings), *_resources(settings), *_threads(settings)):
        yield f"{file}: {problem}"
    if partitions := settings.get("slurm-partition-config"):
        place = file.parent / str(partitions)
        yield from _partitions(place if place.exists() else Path(str(partitions)))


def refused(file: Path, complaints: Collection[str] = ()) -> Iterator[str]:
    """Yield why Snakemake's own parser refuses a profile, if the ``complaints`` so far do not say it.

    Raises:
        InputError: the file cannot be read.
    """
    if what := missing(read_yaml(file).get("executor")):
        yield f"{file}: {what}"
        return
    stderr = io.StringIO()
    try:
        with redirect_stderr(stderr):
            read_profile(file)
    except SystemExit:
        reason = " ".join(stderr.getvalue().rpartition("error: ")[2].split())
        unknown = [key for key in read_yaml(file) if reason.startswith("unrecognized") and f"--{key}=" in reason]
        for key in unknown:
            if any(problem.startswith(f"{file}: {key}: ") for problem in complaints):
                continue
            close = difflib.get_close_matches(key, options(), n=1)
            hint = f"did you mean {close[0]!r}?" if close else "`snakemake --help` lists them"
            yield f"{file}: {key}: Snakemake has no such option; {hint}"
        if not unknown:
            yield f"{file}: {reason}"
    except OSError:  # the plugin looks for SLURM with commands that may be missing here
        return
    except Exception as error:  # any error of Snakemake, which stops at the first
        if not any(problem.startswith(f"{file}: ") for problem in complaints):
            yield f"{file}: {in_one_line(error)}"


def _counts(settings: Mapping[str, Any]) -> Iterator[str]:
    for key in LEAST.keys() & settings.keys():
        if isinstance(settings[key], int) and settings[key] < LEAST[key]:
            yield f"{key}: {settings[key]} is below {LEAST[key]}, the lowest possible value"


def _settings(settings: Mapping[str, Any]) -> Iterator[str]:
    """Check the settings of the executor against what the plugin itself accepts."""
    for executor, plugin in EXECUTORS.items():
        options = {f"{executor}-{name.replace('_', '-')}" for name in plugin.settings}
        for key in settings:
            if key.startswith(f"{executor}-") and key not in options:
                yield f"{key}: the plugin of {executor} has no such setting{_hint(key, options)}"
    names = {f"slurm-{name.replace('_', '-')}": name for name in upstream.settings()}
    plugin_settings = {key: value for key, value in settings.items() if key.startswith("slurm-")}
    for key in plugin_settings.keys() - names.keys():
        yield f"{key}: the SLURM plugin has no such setting{_hint(key, names)}"
    for key in plugin_settings.keys() & names.keys() - {"slurm-partition-config"}:
        try:
            upstream.accept(names[key], plugin_settings[key])
        except Exception as error:  # any error of the plugin
            yield f"{key}: {plugin_settings[key]!r} is not accepted by the SLURM plugin: {' '.join(str(error).split())}"


def _resources(settings: Mapping[str, Any]) -> Iterator[str]:
    """Check rules, names and values of resources."""
    names = resource_names(settings.get("executor"))
    for key in ("default-resources", "resources"):
        yield from _amounts(key, _pairs(settings.get(key)), names)
    by_rule = settings.get("set-resources") or {}
    if not isinstance(by_rule, Mapping):
        by_rule = _by_rule(by_rule)
    for rule, amounts in by_rule.items():
        if rule not in rules():
            yield f"set-resources.{rule}: there is no rule of this name{_hint(rule, rules())}"
        elif not isinstance(amounts, Mapping):
            yield f"set-resources.{rule}: {amounts!r} is not a mapping; write {rule}: {{mem_mb: 4000}}"
        else:
            yield from _amounts(f"set-resources.{rule}", amounts, names)


def _pairs(value: Any) -> Mapping[str, Any]:
    """Return resources that are given as a mapping, or as words such as ``mem_mb=1000``."""
    if isinstance(value, Mapping):
        return value
    words = value if isinstance(value, list) else str(value or "").split()
    return {name: text for name, _, text in (str(word).partition("=") for word in words)}


def _by_rule(words: Any) -> dict[str, dict[str, str]]:
    """Return words such as ``train:mem_mb=1000`` as resources by rule."""
    result: dict[str, dict[str, str]] = {}
    for word in words if isinstance(words, list) else [words]:
        rule, _, rest = str(word).partition(":")
        result.setdefault(rule, {}).update(_pairs([rest]))
    return result


def _amounts(where: str, amounts: Mapping[str, Any], names: frozenset[str] | None) -> Iterator[str]:
    for name, value in amounts.items():
        if names is not None and name not in names:
            hint = _hint(name, names)
            yield f"{where}.{name}: neither Snakemake nor its executor has this resource{hint}"
        elif problem := _amount(name, value):
            yield f"{where}.{name}: {value!r} {problem}"


def _amount(name: str, value: Any) -> str | None:
    """Return what is wrong with the value of a resource."""
    if not NUMBERS.fullmatch(name):
        return None if isinstance(value, str | int) and not isinstance(value, bool) else "is no text"
    unit = " of minutes, or a time such as 2h" if name == "runtime" else " of MB" if name.endswith("_mb") else ""
    if isinstance(value, str):
        try:
            value = amount(name, value)
        except Exception:  # any error of Snakemake
            return None if _expression(value) else f"is not a number{unit}"
        if isinstance(value, str):
            return None if value.isdecimal() or _expression(value) else f"is not a number{unit}"
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return f"is not a whole number{unit}"
    return None


def _expression(text: str) -> bool:
    """Return whether a text is an expression that Snakemake can compute, such as ``attempt * 1000``."""
    try:
        nodes = list(ast.walk(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, RecursionError):
        return False
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return bool(names) and names <= IN_EXPRESSIONS


def _threads(settings: Mapping[str, Any]) -> Iterator[str]:
    for rule, count in _pairs(settings.get("set-threads")).items():
        if rule not in rules():
            yield f"set-threads.{rule}: there is no rule of this name{_hint(rule, rules())}"
        elif not (str(count).isdecimal() and int(count) > 0) and not _expression(str(count)):
            yield f"set-threads.{rule}: {count!r} is not a whole number above 0"


def _partitions(file: Path) -> Iterator[str]:
    """Check a file of partitions against what the plugin knows of a partition."""
    content = read_yaml(file)
    for key in content.keys() - {"partitions"}:
        yield f"{file}: {key}: unknown key{_hint(key, ['partitions'])}"
    partitions = content.get("partitions")
    if not isinstance(partitions, Mapping) or not partitions:
        yield f"{file}: partitions: it lists none; write partitions: {{name: {{max_gpu: 0}}}}"
        return
    for name, limits in partitions.items():
        if not name.strip():
            yield f"{file}: partitions: a partition has no name"
        if not isinstance(limits, Mapping):
            yield f"{file}: partitions.{name}: {limits!r} is not a mapping of limits; write {name}: {{}} for none"
            continue
        for limit, value in limits.items():
            if problem := _limit(limit, value):
                yield f"{file}: partitions.{name}.{limit}: {problem}"


def _limit(name: str, value: Any) -> str | None:
    """Return what is wrong with a limit of a partition."""
    types = upstream.limits()
    if name not in types:
        return f"the SLURM plugin knows no such limit{_hint(name, types)}"
    kind = types[name]
    if kind is str:
        return None if isinstance(value, str) else f"{value!r} is no name"
    if kind is bool:
        return None if isinstance(value, bool) else f"{value!r} is neither true nor false"
    if get_args(kind):  # a list of names, or none
        names = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return None if names or value is None else f"{value!r} is not a list of names"
    return _number(name, kind, value)


def _number(name: str, kind: type, value: Any) -> str | None:
    """Return what is wrong with a limit that is a number."""
    unit = " of MB" if "_mb" in name else ""
    if name == "max_runtime":
        unit = " of minutes, or a time such as 24h"
        if isinstance(value, str):
            try:
                return None if upstream.minutes_of(value) > 0 else f"{value!r} is not a number{unit}"
            except Exception:  # any error of the plugin
                return f"{value!r} is not a number{unit}"
    if value == 0 and not isinstance(value, bool) and name in ("max_runtime", "max_mem_mb", "max_threads"):
        return "0 leaves nothing for any job; remove it for no limit"
    whole = kind is int and not isinstance(value, int)
    if isinstance(value, bool) or not isinstance(value, int | float) or whole or value < 0:
        return f"{value!r} is not a {'whole ' if kind is int else ''}number{unit}"
    return None


@cache
def resource_names(executor: str | None = None) -> frozenset[str] | None:
    """Return the resources that Snakemake and an executor read from a job; None for an unknown executor.

    A profile that names no executor may be one part of several.
    """
    if executor is not None and executor in EXECUTORS:
        return frozenset(OF_SNAKEMAKE | set(EXECUTORS[executor].resources))
    return frozenset(OF_SNAKEMAKE | upstream.resources()) if executor in (None, "local", *SLURM) else None


@cache
def rules() -> frozenset[str]:
    """Return the names of the workflow's rules."""
    files = [RULES.parents[1] / "Snakefile", *sorted(RULES.glob("*.smk"))]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    return frozenset(re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, re.MULTILINE))


def _hint(name: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(sorted(names))})"
