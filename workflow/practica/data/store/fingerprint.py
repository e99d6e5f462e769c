"""Help with adding a data set: compute the fingerprint that belongs in its module."""

from __future__ import annotations

from pathlib import Path

from practica.data.store.mirror import local_folder
from practica.data.store.sources import candidates
from practica.data.store.spec import BadContentError, Published, fingerprint
from practica.study_folder import relative_path


def first_fingerprint(spec: Published, raw: Path, mirror: str | None) -> str:
    """Return the content of a file of the data set with its fingerprint, or what is missing."""
    module = relative_path("data", f"{spec.name}.py")
    folder = local_folder(mirror) if mirror else None
    for place in (raw, *([folder] if folder else [])):
        for form, path in candidates(spec, place):
            try:
                arrays = form.read(path)
            except FileNotFoundError:
                continue
            except BadContentError as error:
                return f"data set {spec.name}: {path}: {error}; correct the file, or `read` in {module}"
            content = ", ".join(f"{name} {array.dtype} {array.shape}" for name, array in arrays.items())
            if any(array.dtype.kind not in "biuf" for array in arrays.values()):
                return f"data set {spec.name}: `read` in {module} returns {content}; arrays hold numbers only"
            return (
                f"data set {spec.name}: {path} holds {content}; if that is right, write into {module}: "
                f'fingerprint="{fingerprint(arrays)}"'
            )
    names = " or ".join(form.name for form in spec.forms)
    return f"data set {spec.name} has no fingerprint yet: put {names} into {raw} or a mirror and prepare it again"
