"""The files and words of a command line that make the configuration, their order, and the note of the last run's.

Given several ``--config`` or ``--configfile``, Snakemake uses only the last, and ignores those of a profile if the
command line has one. Here all count: those of the profiles first, each merged over those before it.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from practica.config import chosen_trials, extra_seeds
from practica.config.reader import read_config
from practica.errors import InputError
from practica.files import canonical_json, read_json, sha256, write_json
from practica.launch.options import given_options
from practica.launch.snakemake_internals import given_configuration, set_configuration
from practica.launch.unused_keys import idle_keys
from practica.yamlfiles.overlay import lay, merge
from practica.yamlfiles.reading import read_yaml

START = Path.cwd()
"""Where Snakemake was started: it may change the folder before it reads the Snakefile."""
ROOT = Path(__file__).parents[3]
SNAKEFILE = ROOT / "Snakefile"
BASE = "config.yaml"
NOTE = Path(".snakemake/practica_configuration.json")
PROFILE_FILE = re.compile(r"(?:profile|config)(?:\.v\d+\+)?\.yaml")


@dataclass(frozen=True)
class Merged:
    """Configuration files and words such as ``seeds=2``, in the order in which they are merged over each other."""

    files: tuple[str, ...]
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return files and words as people read them, including the files of added seeds and trials."""
        try:
            files_over = list(
                filter(None, (extra_seeds.beside(self._own(), name) for name in (extra_seeds.FILE, chosen_trials.FILE)))
            )
        except InputError:  # reading it raises the same error
            files_over = []
        return ", ".join([*self.files, *map(str, files_over), *self.words])

    def read(self) -> dict[str, Any]:
        """Return the merged configuration.

        Raises:
            InputError: a file or a word cannot be read.
        """
        own = self._own()
        if file := extra_seeds.file_of(own):
            own = lay(lay(read_config(list(self.files)), extra_seeds.layer(file, own)), tree(self.words))
        file = extra_seeds.beside(own, chosen_trials.FILE)
        return merge(own, chosen_trials.layer(file, own)) if file else own

    def _own(self) -> dict[str, Any]:
        """Return the configuration without the added seeds and trials."""
        return lay(read_config(list(self.files)), tree(self.words))

    def idle(self) -> Iterator[str]:
        """Yield a sentence about each key that has no effect.

        Raises:
            InputError: a file or a word cannot be read.
        """
        yield from idle_keys([*((file, read_yaml(file)) for file in self.files), ("--config", tree(self.words))])


def command_profiles() -> list[Path]:
    """Return the files of the profiles of the command line that runs Snakemake here."""
    return list(profile_files(command_options(), START))


def command_partitions() -> list[Path]:
    """Return the files of SLURM partitions that this command line or its environment names, without profiles."""
    files = [command_options().slurm_partition_config]
    return [START / file for file in (*files, os.environ.get("SNAKEMAKE_SLURM_PARTITIONS")) if file]


def command_options() -> Namespace:
    """Return the options of this command line that affect its configuration, and its executor."""
    return given_options(_command_line() or [], os.environ)


def _command_line() -> list[str] | None:
    """Return the words after ``snakemake``; None if another program calls it."""
    return sys.argv[1:] if "snakemake" in Path(sys.argv[0]).parts[-2:] else None


def take_over(workflow: Any) -> Merged:
    """Make everything that the command line and its profiles name count, where Snakemake would use only a part.

    Raises:
        InputError: a file or a word cannot be read.
    """
    options = given_configuration(workflow)
    words = _command_line()
    if words is None:
        merged = Merged((BASE, *map(_short, options.files)), tuple(options.words))
    else:
        merged = from_command(words, here=START)
    over = merged.read()
    # Jobs receive one file in which everything is merged; its name holds a digest, so no later run changes it.
    file = Path(f".snakemake/practica_merged_{sha256(canonical_json(over))[:16]}.json").absolute()
    if not file.is_file():
        write_json(file, over)
    set_configuration(workflow, [file], [], over)
    return merged


def from_command(
    arguments: Sequence[str], environment: Mapping[str, str] = os.environ, here: Path | None = None
) -> Merged:
    """Return what a command line of Snakemake merges, from its profiles and its own options.

    Raises:
        InputError: a profile cannot be read.
    """
    command_options = given_options(arguments, environment)
    files: list[str] = []
    words: list[str] = []
    for profile in profile_files(command_options, here or Path()):
        settings = read_yaml(profile)
        files += [_short(file, here) for file in _profile_files(profile, settings)]
        words += _profile_words(settings)
    for name in command_options.configfile:
        if not Path(name).suffix and not (file := (here or Path()) / Path(name).expanduser()).exists():
            raise InputError(f"cannot read {file}: there is no such file; if {name} is a target, put it first")
    own = [file for file, _ in groupby(_short(file, here) for file in command_options.configfile)]
    files = [file for file in files if file not in own]
    if not command_options.replace_workflow_config:
        # The Snakefile's own file comes first; naming it again would undo the profiles.
        files = [BASE, *files, *(own[1:] if own[:1] == [BASE] else own)]
    else:
        files += own
    return Merged(tuple(files), (*words, *command_options.config))


