"""Serve a page about the running study, on this machine only: curves, runs and failures, from the files on disk.

It writes nothing, and Snakemake need not know about it. Login nodes are shared, so every request needs a token: it is
in the printed address, and then in a cookie.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from practica.config.study import Study
from practica.config.trials import folder as tuning_folder
from practica.errors import InputError
from practica.jobs.history import NAME, read_lines
from practica.jobs.progress import duration, seconds
from practica.jobs.status import DONE, FAILED, MONITORED, STOPPED, Status
from practica.jobs.status_table import sums

ROOT = Path(__file__).parents[3] / "report"
FILES = {
    "/": (ROOT / "watch/index.html", "text/html"),
    "/watch.js": (ROOT / "watch/watch.js", "text/javascript"),
    "/watch.css": (ROOT / "watch/watch.css", "text/css"),
    "/page.css": (ROOT / "page/page.css", "text/css"),
}
HOST = "127.0.0.1"
MOST_LINES, MOST_POINTS = 60, 200
"""Largest number of runs of a variant, and of points of a run, that are drawn."""
LAST_LINES = 5
"""Number of lines shown from the log of a failed run."""

Look = Callable[[], tuple[Sequence[Status], float | None]]
"""Return the status of all blocks, and the seconds until all are done, if there is an estimate."""


class Server(ThreadingHTTPServer):
    """The page's server, ready to serve; port 0 picks a free port.

    Raises:
        InputError: the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, study: Study, results: Path, look: Look, port: int = 0) -> None:
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            why = (error.strerror or "").lower()
            raise InputError(f"port {port}: {why}; name another with --port, or none to have a free one") from error
        self.study, self.results, self.look = study, results, look
        self.token = secrets.token_urlsafe(24)
        self.cookie = f"practica-{self.server_port}"
        """Cookies ignore ports, so each page on this machine needs another name."""

    @property
    def address(self) -> str:
        """Return the address with the token."""
        return f"http://{HOST}:{self.server_port}/?token={self.token}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "practica", ""
    headers_of_all: ClassVar[dict[str, str]] = {
        "Content-Security-Policy": (
            "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }

    def do_GET(self) -> None:
        """Answer with a file of the page, or with the state of the study."""
        url = urlsplit(self.path)
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in (HOST, "localhost"):
            self._answer(403, b"not here", "text/plain")  # another host name that was made to resolve to this machine
        elif token := parse_qs(url.query).get("token", [""])[0]:
            self._let_in(token)
        elif not self._is_known():
            self._answer(403, b"Open the address that practica watch has printed, with its token.", "text/plain")
        elif url.path == "/study.json":
            content = json.dumps(
                state(self.server.study, self.server.results, *self.server.look()), ensure_ascii=False, allow_nan=False
            )
            self._answer(200, content.encode(), "application/json")
        elif url.path in FILES:
            path, kind = FILES[url.path]
            self._answer(200, path.read_bytes(), kind)
        else:
            self._answer(404, b"there is no such page", "text/plain")

    def _let_in(self, token: str) -> None:
        """Turn the token in the address into a cookie, so that it stays out of the browser's history."""
        if not self._is_right(token):
            self._answer(403, b"wrong token", "text/plain")
            return
        cookie = f"{self.server.cookie}={token}; HttpOnly; SameSite=Strict; Path=/"
        self._answer(303, b"", "text/plain", {"Location": "/", "Set-Cookie": cookie})

    def _is_known(self) -> bool:
        try:
            cookies = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return False
        own = cookies.get(self.server.cookie)
        return own is not None and self._is_right(own.value)

    def _is_right(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.server.token.encode())

    def _answer(self, code: int, content: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {**self.headers_of_all, **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Log nothing: a request may hold the token."""


def state(study: Study, results: Path, rows: Sequence[Status], seconds_left: float | None) -> dict[str, Any]:
    """Return everything that the page shows."""
    return {
        "title": study.heading(study.languages[0]),
        "sums": sums(rows, seconds_left),
        "done": sum(row.state == DONE for row in rows),
        "blocks": len(rows),
        "curves": curves(results, rows),
        "runs": [_row(row) for row in rows],
        "failures": [
            {"block": row.id, "message": "\n".join([row.reason, *_log(results, row)]).strip()}
            for row in rows
            if row.state in (FAILED, STOPPED)
        ],
    }


def curves(results: Path, rows: Sequence[Status]) -> list[dict[str, Any]]:
    """Return the validation curves of every variant with points: each run, and the mean at epochs that all have."""
    lines_by_variant: dict[str, list[tuple[str, list[tuple[int, float]]]]] = {}
    runs: dict[str, int] = {}
    for row in rows:
        root = tuning_folder(results) if row.trial else results
        path = root / "runs" / row.id / NAME
        name = "/".join(filter(None, (row.exercise, row.variant, row.trial)))
        runs[name] = runs.get(name, 0) + row.runs
        try:
            stamp = path.stat()
        except OSError:
            continue
        lines_by_variant.setdefault(name, []).extend(_lines(path, stamp.st_mtime_ns, stamp.st_size))
    return [
        {
            "variant": name,
            "metric": lines[0][0],
            "runs": runs[name],
            "lines": [_sample(points) for _, points in lines[:MOST_LINES]],
            "mean": _sample(_mean([points for _, points in lines])),
        }
        for name, lines in lines_by_variant.items()
        if lines
    ]


@lru_cache(maxsize=4096)
def _lines(path: Path, stamp: int, size: int) -> tuple[tuple[str, list[tuple[int, float]]], ...]:
    """Return the monitored curve of each run in a file; ``stamp`` and ``size`` are keys of the cache."""
    runs: dict[tuple[Any, Any], list[tuple[int, float]]] = {}
    metric = ""
    for _, point in read_lines(path)[1]:
        part = point.get("validation") or point.get("train") or {}
        metric = metric or min(part.keys() & set(MONITORED), key=MONITORED.index, default="")
        if metric in part:
            runs.setdefault((point["seed"], point["fold"]), []).append((point["epoch"], part[metric]))
    return tuple((metric, points) for points in runs.values())


def _mean(lines: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    values: dict[int, list[float]] = {}
    for line in lines:
        for epoch, value in line:
            values.setdefault(epoch, []).append(value)
    return [(epoch, fmean(each)) for epoch, each in sorted(values.items()) if len(each) == len(lines)]


def _sample(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return at most as many points as can be distinguished, always including the last."""
    step = -(-len(points) // MOST_POINTS) or 1
    return list(points[::-step])[::-1]


def _row(row: Status) -> dict[str, str]:
    return {
        "block": f"{row.id}{' (by hand)' if row.by_hand else ''}",
        "state": row.state,
        "runs": f"{row.runs_done}/{row.runs}",
        "epoch": f"{row.epoch}/{row.epochs}",
        "value": "" if row.value is None else f"{row.metric} {row.value:.4g}",
        "pace": "" if row.seconds_per_epoch is None else seconds(row.seconds_per_epoch),
        "left": duration(row.seconds_left) if row.seconds_left else "",
        "why": row.reason,
    }


def _log(results: Path, row: Status) -> list[str]:
    """Return the last lines of a run's log."""
    root = tuning_folder(results) if row.trial else results
    path = root / "logs" / "train" / f"{row.id}.log"
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    except OSError:
        return []
