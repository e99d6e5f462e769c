"""Run latexmk so that equal sources give equal bytes, and report its first error in place of its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from practica.errors import InputError, RunError
from practica.paper.custom_latex import COPIES

INSTALL = (
    "apt-get install --no-install-recommends latexmk texlive-latex-recommended texlive-fonts-recommended"
    " texlive-lang-spanish lmodern (or load your cluster's TeX module)"
)
OPTIONS = (
    "-norc",  # a user's ~/.latexmkrc must not change the report
    "-g",  # without it, latexmk waits for changed sources after an error
    "-interaction=nonstopmode",
    "-halt-on-error",
    "-file-line-error",
    "-no-shell-escape",
)
MODES = {"pdflatex": "-pdf", "lualatex": "-pdflua"}
ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "0",  # no dates inside the PDF
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "10000",  # TeX would wrap the lines of its log, and file names in them
}
ERROR = re.compile(r"^(?:\./)?(?P<file>[^:\n]+\.\w+):(?P<line>\d+): (?P<text>.+)$", re.MULTILINE)
MISSING = re.compile(r"^! (LaTeX Error: File .+ not found\.)$", re.MULTILINE)
"""An error without file and line, printed before an emergency stop."""
UNDEFINED = re.compile(r"Warning: (?:Reference|Citation) `(?P<name>[^']+)'.* undefined on input line (?P<line>\d+)")


def check_installed() -> None:
    """Raise ``InputError`` if latexmk is not installed."""
    if shutil.which("latexmk") is None:
        raise InputError(f"latexmk is not installed, and the report needs it: {INSTALL}")


def compile_pdf(tex: Path, sources: dict[str, Path], engine: str = "pdflatex") -> Path:
    """Compile ``tex`` in its own folder and return the PDF; ``sources`` maps generated files to those that people edit.

    ``engine`` is ``pdflatex``, or ``lualatex`` for characters that only the machine's own fonts have.

    Raises:
        RunError: LaTeX stopped; the message holds its first error, with file and line.
    """
    old_files = [path for path in tex.parent.glob(f"{tex.stem}.*") if path != tex]
    process = _latexmk(tex, engine)
    if process.returncode and old_files:
        # The files of an earlier LaTeX may be incomplete, or from another version.
        for path in old_files:
            path.unlink(missing_ok=True)
        process = _latexmk(tex, engine)
    log = tex.with_suffix(".log")
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else process.stdout + process.stderr
    if process.returncode:
        raise RunError(f"LaTeX: {first_error(text, sources)} (whole log: {log})")
    if match := UNDEFINED.search(text):
        raise RunError(f"LaTeX: the prose refers to {match['name']!r}, which nothing in the report is called")
    return tex.with_suffix(".pdf")


def _latexmk(tex: Path, engine: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["latexmk", MODES[engine], *OPTIONS, tex.name],
        cwd=tex.parent,
        env={**os.environ, **ENVIRONMENT, "TEXINPUTS": os.pathsep.join([COPIES, os.environ.get("TEXINPUTS", "")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def first_error(log: str, sources: dict[str, Path]) -> str:
    """Return the first error of a LaTeX log, as ``file:line: what (where)``."""
    error = ERROR.search(log)
    if error is None:
        bang = re.search(r"^! (.+)$", log, re.MULTILINE)
        return bang[1] if bang else (log.strip().splitlines() or ["no message"])[-1]
    context = re.search(rf"^l\.{error['line']} (.*)$", log[error.end() :], re.MULTILINE)
    place = sources.get(error["file"], Path(error["file"]))
    near = f", near: {context[1].strip()}" if context else ""
    absent = MISSING.search(log[: error.start()]) if error["text"].startswith("Emergency stop") else None
    return f"{place}:{error['line']}: {absent[1] if absent else error['text']}{near}"
