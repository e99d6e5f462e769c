"""The page of the running study: who can see it, what it shows, and that it updates itself."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.factory import make_study
from practica.config.study import Study
from practica.errors import InputError
from practica.files import write_json
from practica.jobs.history import HistoryFile
from practica.jobs.journal import note_failure
from practica.jobs.lock import Lock
from practica.jobs.states import checkpoint_folder
from practica.jobs.status import gather
from practica.page.watch import Server, curves

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MARKUP = "<b>bad</b> & <script>alert(1)</script>"


def reach(study: Study, results: Path, epochs: int) -> None:
    """Let the first run of the first block reach an epoch."""
    block = study.blocks()[0]
    values = [epoch / 10 for epoch in range(1, epochs + 1)]
    history = {"train": {"loss": values}, "validation": {"accuracy": values, "loss": values}}
    file = HistoryFile(block.folder(results), block, "key")
    file.reached("s0", SimpleNamespace(epochs=list(range(1, epochs + 1)), history=history))  # type: ignore[arg-type]
    progress = {"run": "s0", "runs_done": 0, "epoch": epochs, "epochs": 9, "metric": "accuracy", "value": epochs / 10}
    write_json(checkpoint_folder(block, results) / "progress.json", {**progress, "seconds_per_epoch": 2.0})


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr("practica.jobs.status.cluster_queue", dict)  # hide the cluster of this machine
    return make_study({"steps": ["dense", "conv"]}, seeds=2, seeds_per_job=2)


@pytest.fixture
def server(study: Study, tmp_path: Path) -> Iterator[Server]:
    reach(study, tmp_path, 3)
    lock = Lock(checkpoint_folder(study.blocks()[0], tmp_path) / "lock.json")
    assert lock.try_acquire()
    note_failure(study.blocks()[1], tmp_path, MARKUP)
    with Server(study, tmp_path, lambda: (gather(study, tmp_path), 60.0)) as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
    thread.join()


def asked(server: Server, path: str, cookie: str = "", **headers: str) -> tuple[int, str]:
    address = f"http://127.0.0.1:{server.server_port}{path}"
    request = urllib.request.Request(address, headers={"Cookie": cookie, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def known(server: Server) -> str:
    return f"{server.cookie}={server.token}"


def test_only_who_knows_the_token_sees_anything(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    for path in ("/", "/study.json", "/watch.js", "/?token=wrong", "/?token="):
        assert asked(server, path)[0] == 403
        assert asked(server, path, f"{server.cookie}=wrong")[0] == 403
    assert asked(server, "/study.json", f"other={server.token}")[0] == 403
    assert asked(server, "/study.json", known(server))[0] == 200
    assert asked(server, "/study.json", known(server), Host="rebound.example.org")[0] == 403
    for path in ("/../pyproject.toml", "/%2e%2e/pyproject.toml", "/page.html"):
        assert asked(server, path, known(server))[0] == 404


def test_a_port_in_use_is_named(server: Server, study: Study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"port {server.server_port}: address already in use; name another"):
        Server(study, tmp_path, lambda: ([], None), server.server_port)


def test_the_token_becomes_a_cookie_and_leaves_the_address(server: Server) -> None:
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.build_opener(Stay).open(server.address, timeout=20)
    assert (answer.value.code, answer.value.headers["Location"]) == (303, "/")
    cookie = answer.value.headers["Set-Cookie"]
    assert cookie.startswith(known(server)) and "HttpOnly" in cookie and "SameSite=Strict" in cookie


def test_it_says_what_is_on_the_disk(server: Server) -> None:
    shown = json.loads(asked(server, "/study.json", known(server))[1])
    assert (shown["done"], shown["blocks"]) == (0, 2)
    assert shown["sums"].startswith("1 running, 1 failed; about 1 min left, to ")
    assert [run["state"] for run in shown["runs"]] == ["running", "failed"]
    assert shown["failures"] == [{"block": "steps/conv/s0-1", "message": MARKUP}]
    (curve,) = shown["curves"]
    assert (curve["variant"], curve["metric"], curve["runs"]) == ("steps/dense", "accuracy", 2)
    assert curve["lines"] == [[[1, 0.1], [2, 0.2], [3, 0.3]]] == [curve["mean"]]


def test_long_curves_are_thinned_and_keep_their_end(study: Study, tmp_path: Path) -> None:
    reach(study, tmp_path, 1001)
    (curve,) = curves(tmp_path, gather(study, tmp_path))
    (line,) = curve["lines"]
    assert 100 < len(line) <= 200 and line[-1] == (1001, 100.1)


def test_a_browser_follows_without_reloading(server: Server, study: Study, tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: run `make setup`")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install `chromium`")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        complaints: list[str] = []
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        expect = playwright.expect
        tab.goto(server.address)
        assert "token" not in tab.url
        expect(tab.locator("#runs tr").first).to_contain_text("3/9", timeout=20_000)
        expect(tab.locator("#failures pre")).to_have_text(MARKUP)
        expect(tab.locator("polyline.dot")).to_have_count(0)
        tab.evaluate("window.mark = 'not reloaded'")
        before = tab.locator("polyline.mean").get_attribute("points")
        reach(study, tmp_path, 4)
        expect(tab.locator("#runs tr").first).to_contain_text("4/9", timeout=20_000)
        assert tab.evaluate("window.mark") == "not reloaded"
        assert tab.locator("polyline.mean").get_attribute("points") != before
        reach(study, tmp_path, 1)
        expect(tab.locator("polyline.mean.dot")).to_have_attribute("points", "50.00,50.00 50.00,50.00", timeout=20_000)
        browser.close()
        assert complaints == []
