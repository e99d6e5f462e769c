"""Check whether each data set of a study is here, or where it would come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from practica.config.study import Study
from practica.doctor.finding import Finding


def data_sets(study: Study) -> Iterator[Finding]:
    """Yield for each data set whether it is prepared, or where it would come from."""
    from practica.data.store.mirror import local_folder
    from practica.data.store.registry import spec_of
    from practica.data.store.spec import Published

    mirror = study.data["mirror"]
    if mirror and (folder := local_folder(mirror)) and not folder.is_dir():
        yield Finding("data mirror", "fail", f"{mirror} is not a folder", "correct data.mirror or PRACTICA_DATA_MIRROR")
    answers: dict[str, str | None] = {}
    for name in study.datasets():
        spec = spec_of(name)
        if (Path(study.data["folder"]) / "prepared" / name / "dataset.json").is_file():
            yield Finding(f"data: {name}", "ok", "prepared")
        elif not isinstance(spec, Published):
            yield Finding(f"data: {name}", "ok", "computed by a rule")
        else:
            yield _source(study, spec, answers)


def _source(study: Study, spec: Any, answers: dict[str, str | None]) -> Finding:
    """Return where a published data set would come from; ``answers`` caches the answer of each site."""
    from practica.data.store.mirror import keras_folder, local_folder
    from practica.data.store.sources import candidates

    what, mirror = f"data: {spec.name}", study.data["mirror"]
    folder = local_folder(mirror) if mirror else None
    for place in [Path(study.data["folder"]) / "raw", keras_folder(), *([folder] if folder else [])]:
        if next(candidates(spec, place), None):
            return Finding(what, "ok", f"in {place}")
    urls = [mirror] if mirror and not folder else []
    urls += [form.upstream.url for form in spec.forms if form.upstream]
    sites = {"/".join(url.split("/")[:3]): url for url in urls}
    for site, url in sites.items():
        if site not in answers:
            answers[site] = _unreachable(url, study.data["connect_timeout"])
        if answers[site] is None:
            return Finding(what, "ok", f"to be fetched from {site}")
    if study.data["on_missing"] == "stand-in":
        return Finding(what, "warn", "no source: a generated stand-in takes its place", "set data.mirror for real data")
    reasons = "; ".join(f"{site}: {answers[site]}" for site in sites) or "it has no site of its own"
    return Finding(what, "fail", f"no source ({reasons})", "set PRACTICA_DATA_MIRROR to a folder with the files")


def _unreachable(url: str, seconds: float) -> str | None:
    """Return why a site cannot be reached, or None."""
    from practica.data.store.fetch import UnreachableError, await_answer

    try:
        await_answer(url, seconds)
    except UnreachableError as error:
        return str(error)
    return None
