"""The engine reaches the SLURM plugin only through our own plugin, and runs with its profile."""

from __future__ import annotations

import ast
from pathlib import Path

from practica.launch.profiles import problems
from practica.yamlfiles.reading import read_yaml

ROOT = Path(__file__).parents[2]
THEIRS = {"snakemake_executor_plugin_slurm", "snakemake_interface_executor_plugins"}


def test_it_is_spoken_of_in_our_plugin_alone() -> None:
    for path in sorted([*(ROOT / "workflow").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]):
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not {name for name in modules if name.split(".")[0] in THEIRS}, f"{path}: move it to our plugin"


def test_the_profile_runs_with_our_plugin() -> None:
    file = ROOT / "profiles/slurm/config.yaml"
    assert read_yaml(file)["executor"] == "slurm-patient"
    assert not list(problems(file))
