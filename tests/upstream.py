"""Fixtures for tests of data sets: no test reaches the network, and a folder is served on this machine."""

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest

from practica.data.store import spec as spec_module


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Replace every original site by a closed port of this machine."""
    for base in spec_module.UPSTREAM_BASES:
        monkeypatch.setitem(spec_module.UPSTREAM_BASES, base, "http://127.0.0.1:9/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,127.0.0.2")


@pytest.fixture(autouse=True)
def keras(monkeypatch, tmp_path_factory) -> Path:
    """Return our own Keras folder, which does not exist yet."""
    home = tmp_path_factory.mktemp("keras")
    monkeypatch.setenv("KERAS_HOME", str(home))
    return home / "datasets"


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve a folder, with ranges; break off the first transfer after ``server.break_at`` bytes, or lead elsewhere."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        if self.server.lead_to:
            self.send_response(302)
            self.send_header("Location", self.server.lead_to)
            self.end_headers()
            return
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        asked = self.headers.get("Range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        stop, self.server.break_at = self.server.break_at, None
        self.wfile.write(data[start:stop])
        self.close_connection = True


@pytest.fixture
def serve(request):
    """Return a function that serves a folder on this machine and returns the server, with its ``url``."""

    def start(folder: Path, host: str = "127.0.0.1"):
        server = http.server.ThreadingHTTPServer((host, 0), partial(Handler, directory=str(folder)))
        server.requests, server.break_at, server.lead_to = [], None, None
        server.url = f"http://{host}:{server.server_port}/"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        request.addfinalizer(server.server_close)
        request.addfinalizer(server.shutdown)
        return server

    return start
