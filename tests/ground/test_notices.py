"""Notices arrive complete, no shell reads them, and no secret leaks."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from practica.config.study import Study
from practica.errors import InputError
from practica.launch import notices
from practica.launch.notices import END, FAILURE, STALL, TEST, lacking, notify, ways
from toy import toy_study

NONE = {"on": [END, FAILURE, STALL], "command": None, "webhook": None, "mail": None, "stalled_minutes": 60}
SECRET = "s3cret-t0ken"
HOSTILE = "a $(touch owned) `touch owned`; touch owned & \"' \x1b[31m\x00${HOOK}"


class Hook(BaseHTTPRequestHandler):
    """Record what is posted; answer under /gone with an error, under /away with a redirection."""

    got: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path, content))
        code = {"/gone": 410, "/away": 302}.get(self.path, 204)
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.got.append((self.path, {}))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def writer(path: Path) -> list[str]:
    """Return a command that writes the event and its last words to a file."""
    program = "import json, os, sys; json.dump([os.environ['PRACTICA_EVENT'], sys.argv[1:]], open(sys.argv[1], 'w'))"
    return [sys.executable, "-c", program, str(path)]


def test_a_command_gets_the_message_as_one_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOOK", SECRET)
    text = tmp_path / "said"
    assert notify({**NONE, "command": [*writer(text), "${HOOK}"]}, END, HOSTILE) == []
    event, words = json.loads(text.read_text())
    assert event == END
    assert words[1] == SECRET
    # The message, which may come from others, is taken literally.
    assert words[2] == "a $(touch owned) `touch owned`; touch owned & \"' [31m${HOOK}"
    assert not (tmp_path / "owned").exists()


def test_a_webhook_gets_json(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    assert notify({**NONE, "webhook": f"{hook}/${{HOOK}}"}, FAILURE, "failed: x") == []
    assert Hook.got == [(f"/{SECRET}", {"text": "failed: x", "content": "failed: x", "event": FAILURE})]


@pytest.mark.parametrize("place", ["/gone", "/away", "closed", "no such name"])
def test_what_fails_is_said_without_the_address(place: str, hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    address = {"closed": f"http://127.0.0.1:1/{SECRET}", "no such name": f"http://{SECRET}:port"}.get(
        place, hook + place
    )
    monkeypatch.setenv("HOOK", address)
    (sentence,) = notify({**NONE, "webhook": "${HOOK}"}, END, "done")
    assert sentence.startswith("notify.webhook: not told (")
    assert SECRET not in sentence and "127.0.0.1" not in sentence
    assert "/elsewhere" not in [path for path, _ in Hook.got]


def test_a_webhook_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/{SECRET}"
        sentences = notify({**NONE, "webhook": address}, END, "done")
    assert sentences == ["notify.webhook: not told (no answer within 0 s)"]


def test_a_command_that_fails_or_hangs_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "PATIENCE", 0.5)
    for words, why in {
        ("false",): "exit code 1",
        ("/nowhere/program",): "No such file",
        ("sleep", "inf"): "longer than",
        ("echo", "${NOT_THERE}"): "the environment has no NOT_THERE",
    }.items():
        monkeypatch.delenv("NOT_THERE", raising=False)
        command = ["sh", "-c", "sleep 5"] if words[0] == "sleep" else list(words)
        (sentence,) = notify({**NONE, "command": command}, END, "done")
        assert why in sentence


def test_slurm_is_asked_for_a_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(
        f"#!{sys.executable}\nimport json, sys\njson.dump(sys.argv[1:], open({str(tmp_path / 'said')!r}, 'w'))\n"
    )
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert notify({**NONE, "mail": "ada@example.org"}, END, "Done after 3 s\nClaims: ...") == []
    text = json.loads((tmp_path / "said").read_text())
    assert "--mail-user=ada@example.org" in text and "--mail-type=END" in text
    assert text[0] == "--job-name=practica: Done after 3 s Claims: ..."


def test_only_what_is_asked_for_is_told(tmp_path: Path) -> None:
    text = tmp_path / "said"
    settings = {**NONE, "on": [FAILURE], "command": writer(text)}
    assert notify(settings, END, "done") == [] and not text.exists()
    assert notify(settings, TEST, "try") == [] and text.exists()


def test_secrets_are_named_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    settings = {**NONE, "webhook": "https://hooks.example.org/${HOOK}", "command": ["tell", "${HOOK}"], "mail": "a@b.c"}
    assert list(lacking(settings)) == [
        f"notify.{key}: the environment has no HOOK: export it" for key in ("command", "webhook")
    ]
    monkeypatch.setenv("HOOK", SECRET)
    assert list(lacking(settings)) == []
    assert ways(settings) == ["the command tell", "a webhook on hooks.example.org", "SLURM's mail to a@b.c"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("webhook", "http://hooks.example.org/x"),
        ("webhook", "ftp://hooks.example.org"),
        ("mail", "ada@example.org --wrap=reboot"),
        ("command", "notify-send practica"),
        ("command", []),
        ("on", ["always"]),
        ("stalled_minutes", 0),
    ],
)
def test_what_cannot_be_meant_is_refused(key: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"notify\.{key}"):
        toy_study(notify={key: value})


def test_nobody_is_told_by_default() -> None:
    study: Study = toy_study()
    assert dict(study.config["notify"]) == NONE
