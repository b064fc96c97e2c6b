"""One attempt over HTTP or HTTPS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import aiohttp
from yarl import URL

from chargepoint.transfer.file_url import FileUrl
from chargepoint.transfer.http_words import (
    KEEPS_METHOD,
    REDIRECTIONS,
    is_another,
    length_of,
    range_of,
    redirected,
    refused,
    version_of,
)
from chargepoint.transfer.outcomes import Downloaded, Progress, TransferError, TransferFault, Uploaded
from chargepoint.transfer.partial_file import PartialFile, Version, local_size
from chargepoint.transfer.port import Attempts, DownloadOrder, OnProgress, UploadOrder
from chargepoint.transfer.stall import StallGuard, unless_stalled

MakeTls = Callable[[], Awaitable[ssl.SSLContext]]
"""Whom to trust, asked at each attempt."""

CHUNK_BYTES = 256 * 1024
BUFFER_BYTES = 64 * 1024
"""What the library may hold: it is lost when the connection breaks."""
MOST_REDIRECTIONS = 5
METHOD_NOT_USABLE = frozenset({405, 501})


class HttpTransfer:
    def __init__(self, make_tls: MakeTls) -> None:
        self._make_tls = make_tls

    async def download(self, order: DownloadOrder, url: FileUrl, on_progress: OnProgress) -> Downloaded:
        """TransferError; what came is kept for the next attempt."""
        partial = PartialFile(order, url)
        try:
            async with self._client(order.attempts, url) as client:
                await self._fetch(client, order, url, partial, on_progress)
            await asyncio.to_thread(partial.finish)
        finally:
            await asyncio.to_thread(partial.close)
        return Downloaded(order.path, partial.size_bytes)

    async def _fetch(
        self,
        client: aiohttp.ClientSession,
        order: DownloadOrder,
        url: FileUrl,
        partial: PartialFile,
        on_progress: OnProgress,
    ) -> None:
        kept = await asyncio.to_thread(partial.kept)
        async with unless_stalled(order.attempts.stall_seconds, str(url)) as guard:
            while True:
                async with _following(client, url, _resuming(kept, partial.size_bytes)) as (response, place):
                    if kept is not None and is_another(response.status, response.headers, kept):
                        kept, partial.size_bytes = None, 0
                        continue
                    total = await _open_partial(response, place, partial, kept)
                    async for done in _pour(response, partial, guard):
                        on_progress(Progress(done, total))
                    _check_whole(partial.size_bytes, total, place)
                    return

    async def upload(self, order: UploadOrder, url: FileUrl, on_progress: OnProgress) -> Uploaded:
        """PUT, or POST where the server knows no PUT for it. TransferError."""
        size = await asyncio.to_thread(local_size, order.path)
        async with (
            self._client(order.attempts, url) as client,
            unless_stalled(order.attempts.stall_seconds, str(url)) as guard,
            _opened(order.path) as file,
        ):
            sent = _Sending(order, file, size, _telling(guard, size, on_progress))
            status, place = await _bring(client, "PUT", url, sent)
            if status in METHOD_NOT_USABLE:
                status, place = await _bring(client, "POST", url, sent)
        if not 200 <= status < 300:
            raise refused(status, place)
        return Uploaded(size)

    @asynccontextmanager
    async def _client(self, attempts: Attempts, url: FileUrl) -> AsyncIterator[aiohttp.ClientSession]:
        """Turns the library's errors into ours."""
        connector = aiohttp.TCPConnector(ssl=await self._make_tls(), limit=1, force_close=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=attempts.connect_seconds)
        try:
            async with aiohttp.ClientSession(
                connector=connector, timeout=timeout, auto_decompress=False, read_bufsize=BUFFER_BYTES
            ) as client:
                yield client
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error, url) from error


class _Sending:
    """The file that is brought, and who wants to know of it."""

    def __init__(self, order: UploadOrder, file: BinaryIO, size_bytes: int, on_sent: Callable[[int], None]) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._on_sent = on_sent
        self.headers = {
            "Content-Length": str(size_bytes),
            "Content-Type": order.content_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(order.path.name)}; "
            f'filename="{_plain(order.path)}"',
        }

    async def body(self) -> AsyncIterator[bytes]:
        """From its beginning each time. The library may leave it in the middle, so it owns nothing."""
        done = 0
        await asyncio.to_thread(self._file.seek, 0)
        while done < self._size_bytes:
            chunk = await asyncio.to_thread(self._file.read, min(CHUNK_BYTES, self._size_bytes - done))
            if not chunk:
                return
            yield chunk
            done += len(chunk)
            self._on_sent(done)


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[BinaryIO]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        yield file
    finally:
        await asyncio.to_thread(file.close)


