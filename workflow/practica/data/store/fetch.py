"""Fetch one file over HTTP: in seconds where nobody answers, with checksum, retries, resumption and a progress bar."""

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
SIZE_LIMIT = 2**30  # bytes; the largest file of all data sets has 185 MB


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for.

    Attributes:
        connect: seconds within which it must accept a connection; without network, these are lost.
        answer: seconds within which its first byte must come, and each later one after the one before.
        retries: how often a transfer that broke off is continued.
    """

    connect: float = 5
    answer: float = 30
    retries: int = 2


# Neither is a ValueError or an error of requests: pooch tries again after these.
class UnavailableError(Exception):
    """The source answers, but the file cannot be had from it."""


class UnreachableError(Exception):
    """The server does not answer, so that asking it for other files is pointless."""


def download(url: str, target: Path, *, sha256: str | None, patience: Patience) -> None:
    """Fetch ``url`` into ``target``; what a broken transfer left is continued by the next call.

    Args:
        url: an address that the user named as a mirror, or an upstream one (``sha256`` given), which must be https.
        target: the file to write, in a folder of its own choice.
        sha256: the known checksum; None where the content is verified after reading.
        patience: how long the server is waited for.

    Raises:
        UnreachableError: the server does not answer.
        UnavailableError: the file is not there, is too large, broke off repeatedly or has another checksum.
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
    # Named after the address: the remains of another server's file must not be continued.
    partial = target.parent / f".{_file_name(url)}.{sha256_of(url)[:8]}.partial"
    try:
        fetcher.fetch(target.name, downloader=_Resuming(partial, secure=sha256 is not None, patience=patience))
    except requests.exceptions.ProxyError as error:
        raise UnreachableError(f"no connection through {_named(proxy_of(url))} ({_reason(error)})") from error
    except (requests.RequestException, ValueError) as error:
        raise UnavailableError(_reason(error)) from error


def _is_secure(url: str) -> bool:
    """Return whether nobody on the way can change what this address gives."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _file_name(url: str) -> str:
    """Return the last part of an address."""
    return urlsplit(url).path.rpartition("/")[2]


def await_answer(url: str, seconds: float) -> None:
    """Raise ``UnreachableError`` unless the server, or the proxy before it, accepts a connection within ``seconds``.

    A connect timeout does not bound this: it holds for each of a host's many addresses, and not for the name server.
    Nothing is asked of the server: some answer ``HEAD`` by closing the connection.
    """
    proxy = proxy_of(url)
    try:
        parts = urlsplit(proxy or url)
        place = (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError as error:  # no number as its port
        raise UnreachableError(f"{proxy or url} is not an address ({error})") from error
    outcome: list[Exception | None] = []

    def connect() -> None:
        try:
            socket.create_connection(place, timeout=seconds).close()
            outcome.append(None)
        except (OSError, ValueError) as error:  # ValueError: a name that cannot be one
            outcome.append(error)

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    way = f" to {_named(proxy)}" if proxy else ""
    if not outcome:
        raise UnreachableError(f"no connection{way} within {seconds:g} s")
    if outcome[0] is not None:
        raise UnreachableError(f"no connection{way} ({_reason(outcome[0])})")


def proxy_of(url: str) -> str | None:
    """Return the proxy that the environment names for an address."""
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url))
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _named(proxy: str | None) -> str:
    """Return what a message says of a proxy, without the password in it, and which variable to look at."""
    host = (proxy or "").rpartition("@")[2].rpartition("//")[2]
    return f"the proxy {host} (HTTP_PROXY, HTTPS_PROXY or ALL_PROXY; exceptions are in NO_PROXY)"


def _reason(error: BaseException) -> str:
    """Return what is at the bottom of an error: requests wraps the cause in layers of address and pool."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


class _Resuming:
    """A pooch downloader that keeps what it has got in ``partial`` and asks for the rest only."""

    def __init__(self, partial: Path, *, secure: bool, patience: Patience) -> None:
        self.partial, self.secure, self.patience = partial, secure, patience

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Fetch ``url`` into ``output_file`` (the signature is pooch's)."""
        import requests

        have = self.partial.stat().st_size if self.partial.exists() else 0
        # A compressed transfer would make the lengths and the ranges those of another sequence of bytes.
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
        """Return the server's response, of which only the head has come.

        Raises:
            UnreachableError: it has not come in time; to ask again would take as long again.
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
        """Write the body behind the first ``have`` bytes of ``partial``."""
        import requests
        from tqdm import tqdm  # type: ignore[import-untyped]

        packed = "Content-Encoding" in response.headers  # though it was not asked for: the length is of what is sent
        length = None if packed else response.headers.get("Content-Length")
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
