"""The protocols of a study: its own settings, and other settings for the same variants, judged side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from practica.config.about import STUDY_FILE, MultilingualText, front
from practica.errors import InputError, hint
from practica.study_folder import folder_of, relative_path
from practica.yamlfiles import spelling
from practica.yamlfiles.overlay import overlaid
from practica.yamlfiles.reading import read_yaml


def declared(folder: Path) -> Mapping[str, Any]:
    """Return the entries of the protocols in ``study.yaml``; the first has the settings of the configuration."""
    entries: Mapping[str, Any] = front(folder).get("protocols", {})
    return entries


def of_source(folder: Path) -> str:
    """Return the protocol that uses the source's settings, as far as they are known; empty if there is none."""
    return next((name for name, entry in declared(folder).items() if entry.get("of_source")), "")


def label(folder: Path, name: str, language: str) -> str:
    """Return the label of a protocol."""
    return MultilingualText(declared(folder)[name]["label"])[language]


def caveat(folder: Path, name: str, language: str) -> str:
    """Return the caveat to show wherever a protocol is used; empty if there is none."""
    text = declared(folder)[name].get("caveat")
    return MultilingualText(text)[language] if text else ""


def with_protocols(config: Any) -> Any:
    """Return a configuration in which each exercise holds its settings for every protocol that runs.

    The file of a protocol, such as ``published.yaml``, lies over the settings of the configuration, and the
    configuration's own ``protocols`` of the exercise lie over that. A demonstration has only the first protocol.

    Raises:
        InputError: a protocol is not declared, or cannot run; the message names key and file.
    """
    if not (isinstance(config, Mapping) and isinstance(config.get("exercises"), Mapping)):
        return config  # the schema refuses it
    entry, folder = config.get("protocols", []), folder_of(config)
    names = spelling.names(entry, "configuration: protocols") if isinstance(entry, str) else entry
    if not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        return config
    for mistake in _mistakes(names, folder, config["exercises"]):
        raise InputError(f"configuration: {mistake}")
    others = [] if config.get("demonstration") else names[1:]
    whole = {**config, "exercises": {key: _laid(folder / key, e, others) for key, e in config["exercises"].items()}}
    for name in others:
        if not (
            any(folder.glob(f"*/{name}.yaml")) or any(name in _protocols_of(e) for e in whole["exercises"].values())
        ):
            raise InputError(
                f"configuration: protocols: no exercise in {folder} has a file {name}.yaml, with the settings that "
                f"{name} lays over those of its variants; write one, or remove {name}"
            )
    return whole if not names else {**whole, "protocols": [*names[:1], *others]}


def _mistakes(names: Sequence[str], folder: Path, exercises: Mapping[str, Any]) -> Iterator[str]:
    protocols, where = [*declared(folder)], relative_path(STUDY_FILE)
    uses = {f"exercises.{key}.protocols": [*_protocols_of(entry)] for key, entry in exercises.items()}
    for key, protocol_names in {"protocols": names, **uses}.items():
        for name in protocol_names:
            if name not in protocols:
                yield f"{key}: {where} declares no protocol {name!r}{hint(name, protocols)}"
    if names and names[0] != protocols[0]:
        yield f"protocols: begin with {protocols[0]}, which {where} declares first: its settings are those written here"
    if twice := [name for name in names if names.count(name) > 1]:
        yield f"protocols: {twice[0]} appears twice; name each once"


def _protocols_of(entry: Any) -> Mapping[str, Any]:
    protocols = entry.get("protocols") if isinstance(entry, Mapping) else None
    return protocols if isinstance(protocols, Mapping) else {}


def _laid(folder: Path, entry: Any, names: Sequence[str]) -> Any:
    """Return an exercise with the entries of its folder and its block for each of some protocols.

    An exercise that says null of a protocol does not run under it.
    """
    if not (isinstance(entry, Mapping) and isinstance(entry.get("protocols", {}), Mapping)):
        return entry  # the schema refuses it
    own, blocks = {key: value for key, value in entry.items() if key != "protocols"}, _protocols_of(entry)
    protocols: dict[str, Any] = {}
    for name in names:
        file = folder / f"{name}.yaml"
        there = {name: read_yaml(file)} if file.is_file() else {}
        own_changes = {name: blocks[name]} if name in blocks else {}
        changes = overlaid(there, own_changes, "exercises", folder.name, "protocols").get(name)
        if isinstance(changes, Mapping):
            changes = _of_those_there(changes, entry)
        if changes not in (None, {}):
            protocols[name] = changes
    return {**own, "protocols": protocols} if protocols else own


def _of_those_there(changes: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a protocol without the variants that are null, and those that the exercise does not run."""
    variants, there = changes.get("variants"), entry.get("variants")
    if not (isinstance(variants, Mapping) and isinstance(there, Mapping)):
        return changes
    return {**changes, "variants": {key: each for key, each in variants.items() if key in there and each is not None}}


def contradictions(config: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence about each setting that a protocol calls unknown but that does not exist, or has a value."""
    for exercise, entry in config["exercises"].items():
        for name, changes in _protocols_of(entry).items():
            where = f"configuration: exercises.{exercise}.protocols.{name}.unknown"
            values = {
                *changes.get("settings", {}),
                *(key for e in changes["variants"].values() for key in e.get("settings", {})),
            }
            for setting in changes.get("unknown", []):
                if setting not in settings:
                    yield f"{where}: there is no setting {setting!r}{hint(setting, settings)}"
                elif setting in values:
                    yield f"{where}: {setting} has a value there; remove it from one of them"
