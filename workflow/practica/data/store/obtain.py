"""Get a published data set: from an earlier download, Keras' folder, a mirror or the original site, in this order."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from practica.data.store.fetch import Patience, UnavailableError, UnreachableError, download
from practica.data.store.mirror import check_mirror, keras_folder, local_folder
from practica.data.store.sources import candidates
from practica.data.store.spec import Arrays, BadContentError, Form, Published
from practica.errors import InputError
from practica.files import atomic_path, read_json, write_json


@dataclass(frozen=True)
class VerifiedArrays:
    """Verified arrays and their origin."""

    arrays: Arrays
    origin: dict[str, Any]


@dataclass
class Trail:
    """The record of all attempts; ``refusals`` lists files that exist but do not hold the data set."""

    lines: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    def note(self, place: object, result: object, *, refused: bool = False) -> None:
        """Add one attempt."""
        self.lines.append(f"{place}: {result}")
        if refused:
            self.refusals.append(str(place))


def obtain(spec: Published, raw: Path, mirror: str | None, patience: Patience) -> tuple[VerifiedArrays | None, Trail]:
    """Return the data set, or None, and the trail of attempts.

    Files are kept in the folder ``raw`` only after their content has been verified. A file there with other content
    ends the search: whoever put it there wants it to be used, so it is neither renamed nor replaced.

    Raises:
        InputError: ``mirror`` is neither an existing folder nor an http(s) address.
    """
    if mirror:
        check_mirror(mirror)
    trail = Trail()
    source = _from_folder(spec, raw, raw, "cache", trail)
    if source is None and not trail.refusals:
        source = _from_folder(spec, keras_folder(), raw, "keras", trail)
        if source is None and mirror:
            folder = local_folder(mirror)
            if folder:
                source = _from_folder(spec, folder, raw, "mirror", trail)
            else:
                source = _from_address(spec, mirror, raw, patience, trail)
        if source is None:
            source = _from_upstream(spec, raw, patience, trail)
    return source, trail


def origin_of(kind: str, source: str, file_sha256: str | None = None) -> dict[str, Any]:
    """Return the record of the origin of data; ``prepared_at`` is the time in UTC."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"kind": kind, "source": source, "file_sha256": file_sha256, "prepared_at": now}


def known_origin(path: Path) -> dict[str, Any]:
    """Return where the raw file ``path`` was fetched from, or that it was found there."""
    digest = _digest(path)
    try:
        record = read_json(_record(path))
        if record["file_sha256"] == digest:
            return record
    except (InputError, TypeError, KeyError):
        pass  # somebody put it there by hand
    return origin_of("cache", str(path), digest)


def _from_folder(spec: Published, folder: Path, raw: Path, kind: str, trail: Trail) -> VerifiedArrays | None:
    """Take the first file in a folder that holds the data set; unless the folder is ``raw``, copy it there."""
    count = len(trail.lines)
    try:
        for form, path in candidates(spec, folder):
            try:
                return _from_file(spec, form, path, raw, kind)
            except FileNotFoundError:
                trail.note(path, "not there")
            except (BadContentError, UnavailableError) as error:
                trail.note(path, error, refused=True)
            except OSError as error:
                trail.note(path, f"cannot be read ({error.strerror})", refused=True)
    except OSError as error:
        trail.note(folder, f"cannot be read ({error.strerror})")
    if len(trail.lines) == count:
        for form in spec.forms:
            trail.note(folder / form.name, "not there")
    return None


def _from_file(spec: Published, form: Form, path: Path, raw: Path, kind: str) -> VerifiedArrays:
    """Read a file on this machine."""
    _check_regular(path)
    if kind == "cache":
        return VerifiedArrays(spec.read(form, path), known_origin(path))
    origin = origin_of(kind, str(path))
    if form.in_place:
        return VerifiedArrays(spec.read(form, path), origin | {"file_sha256": _digest(path)})
    return _adopt(spec, form, raw / path.name, origin, partial(shutil.copyfile, path))


def _from_address(spec: Published, mirror: str, raw: Path, patience: Patience, trail: Trail) -> VerifiedArrays | None:
    """Take the first form that a web mirror has with the right content."""
    for form in spec.forms:
        if form.in_place:
            continue
        for name in (form.name, *(name for name in form.also if not set(name) & set("*?/"))):
            url = f"{mirror.rstrip('/')}/{name}"
            fetch = partial(download, url, sha256=None, patience=patience)
            try:
                return _adopt(spec, form, raw / name, origin_of("mirror", url), fetch)
            except BadContentError as error:
                trail.note(url, error, refused=True)
            except UnreachableError as error:
                trail.note(url, error)
                return None
            except UnavailableError as error:
                trail.note(url, error)
    return None


def _check_regular(path: Path) -> None:
    """Refuse devices, which have no end, and pipes, which wait for a writer; inside a folder, too."""
    for file in path.iterdir() if path.is_dir() else [path]:
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise UnavailableError(f"{file.name} is not a regular file")


def _from_upstream(spec: Published, raw: Path, patience: Patience, trail: Trail) -> VerifiedArrays | None:
    """Fetch the data set from its original site."""
    for form in spec.forms:
        if (upstream := form.upstream) is None:
            continue
        url = upstream.url
        fetch = partial(download, url, sha256=upstream.sha256, patience=patience)
        try:
            return _adopt(spec, form, raw / form.name, origin_of("upstream", url), fetch)
        except BadContentError as error:
            trail.note(url, error, refused=True)
        except (UnreachableError, UnavailableError) as error:
            trail.note(url, error)
    return None


def _adopt(
    spec: Published, form: Form, path: Path, origin: dict[str, Any], fetch: Callable[[Path], object]
) -> VerifiedArrays:
    """Fetch a file, verify its content, and only then keep it as ``path``, with the record of its origin."""
    with atomic_path(path) as part:
        fetch(part)
        arrays = spec.read(form, part)
        origin = origin | {"file_sha256": _digest(part)}
        # Before the file itself: a record without its file does no harm; a file without its record loses its origin.
        write_json(_record(path), origin)
    return VerifiedArrays(arrays, origin)


def _record(path: Path) -> Path:
    """Return the file beside a raw file that holds its origin."""
    return path.with_name(f"{path.name}.origin.json")


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files in a folder one after another, without hidden ones."""
    digest = hashlib.sha256()
    inside = [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
    for file in sorted(file for file in inside if file == path or not file.name.startswith(".")):
        with file.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return digest.hexdigest()
