"""The locks and the conda environment have what pyproject.toml requires; the version is the same everywhere."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def locked(env):
    """Return the locked version and the number of hashes of each package."""
    text = (ROOT / f"envs/lock-{env}.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)$", text, re.M)
    assert sum(2 + hashes.count("\n") - 1 for _, _, hashes in entries) == len(text.splitlines()), "a line is no package"
    return {canonicalize_name(name): (version, hashes.count("--hash=")) for name, version, hashes in entries}


@pytest.mark.parametrize("env", ["cpu", "gpu"])
def test_lock_holds_every_requirement(env):
    packages = locked(env)
    jax = EXTRAS["jax"] if env == "cpu" else []  # for the tests; on GPUs, a site has its own build
    for text in [*PROJECT["dependencies"], *EXTRAS[env], *EXTRAS["dev"], *jax]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in packages, f"envs/lock-{env}.txt lacks {name}: run make lock"
        assert packages[name][0] in requirement.specifier, f"envs/lock-{env}.txt has another {text}: run make lock"


@pytest.mark.parametrize("env", ["cpu", "gpu"])
def test_lock_is_hashed_and_names_no_server(env):
    assert all(hashes for _, hashes in locked(env).values())
    text = (ROOT / f"envs/lock-{env}.txt").read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--find-links|--extra-index|--trusted-host", text)


def test_both_locks_agree():
    cpu, gpu = locked("cpu"), locked("gpu")
    assert not {name: (cpu[name], gpu[name]) for name in cpu.keys() & gpu.keys() if cpu[name][0] != gpu[name][0]}


def test_conda_environment_is_in_step():
    environment = yaml.safe_load((ROOT / "envs/practica.yaml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert sorted(pip) == sorted([*PROJECT["dependencies"], *EXTRAS["gpu"]])


def test_version_is_one():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    latest = re.search(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    assert PROJECT["version"] == citation["version"] == latest[1] == version("practica")
    assert citation["license"] == PROJECT["license"] == "MIT"
