"""The options of Snakemake's command line that affect what is merged, and those that may appear only once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence

from practica.errors import InputError

ONCE = (
    ("--resources", "--res"),
    ("--default-resources", "--default-res"),
    ("--set-resources",),
    ("--set-threads",),
    ("--set-resource-scopes",),
    ("--set-scatter",),
    ("--groups",),
    ("--group-components",),
    ("--until", "-U"),
    ("--omit-from", "-O"),
    ("--forcerun", "-R"),
    ("--prioritize", "-P"),
    ("--preemptible-rules",),
    ("--consider-ancient",),
    ("--strict-dag-evaluation",),
    ("--allowed-rules",),
    ("--target-jobs",),
    ("--rerun-triggers",),
    ("--cleanup-metadata", "--cm"),
    ("--wait-for-files",),
    ("--omit-flags",),
    ("--unneeded-temp-files",),
    ("--shared-fs-usage",),
    ("--software-deployment-method", "--deployment-method", "--deployment", "--sdm"),
    ("--envvars",),
    ("--cache",),
    ("--logger",),
)
"""Options that take several values, with their other names: of a second one, Snakemake uses only the last."""


def given_options(arguments: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """Return the options that affect the configuration; those that name files, words or profiles may appear again.

    Raises:
        InputError: an option of which Snakemake would use only the last appears several times.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--config", "-C", nargs="*", action="extend", default=[])
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="extend", default=[])
    parser.add_argument("--profile", action="append")
    parser.add_argument("--workflow-profile", default="default")
    parser.add_argument("--replace-workflow-config", action="store_true")
    parser.add_argument("--slurm-partition-config")
    parser.add_argument("--executor", "-e")
    parser.add_argument("--snakefile", "-s")
    for names in ONCE:
        parser.add_argument(*names, nargs="*", action="append", default=[])
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    # One-letter options may share a dash, as in -nC.
    namespace = parser.parse_known_args([re.sub("^-[nptkfFaSDl]+(?=[CROPUs])", "-", word) for word in words[:end]])[0]
    for first, *_ in ONCE:
        several = getattr(namespace, first[2:].replace("-", "_"))
        if len(several) > 1:
            every = " ".join(word for words in several for word in words)
            raise InputError(
                f"{first} is there {len(several)} times, and only the last would count: write {first} {every}"
            )
    namespace.profile = namespace.profile or _profiles_in(environment.get("SNAKEMAKE_PROFILE", ""))
    return namespace


def _profiles_in(value: str) -> list[str]:
    """Return the profiles of an environment variable, which holds one, or several in brackets."""
    if value.startswith("[") and value.endswith("]"):
        return [name.strip() for name in value[1:-1].split(",")]
    return [value] if value else []
