"""Fetch one file over HTTP: in seconds where nobody answers, with checksum, retries, resumption and a progress bar."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from practica.files import sha256 as sha256_of

LOOPBACK = ("127.0.0.1", "::1", "localhost")
RETRIES = 2
STALL_TIMEOUT = 30.0  # seconds without a byte once a transfer has begun
CHUNK = 2**18
SIZE_LIMIT = 2**30  # bytes; the largest file of all data sets has 185 MB


# Neither is a ValueError or an error of requests: pooch tries again after these.
class UnavailableError(Exception):
    """The source answers, but the file cannot be had from it."""


class UnreachableError(Exception):
    """The server does not answer, so that asking it for other files is pointless."""


def download(url: str, target: Path, *, sha256: str | None, connect_timeout: float) -> None:
    """Fetch ``url`` into ``target``; what a broken transfer left is continued by the next call.

    Args:
        url: an address that the user named as a mirror, or an upstream one (``sha256`` given), which must be https.
        target: the file to write, in a folder of its own choice.
        sha256: the known checksum; None where the content is verified after reading.
        connect_timeout: seconds within which the server must answer at all.

    Raises:
        UnreachableError: the server does not answer.
        UnavailableError: the file is not there, is too large, broke off repeatedly or has another checksum.
    """
    import pooch
    import requests

    if sha256 and not _is_secure(url):
        raise UnavailableError("an upstream address must be https")
    await_answer(url, connect_timeout)
    target.unlink(missing_ok=True)
    pooch.get_logger().setLevel("WARNING")
    fetcher = pooch.create(
        path=target.parent,
        base_url="",
        registry={target.name: sha256},
        urls={target.name: url},
        retry_if_failed=RETRIES,
    )
    # Named after the address: the remains of another server's file must not be continued.
    partial = target.parent / f".{_file_name(url)}.{sha256_of(url)[:8]}.partial"
    try:
        fetcher.fetch(target.name, downloader=_Resuming(partial, secure=sha256 is not None, timeout=connect_timeout))
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
    """Raise ``UnreachableError`` unless the server gives any answer within ``seconds``.

    A connect timeout does not bound this: it holds for each of a host's many addresses, and not for the name server.
    """
    import requests

    failure: list[Exception | None] = []

    def ask() -> None:
        try:
            requests.head(url, timeout=seconds).close()
            failure.append(None)
        except (requests.RequestException, OSError, ValueError) as error:
            failure.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not failure:
        raise UnreachableError(f"no answer within {seconds:g} s")
    if failure[0] is not None:
        raise UnreachableError(f"no connection ({_reason(failure[0])})")


def _reason(error: BaseException) -> str:
    """Return what is at the bottom of an error: requests wraps the cause in layers of address and pool."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__


class _Resuming:
    """A pooch downloader that keeps what it has got in ``partial`` and asks for the rest only."""

    def __init__(self, partial: Path, *, secure: bool, timeout: float) -> None:
        self.partial, self.secure, self.timeout = partial, secure, timeout

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Fetch ``url`` into ``output_file`` (the signature is pooch's)."""
        import requests

        have = self.partial.stat().st_size if self.partial.exists() else 0
        # A compressed transfer would make the lengths and the ranges those of another sequence of bytes.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, stream=True, timeout=(self.timeout, STALL_TIMEOUT), headers=headers) as response:
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

    def _receive(self, response: Any, have: int) -> None:
        """Write the body behind the first ``have`` bytes of ``partial``."""
        import requests
        from tqdm import tqdm  # type: ignore[import-untyped]

        length = response.headers.get("Content-Length")
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