def _telling(guard: StallGuard, size_bytes: int, on_progress: OnProgress) -> Callable[[int], None]:
    def sent(done_bytes: int) -> None:
        guard.moved()
        on_progress(Progress(done_bytes, size_bytes))

    return sent


def _plain(path: Path) -> str:
    return "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in path.name)


@asynccontextmanager
async def _following(
    client: aiohttp.ClientSession, url: FileUrl, headers: Mapping[str, str]
) -> AsyncIterator[tuple[aiohttp.ClientResponse, FileUrl]]:
    place = url
    for _ in range(MOST_REDIRECTIONS + 1):
        async with client.get(
            URL(place.address, encoded=True), headers={**headers, **_authorization(place)}, allow_redirects=False
        ) as response:
            if response.status not in REDIRECTIONS:
                yield response, place
                return
            place = redirected(place, response.headers.get("Location"))
    raise _too_many(url)


async def _bring(client: aiohttp.ClientSession, method: str, url: FileUrl, sending: _Sending) -> tuple[int, FileUrl]:
    place = url
    for _ in range(MOST_REDIRECTIONS + 1):
        async with client.request(
            method,
            URL(place.address, encoded=True),
            data=sending.body(),
            headers={**sending.headers, **_authorization(place)},
            allow_redirects=False,
        ) as response:
            if response.status not in KEEPS_METHOD:
                return response.status, place
            place = redirected(place, response.headers.get("Location"))
    raise _too_many(url)


def _resuming(kept: Version | None, size_bytes: int) -> Mapping[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if kept is not None:
        headers |= {"Range": f"bytes={size_bytes}-", "If-Range": kept.validator}
    return headers


async def _open_partial(
    response: aiohttp.ClientResponse, place: FileUrl, partial: PartialFile, kept: Version | None
) -> int | None:
    """The whole size, as far as the server says it."""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise TransferError(
            TransferFault.NOT_UNDERSTOOD, f"{place} sends the file in an encoding that was not asked for"
        )
    if response.status == 206 and kept is not None:
        span = range_of(response.headers)
        if span is None or span[0] != partial.size_bytes:
            raise TransferError(TransferFault.NOT_UNDERSTOOD, f"{place} sends another part of the file than asked for")
        await asyncio.to_thread(partial.go_on, Version(kept.validator, span[1]))
        return span[1] if span[1] is not None else kept.total_bytes
    if response.status != 200:
        raise refused(response.status, place)
    total = length_of(response.headers)
    await asyncio.to_thread(partial.begin, version_of(response.headers, total))
    return total


async def _pour(response: aiohttp.ClientResponse, partial: PartialFile, guard: StallGuard) -> AsyncIterator[int]:
    """Yields how much is there, after each chunk."""
    try:
        async for chunk in response.content.iter_chunked(CHUNK_BYTES):
            guard.moved()
            await asyncio.to_thread(partial.write, chunk)
            yield partial.size_bytes
    except TransferError as error:
        if error.failure.fault is TransferFault.TOO_LARGE:
            await asyncio.to_thread(partial.discard)
        raise


def _check_whole(size_bytes: int, total_bytes: int | None, place: FileUrl) -> None:
    if total_bytes is not None and size_bytes != total_bytes:
        raise TransferError(
            TransferFault.INTERRUPTED, f"{place} ended after {size_bytes} of {total_bytes} bytes: try again"
        )


def _authorization(place: FileUrl) -> Mapping[str, str]:
    if place.user is None:
        return {}
    return {"Authorization": aiohttp.encode_basic_auth(place.user, place.password or "", encoding="utf-8")}


def _too_many(url: FileUrl) -> TransferError:
    return TransferError(
        TransferFault.BAD_ADDRESS, f"{url} redirects more than {MOST_REDIRECTIONS} times: give the final URL"
    )


def _failure(error: Exception, url: FileUrl) -> TransferError:
    """Without the library's text where it may show the URL."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError | ssl.SSLError):
        return TransferError(
            TransferFault.NOT_TRUSTED,
            f"{url} could not prove who it is ({_reason(error)}): install its root certificate or check its name",
        )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return TransferError(
            TransferFault.UNREACHABLE, f"{url} cannot be reached ({_reason(error)}): check host, port and network"
        )
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return TransferError(TransferFault.BAD_ADDRESS, f"{url} is no usable URL: check the location")
    return TransferError(
        TransferFault.INTERRUPTED, f"the connection to {url} ended early ({type(error).__name__}): try again"
    )


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    return cause.strerror or type(cause).__name__ if isinstance(cause, OSError) else type(cause).__name__
