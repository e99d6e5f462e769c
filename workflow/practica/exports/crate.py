"""A finished study as a Workflow Run RO-Crate: code, configuration, results and what was run, described in JSON-LD.

Profile: Workflow Run Crate 0.5, https://w3id.org/ro/wfrun/workflow/0.5.
"""

from __future__ import annotations

import importlib.metadata
import json
import mimetypes
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from practica.config.front import authors
from practica.config.study import Study
from practica.errors import InputError
from practica.exports.sums import CRATE, digest, result_files
from practica.files import atomic_path, read_json
from practica.launch.merging import BASE

ROOT = Path(__file__).parents[3]
WORKFLOW = "Snakefile"
CODE = (WORKFLOW, "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "workflow/rules/*.smk",
        "workflow/schemas/*.json", "workflow/practica/**/*.py", "workflow/practica/**/*.yaml", "report/**/*",
        "envs/*")  # fmt: skip
STUDY = "results/study.json"
RUN_CRATE = "https://w3id.org/ro/wfrun"
PROFILES = {
    f"{RUN_CRATE}/process/0.5": ("Process Run Crate", "0.5"),
    f"{RUN_CRATE}/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
TYPES = {".smk": "text/x-python", ".tex": "text/x-tex", ".npz": "application/zip", ".yaml": "application/yaml"}

Entity = dict[str, Any]


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
    metadata = describe(study, results, files)
    path = results / CRATE
    with atomic_path(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("ro-crate-metadata.json"), json.dumps(metadata, indent=1, ensure_ascii=False))
        for name, file in sorted(files.items()):
            archive.write(file, name)
    return path


def _code() -> Iterable[Path]:
    return (path for pattern in CODE for path in _files(ROOT, pattern))


def _files(folder: Path, pattern: str) -> Iterable[Path]:
    return (path for path in sorted(folder.glob(pattern)) if path.is_file() and "__pycache__" not in path.parts)


def describe(study: Study, results: Path, files: Mapping[str, Path]) -> Entity:
    """Return the crate's metadata for ``files``, by their names in the crate."""
    begin, end, failures = _times(study, results)
    made = sorted(name for name in files if name.startswith("results/") and name != STUDY)
    entities = [
        _descriptor(),
        _root(study, sorted(files), end),
        *({"@id": address, "@type": "CreativeWork", "name": name, "version": version}
          for address, (name, version) in PROFILES.items()),
        *_workflow(),
        _action(made, begin, end, failures),
        *_authors(study),
        {"@id": "https://spdx.org/licenses/MIT", "@type": "CreativeWork", "name": "MIT License"},
        *(_file(name, files[name]) for name in sorted(files) if name != WORKFLOW),
    ]  # fmt: skip
    context = ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"]
    return {"@context": context, "@graph": entities}


def _ref(*ids: str) -> Any:
    """Return references; RO-Crate wants a single one to stand without a list."""
    found = [{"@id": name} for name in ids]
    return found[0] if len(found) == 1 else found


def _descriptor() -> Entity:
    return {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": _ref("https://w3id.org/ro/crate/1.1", "https://w3id.org/workflowhub/workflow-ro-crate/1.0"),
        "about": {"@id": "./"},
    }


def _authors(study: Study) -> list[Entity]:
    """Return who wrote the study; of one that does not say so, those of the project."""
    named = authors(study, study.languages[0])
    ids = ["#author", *(f"#author{place}" for place in range(2, len(named) + 1))]
    if not named:
        return [{"@id": ids[0], "@type": "Organization", "name": "The Practica authors"}]
    return [
        {"@id": each, "@type": "Person", "name": author.name}
        | ({"affiliation": author.affiliation} if author.affiliation else {})
        for each, author in zip(ids, named, strict=True)
    ]


def _root(study: Study, files: list[str], end: datetime) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": study.heading(study.languages[0]),
        "description": f"A run of the study with the exercises {', '.join(study.exercises)}: code, settings, results.",
        "datePublished": end.isoformat(timespec="seconds"),
        "license": {"@id": "https://spdx.org/licenses/MIT"},
        "author": _ref(*(each["@id"] for each in _authors(study))),
        "publisher": {"@id": _authors(study)[0]["@id"]},
        "conformsTo": _ref(*PROFILES),
        "mainEntity": {"@id": WORKFLOW},
        "mentions": _ref("#run"),
        "hasPart": _ref(*files),
    }


def _workflow() -> list[Entity]:
    version = importlib.metadata.version
    return [
        {
            "@id": WORKFLOW,
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "conformsTo": {"@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"},
            "name": "Practica",
            "description": "Trains Keras exercises, collects their metrics and builds a report.",
            "version": version("practica"),
            "encodingFormat": "text/plain",
            "license": {"@id": "https://spdx.org/licenses/MIT"},
            "creator": {"@id": "#author"},
            "programmingLanguage": {"@id": LANGUAGE},
            "input": _ref("#configuration"),
            "output": _ref("#results"),
        },
        {
            "@id": LANGUAGE,
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
            "url": {"@id": "https://snakemake.readthedocs.io"},
            "version": version("snakemake"),
        },
        *(
            {
                "@id": f"#{name}",
                "@type": "FormalParameter",
                "conformsTo": {"@id": PARAMETER},
                "additionalType": "File",
                "name": name,
                "description": text,
            }
            for name, text in (
                ("configuration", "What runs, with every setting."),
                ("results", "Metrics, histories, tables, figures, verdicts and the report."),
            )
        ),
    ]


def _action(made: list[str], begin: datetime, end: datetime, failures: list[str]) -> Entity:
    failed = {"error": "; ".join(failures)} if failures else {}
    return {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "Run of the study",
        "description": "Snakemake ran the workflow with this configuration.",
        "instrument": {"@id": WORKFLOW},
        "object": _ref(STUDY),
        "result": _ref(*made),
        "agent": {"@id": "#author"},
        "startTime": begin.isoformat(timespec="seconds"),
        "endTime": end.isoformat(timespec="seconds"),
        "actionStatus": f"http://schema.org/{'FailedActionStatus' if failures else 'CompletedActionStatus'}",
        **failed,
    }


def _file(name: str, path: Path) -> Entity:
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    entity: Entity = {
        "@id": name,
        "@type": "File",
        "name": Path(name).name,
        "contentSize": str(path.stat().st_size),
        "encodingFormat": kind,
        "sha256": digest(path),
    }
    if name == STUDY:
        entity["exampleOfWork"] = {"@id": "#configuration"}
    elif name.startswith("results/"):
        entity["exampleOfWork"] = {"@id": "#results"}
    elif name == "README.md":
        entity["about"] = {"@id": "./"}
    return entity


def _times(study: Study, results: Path) -> tuple[datetime, datetime, list[str]]:
    """Return when the first run began and the last one ended, and the blocks that are missing."""
    begins, ends, missing = [], [], []
    for block in study.blocks():
        try:
            known = read_json(block.folder(results) / "manifest.json")["provenance"]
            begin = datetime.fromisoformat(known["started"]).astimezone(UTC)
            ends.append(begin + timedelta(seconds=known["wall_seconds"]))
            begins.append(begin)
        except (InputError, KeyError, TypeError, ValueError, OverflowError):
            missing.append(f"{block.id} is missing")
    if not begins:
        now = datetime.fromtimestamp((results / "study.json").stat().st_mtime, UTC)
        return now, now, missing
    return min(begins), max(ends), missing
