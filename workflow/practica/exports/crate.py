"""A finished study as a Workflow Run RO-Crate: code, configuration, results and the run, described in JSON-LD.

Profile: Workflow Run Crate 0.5, https://w3id.org/ro/wfrun/workflow/0.5.
"""

from __future__ import annotations

import importlib.metadata
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from practica.config.citation import citation
from practica.config.front import Author, authors
from practica.config.study import Study
from practica.errors import InputError
from practica.exports.codecheck import CODECHECK, codecheck
from practica.exports.sums import CRATE, digest, result_files
from practica.files import atomic_path, read_json, sha256
from practica.launch.merging import BASE
from practica.reference.condense import caveats

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

ROOT = Path(__file__).parents[3]
WORKFLOW = "Snakefile"
CODE = (WORKFLOW, "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "workflow/Snakefile",
        "workflow/rules/*.smk", "workflow/schemas/*.json", "workflow/practica/**/*.py", "workflow/practica/**/*.yaml",
        "workflow/templates/**/*", "workflow/snakemake_*_plugin_*/*.py", "profiles/**/*", "report/**/*",
        "envs/*")  # fmt: skip
"""What it takes to run the study: the link to SLURM's plugin is followed, because an archive has no links."""
STUDY = "results/study.json"
RUN_CRATE = "https://w3id.org/ro/wfrun"
PROFILES = {
    f"{RUN_CRATE}/process/0.5": ("Process Run Crate", "0.5"),
    f"{RUN_CRATE}/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
TYPES = {".smk": "text/x-python", ".tex": "text/x-tex", ".npz": "application/zip", ".yaml": "application/yaml"}


def write_crate(study: Study, results: Path) -> Path:
    """Write the crate ``crate.zip`` into the results' folder and return its path.

    Raises:
        InputError: the study has no results yet.
    """
    files = {f"results/{name}": results / name for name in result_files(results)}
    if STUDY not in files:
        raise InputError(f"there is no {results / 'study.json'}: run the study first")
    files |= {path.relative_to(ROOT).as_posix(): path for path in _code()}
    files |= {f"study/{path.relative_to(study.folder).as_posix()}": path for path in _files(study.folder, "**/*")}
    files |= {path.name: path for path in _files(Path(), BASE)}
    path = results / CRATE
    with atomic_path(path) as part:
        describe(study, results, files).write_zip(part)
    return path


def _code() -> Iterable[Path]:
    return (path for pattern in CODE for path in _files(ROOT, pattern))


def _files(folder: Path, pattern: str) -> Iterable[Path]:
    return (path for path in sorted(folder.glob(pattern)) if path.is_file() and "__pycache__" not in path.parts)


def describe(study: Study, results: Path, files: Mapping[str, Path]) -> ROCrate:
    """Return the crate that holds ``files``, by their names in it, and describes the run: when, by whom, with what."""
    from rocrate.model import ContextEntity
    from rocrate.rocrate import ROCrate

    begin, end, failures = _times(study, results)
    source = citation()
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append("https://w3id.org/ro/terms/workflow-run/context")
    for address, (name, version) in PROFILES.items():
        properties = {"@type": "CreativeWork", "name": name, "version": version}
        crate.root_dataset.append_to("conformsTo", crate.add(ContextEntity(crate, address, properties)))
    licence = f"https://spdx.org/licenses/{source.license}"
    crate.license = crate.add(ContextEntity(crate, licence, {"@type": "CreativeWork", "name": source.license}))
    people = _people(crate, authors(study, study.languages[0]) or source.authors)
    crate.name = study.heading(study.languages[0])
    exercises = f"{'exercise' if len(study.exercises) == 1 else 'exercises'} {', '.join(study.exercises)}"
    summary = f"A run of the study with the {exercises}: code, settings, results."
    crate.description = f"{summary} {caveats(study, results)}".strip()
    crate.datePublished = end.isoformat(timespec="seconds")
    crate.root_dataset["author"] = _one(people)
    crate.publisher = people[0]
    _workflow(crate, files[WORKFLOW], people)
    for name in sorted(set(files) - {WORKFLOW}):
        crate.add_file(files[name], name, properties=_properties(name, files[name]))
    text = codecheck(study, results).encode()
    of_text = {"name": CODECHECK, "encodingFormat": TYPES[".yaml"], "contentSize": str(len(text))}
    crate.add_file(BytesIO(text), CODECHECK, properties={**of_text, "sha256": sha256(text)})
    outputs = [crate.get(quote(name)) for name in sorted(files) if name.startswith("results/") and name != STUDY]
    status = f"http://schema.org/{'FailedActionStatus' if failures else 'CompletedActionStatus'}"
    run = {
        "name": "Run of the study",
        "description": "Snakemake ran the workflow with this configuration.",
        "agent": people[0],
        "startTime": begin.isoformat(timespec="seconds"),
        "endTime": end.isoformat(timespec="seconds"),
        "actionStatus": status,
        **({"error": "; ".join(failures)} if failures else {}),
    }
    crate.root_dataset["mentions"] = crate.add_action(crate.mainEntity, "#run", crate.get(STUDY), _one(outputs), run)
    return crate


def _one(entities: list[Any]) -> Any:
    """Return entities as a value; RO-Crate wants a single one without a list."""
    return entities[0] if len(entities) == 1 else entities


def _people(crate: ROCrate, people: Sequence[Author]) -> list[Any]:
    """Add the authors and return them, each by the ORCID if there is one."""
    from rocrate.model import Person

    return [
        crate.add(
            Person(
                crate,
                each.orcid or f"#author{place}",
                {"name": each.name} | ({"affiliation": each.affiliation} if each.affiliation else {}),
            )
        )
        for place, each in enumerate(people, 1)
    ]


def _workflow(crate: ROCrate, file: Path, people: list[Any]) -> None:
    """Add the workflow with its inputs and outputs."""
    version = importlib.metadata.version
    properties = {
        "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
        "name": "Practica",
        "description": "Trains Keras exercises, collects their metrics and builds a report.",
        "version": version("practica"),
        "encodingFormat": "text/plain",
        "license": crate.license,
        "creator": _one(people),
    }
    workflow = crate.add_workflow(
        file, WORKFLOW, properties=properties, main=True, lang="snakemake", lang_version=version("snakemake")
    )
    for slot, name, text in (
        ("input", "configuration", "What runs, with every setting."),
        ("output", "results", "Metrics, histories, tables, figures, verdicts and the report."),
    ):
        workflow[slot] = crate.add_formal_parameter(name, "File", f"#{name}", text)


def _properties(name: str, path: Path) -> dict[str, Any]:
    """Return the crate's description of a file."""
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    description: dict[str, Any] = {
        "name": Path(name).name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": kind,
        "sha256": digest(path),
    }
    if name == STUDY:
        description["exampleOfWork"] = {"@id": "#configuration"}
    elif name.startswith("results/"):
        description["exampleOfWork"] = {"@id": "#results"}
    elif name == "README.md":
        description["about"] = {"@id": "./"}
    return description


def _times(study: Study, results: Path) -> tuple[datetime, datetime, list[str]]:
    """Return when the first run began and the last one ended, and the missing blocks."""
    begins, ends, missing = [], [], []
    for block in study.blocks():
        try:
            provenance = read_json(block.folder(results) / "manifest.json")["provenance"]
            begin = datetime.fromisoformat(provenance["started"]).astimezone(UTC)
            ends.append(begin + timedelta(seconds=provenance["wall_seconds"]))
            begins.append(begin)
        except (InputError, KeyError, TypeError, ValueError, OverflowError):
            missing.append(f"{block.id} is missing")
    if not begins:
        now = datetime.fromtimestamp((results / "study.json").stat().st_mtime, UTC)
        return now, now, missing
    return min(begins), max(ends), missing
