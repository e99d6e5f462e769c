"""Find a published data set: fetched earlier, in a mirror, or upstream, in this order."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from practica.data.store.fetch import UnavailableError, UnreachableError, download
from practica.data.store.spec import Arrays, BadContentError, Form, Published
from practica.errors import InputError
from practica.files import atomic_path, read_json, write_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """Verified arrays and where they come from."""

    arrays: Arrays
    origin: dict[str, Any]


@dataclass
class Trail:
    """What was tried and how it went; ``damaged`` where a file was there but was not what it should be."""

    lines: list[str] = field(default_factory=list)
    damaged: bool = False

    def note(self, place: object, result: object, *, damaged: bool = False) -> None:
        """Add one attempt."""
        self.lines.append(f"{place}: {result}")
        self.damaged |= damaged


def obtain(spec: Published, raw: Path, mirror: str | None, timeout: float) -> tuple[Found | None, Trail]:
    """Return the data set, or None, and the trail of what was tried.

    Whatever is fetched is kept in the folder ``raw``, but only once its content is verified.

    Raises:
        InputError: ``mirror`` is neither an existing folder nor an http(s) address.
    """
    trail = Trail()
    found = _from_cache(spec, raw, trail)
    if found is None and mirror:
        found = _from_mirror(spec, raw, mirror, timeout, trail)
    if found is None:
        found = _from_upstream(spec, raw, timeout, trail)
    return found, trail


def origin_of(kind: str, source: str, file_sha256: str | None = None) -> dict[str, Any]:
    """Return the record of where data come from; ``prepared_at`` is the time in UTC."""
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
        pass  # put there by hand
    return origin_of("cache", str(path), digest)


def _from_cache(spec: Published, raw: Path, trail: Trail) -> Found | None:
    """Read what was fetched earlier; a damaged file is moved out of the way and kept for inspection."""
    for form in spec.forms:
        path = raw / form.name
        try:
            _check_regular(path)
            return Found(spec.read(form, path), known_origin(path))
        except FileNotFoundError:
            trail.note(path, "not there")
        except BadContentError as error:
            aside = _move_aside(path)
            trail.note(path, f"{error}; it is now {aside.name}", damaged=True)
            log.warning("%s: %s; moved to %s", path, error, aside)
        except UnavailableError as error:
            trail.note(path, error)
        except OSError as error:
            trail.note(path, f"cannot be read ({error.strerror})")
    return None


def _from_mirror(spec: Published, raw: Path, mirror: str, timeout: float, trail: Trail) -> Found | None:
    """Take the first form that the mirror, a folder or the address of one, has in good order."""
    remote = mirror.startswith(("http://", "https://"))
    base = Path(mirror).expanduser()
    if not remote and not base.is_dir():
        raise InputError(
            f"the data mirror {mirror} is no folder and no http(s) address; correct data.mirror in the configuration, "
            "or PRACTICA_DATA_MIRROR where it is set"
        )
    for form in _mirrored(spec, remote):
        source = f"{mirror.rstrip('/')}/{form.name}" if remote else str(base / form.name)
        try:
            if form.folder:  # read in place: a mirror that is a folder can be read as often as it takes
                path = Path(source)
                _check_regular(path)
                return Found(spec.read(form, path), origin_of("mirror", source, _digest(path)))
            return _adopt(spec, form, raw, origin_of("mirror", source), _fetcher(source, remote, timeout))
        except FileNotFoundError:
            trail.note(source, "not there")
        except BadContentError as error:
            trail.note(source, error, damaged=True)
        except UnreachableError as error:
            trail.note(source, error)
            break
        except (UnavailableError, OSError) as error:
            trail.note(source, error)
    return None


def _mirrored(spec: Published, remote: bool) -> Iterator[Form]:
    """Yield the forms that such a mirror can have."""
    return (form for form in spec.forms if not (form.folder and remote))


def _fetcher(source: str, remote: bool, timeout: float) -> Callable[[Path], object]:
    """Return what copies a mirror's file to a given path."""
    if remote:
        return partial(download, source, sha256=None, connect_timeout=timeout)
    _check_regular(Path(source))
    return partial(shutil.copyfile, source)


def _check_regular(path: Path) -> None:
    """Refuse what is there but has no end, as a device, or waits for a writer, as a pipe; in a folder, too."""
    for file in path.iterdir() if path.is_dir() else [path]:
        if file.exists() and not file.is_file():
            raise UnavailableError(f"{file.name} is no regular file")


def _from_upstream(spec: Published, raw: Path, timeout: float, trail: Trail) -> Found | None:
    """Fetch the data set from its original source."""
    for form in spec.forms:
        if (upstream := form.upstream) is None:
            continue
        url = upstream.url
        fetch = partial(download, url, sha256=upstream.sha256, connect_timeout=timeout)
        try:
            return _adopt(spec, form, raw, origin_of("upstream", url), fetch)
        except BadContentError as error:
            trail.note(url, error, damaged=True)
        except (UnreachableError, UnavailableError) as error:
            trail.note(url, error)
    return None


def _adopt(spec: Published, form: Form, raw: Path, origin: dict[str, Any], fetch: Callable[[Path], object]) -> Found:
    """Fetch a file, verify its content, and only then keep it, with the record of its origin."""
    path = raw / form.name
    with atomic_path(path) as part:
        fetch(part)
        arrays = spec.read(form, part)
        origin = origin | {"file_sha256": _digest(part)}
        # Before the file itself: a record that waits for its file does no harm, a file without one loses its origin.
        write_json(_record(path), origin)
    return Found(arrays, origin)


def _record(path: Path) -> Path:
    """Return the file beside a raw file that says where it was fetched."""
    return path.with_name(f"{path.name}.origin.json")


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the files of a folder one after another."""
    digest = hashlib.sha256()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        with file.open("rb") as stream:
            hashlib.file_digest(stream, lambda: digest)
    return digest.hexdigest()


def _move_aside(path: Path) -> Path:
    """Rename a damaged file to the next free ``<name>.damaged-<n>`` and return that."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    return path.rename(aside)
