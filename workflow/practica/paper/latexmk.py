"""Run latexmk so that equal sources give equal bytes, and report its first error instead of its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from practica.errors import InputError, RunError
from practica.paper.own import COPIES

INSTALL = (
    "apt-get install --no-install-recommends latexmk texlive-latex-recommended texlive-fonts-recommended"
    " texlive-lang-spanish lmodern (or load your cluster's TeX module)"
)
OPTIONS = (
    "-norc",  # somebody's ~/.latexmkrc must not change the report
    "-g",  # after an error it would otherwise wait for a change of the sources
    "-interaction=nonstopmode",
    "-halt-on-error",
    "-file-line-error",
    "-no-shell-escape",
)
MODES = {"pdflatex": "-pdf", "lualatex": "-pdflua"}
ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "0",  # no dates inside the PDF
    "FORCE_SOURCE_DATE": "1",
    "max_print_line": "10000",  # TeX would break the lines of its log, and with them file names
}
ERROR = re.compile(r"^(?:\./)?(?P<file>[^:\n]+\.\w+):(?P<line>\d+): (?P<text>.+)$", re.MULTILINE)
MISSING = re.compile(r"^! (LaTeX Error: File .+ not found\.)$", re.MULTILINE)
"""What stands without file and line before an emergency stop."""
UNDEFINED = re.compile(r"Warning: (?:Reference|Citation) `(?P<name>[^']+)'.* undefined on input line (?P<line>\d+)")


def check_installed() -> None:
    """Raise ``InputError`` where there is no latexmk."""
    if shutil.which("latexmk") is None:
        raise InputError(f"latexmk is not installed, and the report needs it: {INSTALL}")


def compile_pdf(tex: Path, sources: dict[str, Path], engine: str = "pdflatex") -> Path:
    """Compile ``tex`` in its own folder and return the PDF; ``sources`` maps generated files to what people edit.

    ``engine`` is ``pdflatex``, or ``lualatex`` for what only the machine's own fonts have.

    Raises:
        RunError: LaTeX stopped; the message holds its first error, with file and line.
    """
    left = [path for path in tex.parent.glob(f"{tex.stem}.*") if path != tex]
    done = _latexmk(tex, engine)
    if done.returncode and left:
        # What an earlier LaTeX left may be cut short, or of another version.
        for path in left:
            path.unlink(missing_ok=True)
        done = _latexmk(tex, engine)
    log = tex.with_suffix(".log")
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else done.stdout + done.stderr
    if done.returncode:
        raise RunError(f"LaTeX: {first_error(text, sources)} (whole log: {log})")
    if missing := UNDEFINED.search(text):
        raise RunError(f"LaTeX: the prose refers to {missing['name']!r}, which nothing in the report is called")
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
    found = ERROR.search(log)
    if found is None:
        bang = re.search(r"^! (.+)$", log, re.MULTILINE)
        return bang[1] if bang else (log.strip().splitlines() or ["no message"])[-1]
    context = re.search(rf"^l\.{found['line']} (.*)$", log[found.end() :], re.MULTILINE)
    place = sources.get(found["file"], Path(found["file"]))
    near = f", near: {context[1].strip()}" if context else ""
    absent = MISSING.search(log[: found.start()]) if found["text"].startswith("Emergency stop") else None
    return f"{place}:{found['line']}: {absent[1] if absent else found['text']}{near}"
