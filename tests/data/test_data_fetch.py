"""Files are fetched over HTTP from their sites and mirrors, with checksum and resumption; a failure takes seconds."""

import socket
import time

import numpy as np
import pytest

from practica import data
from practica.data.store import fetch
from practica.data.store import spec as spec_module
from practica.data.store.fetch import Patience, UnavailableError, UnreachableError, download
from practica.errors import InputError
from practica.files import sha256


@pytest.fixture
def upstream(plants, serve, monkeypatch):
    """Serve our plants as the original site."""
    server = serve(plants.mirror)
    monkeypatch.setitem(spec_module.UPSTREAM_BASES, "keras", server.url)
    return server


@pytest.fixture
def no_waiting(monkeypatch):
    """Let pooch retry immediately."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.fixture
def small_chunks(monkeypatch):
    """Let a transfer come in many chunks: the one that is interrupted is lost."""
    monkeypatch.setattr(fetch, "CHUNK", 100)


def leftovers(folder):
    return [path.name for path in folder.rglob(".*")]


def test_upstream_is_fetched_verified_and_kept(tmp_path, plants, upstream):
    info = data.prepare("plants", tmp_path)
    assert (info.origin["kind"], info.origin["source"]) == ("upstream", upstream.url + plants.file.name)
    assert info.origin["file_sha256"] == sha256(plants.file.read_bytes())
    np.testing.assert_array_equal(data.load("plants", tmp_path)["x"], plants.arrays["x"])
    assert (tmp_path / "raw" / plants.file.name).read_bytes() == plants.file.read_bytes()
    assert not leftovers(tmp_path)


def test_upstream_with_another_checksum_is_refused(tmp_path, plants, upstream, no_waiting):
    plants.file.write_text(plants.file.read_text() + "\n")  # the same numbers, but another file
    with pytest.raises(InputError, match="SHA256 hash of downloaded file"):
        data.prepare("plants", tmp_path)
    assert not list(tmp_path.glob("raw/*"))
    assert len(upstream.requests) == 1 + Patience().retries


def test_upstream_must_be_https(tmp_path, plants, monkeypatch):
    monkeypatch.setitem(spec_module.UPSTREAM_BASES, "keras", "http://example.org/")
    with pytest.raises(InputError, match=r"http://example.org/.*: a download address must be https"):
        data.prepare("plants", tmp_path)


def test_every_upstream_site_is_https(monkeypatch):
    monkeypatch.undo()  # as in the package
    assert all(base.startswith("https://") for base in spec_module.UPSTREAM_BASES.values())


def test_a_mirror_can_be_an_address(tmp_path, plants, serve):
    server = serve(plants.mirror.parent)
    info = data.prepare("plants", tmp_path / "data", mirror=f"{server.url}mirror")
    assert info.origin["kind"] == "mirror"
    assert info.origin["source"] == f"{server.url}mirror/{plants.file.name}"


def test_a_remote_mirror_with_other_content_is_reported(tmp_path, plants, serve):
    server = serve(plants.mirror)
    plants.file.write_text("<html>Please log in</html>")
    with pytest.raises(
        InputError, match=f"{server.url}{plants.file.name}: it cannot be read: it holds no table of 5 columns"
    ):
        data.prepare("plants", tmp_path, mirror=server.url, on_missing="stand-in")
    assert not list(tmp_path.glob("raw/*"))


def test_a_missing_file_is_not_asked_for_again(tmp_path, plants, upstream):
    plants.file.unlink()
    with pytest.raises(InputError, match=r"HTTP 404"):
        data.prepare("plants", tmp_path)
    assert len(upstream.requests) == 1


def test_each_form_of_a_data_set_is_asked_of_a_mirror(tmp_path, serve):
    server = serve(tmp_path)
    with pytest.raises(InputError, match="is not available"):
        data.prepare("pictures", tmp_path / "data", mirror=server.url)
    assert [path for path, _ in server.requests] == ["/pictures.npz", "/pictures.tar.gz"]


def test_a_broken_transfer_is_continued(tmp_path, plants, upstream, no_waiting, small_chunks):
    upstream.break_at = 5000
    data.prepare("plants", tmp_path)
    path = f"/{plants.file.name}"
    assert upstream.requests == [(path, None), (path, "bytes=5000-")]
    assert not leftovers(tmp_path)


def test_the_next_call_continues_where_the_last_one_was_stopped(tmp_path, serve, small_chunks):
    (tmp_path / "file").write_bytes(bytes(range(256)) * 100)
    server = serve(tmp_path)
    server.break_at = 300
    url, target = server.url + "file", tmp_path / "target" / "copy"
    target.parent.mkdir()
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", interrupt)
        download(url, target, sha256=None, patience=Patience(2))
    download(url, target, sha256=sha256((tmp_path / "file").read_bytes()), patience=Patience(2))
    assert [asked for _, asked in server.requests] == [None, "bytes=300-"]
    assert target.read_bytes() == (tmp_path / "file").read_bytes()


def interrupt(seconds):
    raise KeyboardInterrupt


def test_the_remains_of_another_file_do_no_harm(tmp_path, serve, no_waiting):
    (tmp_path / "file").write_bytes(b"a" * 1000)
    server = serve(tmp_path)
    url, target = server.url + "file", tmp_path / "target" / "copy"
    target.parent.mkdir()
    (target.parent / f".file.{sha256(url)[:8]}.partial").write_bytes(b"b" * 10)
    download(url, target, sha256=sha256(b"a" * 1000), patience=Patience(2))
    assert target.read_bytes() == b"a" * 1000


def test_a_file_without_end_is_given_up(tmp_path, serve, monkeypatch):
    (tmp_path / "file").write_bytes(bytes(2**20))
    monkeypatch.setattr(fetch, "SIZE_LIMIT", 1000)
    target = tmp_path / "target" / "copy"
    target.parent.mkdir()
    with pytest.raises(UnavailableError, match="larger than the possible 1,000 bytes"):
        download(serve(tmp_path).url + "file", target, sha256=None, patience=Patience(2))
    assert not list(target.parent.iterdir())


def test_a_server_that_never_answers_is_given_up_in_time(tmp_path, plants):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        start = time.perf_counter()
        with pytest.raises(UnreachableError, match=r"no answer within 0.3 s|timed out"):
            download(url + "file", tmp_path / "copy", sha256=None, patience=Patience(0.3, 0.3))
        # The forms that remain are not asked for.
        info = data.prepare("pictures", tmp_path, mirror=url, on_missing="stand-in", patience=Patience(0.3, 0.3))
        assert info.stand_in
        assert time.perf_counter() - start < 3


def test_an_unreachable_upstream_costs_little(tmp_path):
    start = time.perf_counter()
    for name in ("pictures", "plants"):
        data.prepare(name, tmp_path, on_missing="stand-in")
    assert time.perf_counter() - start < 3


def test_a_mirror_that_closes_at_head_and_thinks_for_a_while_is_waited_for(tmp_path, plants, serve, monkeypatch):
    server = serve(plants.mirror)
    handler = server.RequestHandlerClass.func
    get = handler.do_GET
    monkeypatch.setattr(handler, "do_HEAD", lambda self: self.connection.close())
    monkeypatch.setattr(handler, "do_GET", lambda self: (time.sleep(0.6), get(self)))
    with pytest.raises(InputError, match=r"no answer within 0\.2 s; a slower one needs a larger data\.answer_timeout"):
        data.prepare("plants", tmp_path, mirror=server.url, patience=Patience(connect=0.2, answer=0.2))
    info = data.prepare("plants", tmp_path, mirror=server.url, patience=Patience(connect=0.2, answer=5))
    assert info.origin["kind"] == "mirror"


def test_a_dead_proxy_is_named_without_its_password(tmp_path, plants, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    with pytest.raises(InputError, match=r"no connection to the proxy 127\.0\.0\.1:9 \(HTTP_PROXY") as raised:
        data.prepare("plants", tmp_path, mirror="http://example.org/data")
    assert "secret" not in str(raised.value)


def test_there_is_no_progress_bar_without_a_terminal(tmp_path, plants, upstream, capfd):
    data.prepare("plants", tmp_path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("back", [False, True])
def test_a_redirect_over_an_open_connection_is_refused(tmp_path, plants, upstream, serve, back):
    """127.0.0.2 is this machine, too, but not among the addresses that are allowed."""
    crossroads = serve(plants.mirror, "127.0.0.2")
    open_way = crossroads.url + plants.file.name
    upstream.lead_to = open_way
    crossroads.lead_to = serve(plants.mirror).url + plants.file.name if back else None
    with pytest.raises(InputError, match=rf"it leads to {open_way}, which is not https"):
        data.prepare("plants", tmp_path)
    assert not list(tmp_path.glob("raw/*"))