def with_snakefile(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return a command line of Snakemake with the project's Snakefile, unless it names another or finds one here.

    Raises:
        InputError: a profile cannot be read.
    """
    options = given_options(arguments, environment)
    has_own = options.snakefile or any("snakefile" in read_yaml(file) for file in profile_files(options, Path()))
    return list(arguments) if has_own or has_snakefile(Path()) else ["--snakefile", str(SNAKEFILE), *arguments]


def has_snakefile(folder: Path) -> bool:
    """Return whether Snakemake finds a Snakefile in a folder by itself."""
    return any((folder / inner / name).is_file() for inner in ("", "workflow") for name in ("Snakefile", "snakefile"))


def profile_files(options: Namespace, here: Path) -> Iterator[Path]:
    """Yield the files of the profiles that a command line names, then that of the workflow, which is applied last."""
    for name in options.profile:
        if name != "none" and (file := profile_file(here / name)):
            yield file
    own = options.workflow_profile
    for folder in (here / own, here / "profiles" / own, ROOT / "profiles" / own):
        if own != "none" and (file := profile_file(folder)):
            yield file
            return


def profile_file(profile: Path) -> Path | None:
    """Return the file of a profile, which may be named directly; None if there is none, as Snakemake will say."""
    if profile.is_file():
        return profile
    if not profile.is_dir():
        return None
    files = [path for path in profile.iterdir() if PROFILE_FILE.fullmatch(path.name)]
    return max(files, key=lambda path: [int(number) for number in re.findall(r"\d+", path.name)], default=None)


def _profile_files(profile: Path, settings: Mapping[str, Any]) -> list[Path]:
    value = settings.get("configfile") or settings.get("configfiles") or []
    files = [Path(os.path.expandvars(str(each))) for each in (value if isinstance(value, list) else [value])]
    return [profile.absolute().parent / name if (profile.parent / name).exists() else name for name in files]


def _profile_words(settings: Mapping[str, Any]) -> list[str]:
    value = settings.get("config") or {}
    if not isinstance(value, Mapping):
        return [str(word) for word in (value if isinstance(value, list) else [value])]
    return [f"{key}={each if isinstance(each, str) else canonical_json(each)}" for key, each in value.items()]


def _short(file: str | Path, here: Path | None = None) -> str:
    """Return the name of a file given relative to ``here``: relative to the current folder below it, else absolute."""
    # Keep links as people wrote them.
    path = Path(os.path.normpath((here or Path.cwd()) / Path(file).expanduser()))
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def tree(words: Sequence[str]) -> dict[str, Any]:
    """Return words such as ``seeds=2`` or ``exercises.digits.settings.epochs=3`` as a configuration of texts.

    Raises:
        InputError: a word is not a key and a value.
    """
    config: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][\w-]*(\.[\w-]+)*", key):
            raise InputError(
                f"--config {word or repr(word)}: write KEY=VALUE, with dots between the keys where they are nested, as "
                "exercises.digits.settings.epochs=3; put a target before --config"
            )
        value: Any = _value(word, text)
        for part in reversed(key.split(".")):
            value = {part: value}
        config = merge(config, value)
    return config


def _value(word: str, text: str) -> Any:
    """Return null as None, a list or mapping in YAML with its values as text, and everything else as text."""
    if text in ("null", "~"):
        return None
    text = text.strip("'\"")
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError) as error:
        reason = "the value is not a list or mapping in YAML; put the word in quotes if there are spaces in it"
        raise InputError(f"--config {word[:200]}: {reason}") from error


def note(merged: Merged) -> None:
    """Record what a run merges, for later commands that need it."""
    write_json(NOTE, {"files": merged.files, "words": merged.words})


def last_merge() -> Merged | None:
    """Return what the last run here has merged, or None if none has recorded it.

    Raises:
        InputError: the note is damaged.
    """
    if not NOTE.is_file():
        return None
    content = read_json(NOTE)
    try:
        return Merged(tuple(map(str, content["files"])), tuple(map(str, content["words"])))
    except (LookupError, TypeError) as error:
        raise InputError(f"{NOTE} is malformed; delete it and run again") from error
