"""Fetch one file over HTTP, with checksum, retries, resumption and a progress bar; give up soon if nobody answers."""

from __future__ import annotations

import socket
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from practica.files import sha256 as sha256_of

LOOPBACK = ("127.0.0.1", "::1", "localhost")
CHUNK = 2**18
SIZE_LIMIT = 2**30  # bytes; the largest file of any data set has 185 MB


@dataclass(frozen=True)
class Patience:
    """How long to wait for a server.

    Attributes:
        connect: seconds within which it must accept a connection; this is the time lost without a network.
        answer: seconds within which its first byte must come, and each later one after the one before.
        retries: how often an interrupted transfer is continued.
    """

    connect: float = 5
    answer: float = 30
    retries: int = 2


# Neither is a ValueError or an error of requests, after which pooch would try again.
class UnavailableError(Exception):
    """The source answers, but does not provide the file."""


class UnreachableError(Exception):
    """The server does not answer, so there is no point in asking it for other files."""


def download(url: str, target: Path, *, sha256: str | None, patience: Patience) -> None:
    """Fetch ``url`` into ``target``; the next call continues an interrupted transfer.

    Args:
        url: the address of a mirror that the user named, or of the original site (``sha256`` given), which must be
            https.
        target: the file to write, in a folder of its own choice.
        sha256: the known checksum; None if the content is verified after reading.
        patience: how long to wait for the server.

    Raises:
        UnreachableError: the server does not answer.
        UnavailableError: the file is not there, is too large, was interrupted repeatedly or has another checksum.
    """
    import pooch
    import requests

    if sha256 and not _is_secure(url):
        raise UnavailableError("a download address must be https")
    await_answer(url, patience.connect)
    target.unlink(missing_ok=True)
    pooch.get_logger().setLevel("WARNING")
    fetcher = pooch.create(
        path=target.parent,
        base_url="",
        registry={target.name: sha256},
        urls={target.name: url},
        retry_if_failed=patience.retries,
    )
    # Named after the address, so that a partial file of another server is not continued.
    partial = target.parent / f".{_file_name(url)}.{sha256_of(url)[:8]}.partial"
    try:
        fetcher.fetch(target.name, downloader=_Resuming(partial, secure=sha256 is not None, patience=patience))
    except requests.exceptions.ProxyError as error:
        raise UnreachableError(f"no connection through {_proxy_text(proxy_of(url))} ({_reason(error)})") from error
    except (requests.RequestException, ValueError) as error:
        raise UnavailableError(_reason(error)) from error


def _is_secure(url: str) -> bool:
    """Return whether nobody between us and the server can change what this address delivers."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _file_name(url: str) -> str:
    """Return the last part of an address."""
    return urlsplit(url).path.rpartition("/")[2]


def await_answer(url: str, seconds: float) -> None:
    """Raise ``UnreachableError`` unless the server, or its proxy, accepts a connection within ``seconds``.

    A connect timeout does not bound this: it applies to each of a host's many addresses, and not to the name server. No
    request is sent: some servers answer ``HEAD`` by closing the connection.
    """
    proxy = proxy_of(url)
    try:
        parts = urlsplit(proxy or url)
        place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError as error:  # the port is not a number
        raise UnreachableError(f"{proxy or url} is not an address ({error})") from error
    outcome: list[Exception | None] = []

    def connect() -> None:
        try:
            socket.create_connection(place, timeout=seconds).close()
            outcome.append(None)
        except (OSError, ValueError) as error:  # ValueError: an impossible host name
            outcome.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    way = f" to {_proxy_text(proxy)}" if proxy else ""
    if not outcome:
        raise UnreachableError(f"no connection{way} within {seconds:g} s")
    if outcome[0] is not None:
        raise UnreachableError(f"no connection{way} ({_reason(outcome[0])})")


def proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url))
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _proxy_text(proxy: str | None) -> str:
    """Return a proxy as messages name it, without its password, and which variables set it."""
    host = (proxy or "").rpartition("@")[2].rpartition("//")[2]
    return f"the proxy {host} (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; exceptions are in NO_PROXY)"


def _reason(error: BaseException) -> str:
    """Return the root cause of an error: requests wraps it in layers of address and pool."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


class _Resuming:
    """A pooch downloader that keeps what it has received in ``partial`` and requests only the rest."""

    def __init__(self, partial: Path, *, secure: bool, patience: Patience) -> None:
        self.partial, self.secure, self.patience = partial, secure, patience

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Fetch ``url`` into ``output_file`` (the signature is pooch's)."""
        import requests

        have = self.partial.stat().st_size if self.partial.exists() else 0
        # Lengths and ranges of a compressed transfer would refer to other bytes.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with self._answer(url, headers) as response:
            way = [hop.url for hop in (*response.history, response)]
            if self.secure and (open_hop := next((hop for hop in way if not _is_secure(hop)), None)):
                raise UnavailableError(f"it leads to {open_hop}, which is not https")
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                self.partial.unlink()
                raise requests.ConnectionError("the remains of an earlier transfer do not fit")
            if 400 <= response.status_code < 500:
                raise UnavailableError(f"HTTP {response.status_code} {response.reason}")
            response.raise_for_status()
            self._receive(response, have if response.status_code == requests.codes.partial_content else 0)
        self.partial.replace(output_file)

    def _answer(self, url: str, headers: dict[str, str]) -> Any:
        """Return the server's response, of which only the head has arrived.

        Raises:
            UnreachableError: it did not arrive in time; another request would take as long.
        """
        import requests

        try:
            return requests.get(
                url, stream=True, timeout=(self.patience.connect, self.patience.answer), headers=headers
            )
        except requests.exceptions.ReadTimeout as error:
            raise UnreachableError(
                f"no answer within {self.patience.answer:g} s; a slower one needs a larger data.answer_timeout"
            ) from error

    def _receive(self, response: Any, have: int) -> None:
        """Write the body after the first ``have`` bytes of ``partial``."""
        import requests
        from tqdm import tqdm  # type: ignore[import-untyped]

        # Some servers compress although we refused it; the length is then that of the compressed bytes.
        is_packed = "Content-Encoding" in response.headers
        length = None if is_packed else response.headers.get("Content-Length")
        total = have + int(length) if length else None
        quiet = not sys.stderr.isatty()
        with (
            self.partial.open("ab" if have else "wb") as stream,
            tqdm(
                desc=_file_name(response.url), total=total, initial=have, unit="B", unit_scale=True, disable=quiet
            ) as bar,
        ):
            for chunk in response.iter_content(CHUNK):
                stream.write(chunk)
                bar.update(len(chunk))
                if stream.tell() > SIZE_LIMIT:
                    break
        size = self.partial.stat().st_size
        if size > SIZE_LIMIT:
            self.partial.unlink()
            raise UnavailableError(f"it is larger than the possible {SIZE_LIMIT:,} bytes")
        if total is not None and size != total:
            raise requests.ConnectionError(f"the transfer broke off at {size:,} of {total:,} bytes")
