"""Fail unless the oldest versions that pyproject.toml allows are installed: nobody tests a lower floor."""

import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
wrong = []
extras = project["optional-dependencies"]
for text in [*project["dependencies"], *extras["cpu"], *extras["jax"]]:
    requirement = Requirement(text)
    (floor,) = (bound.version for bound in requirement.specifier if bound.operator == ">=")
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        installed = "0"
    if Version(installed) != Version(floor):
        wrong.append(f"{text}: {installed} is installed")
if wrong:
    sys.exit("\n".join(["pyproject.toml states floors that cannot be tested; raise them:", *wrong]))
