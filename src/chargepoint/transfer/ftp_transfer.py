"""One attempt over FTP or FTPS, passive mode.

`ftps` begins with TLS (port 990 unless given), or asks for it (AUTH TLS) where the server speaks first; it never goes
on without.
"""

import asyncio
import ssl
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import unquote

import aioftp

from chargepoint.transfer.file_url import FileUrl
from chargepoint.transfer.ftp_words import Doing, failure_of, not_trusted, unreachable
from chargepoint.transfer.http_transfer import CHUNK_BYTES, MakeTls
from chargepoint.transfer.outcomes import (
    Downloaded,
    Progress,
    TransferError,
    TransferFailed,
    TransferFault,
    Uploaded,
)
from chargepoint.transfer.partial_file import PartialFile, Version, local_size
from chargepoint.transfer.port import Attempts, DownloadOrder, OnProgress, UploadOrder
from chargepoint.transfer.stall import unless_stalled

FTP_PORT, FTPS_PORT = 21, 990
ANONYMOUS = "anonymous"
CLOSING_SECONDS = 5.0
RESUMABLE = frozenset({TransferFault.INTERRUPTED, TransferFault.STALLED, TransferFault.SERVER_BUSY})


class FtpTransfer:
    def __init__(self, make_tls: MakeTls) -> None:
        self._make_tls = make_tls

    async def download(self, order: DownloadOrder, url: FileUrl, on_progress: OnProgress) -> Downloaded:
        """TransferError; what came is kept for the next attempt."""
        partial = PartialFile(order, url)
        try:
            async with self._client(url, order.attempts, Doing.DOWNLOAD) as client:
                await _fetch(client, url, order.attempts, partial, on_progress)
            await asyncio.to_thread(partial.finish)
        finally:
            await asyncio.to_thread(partial.close)
        return Downloaded(order.path, partial.size_bytes)

    async def upload(
        self, order: UploadOrder, url: FileUrl, on_progress: OnProgress, last: TransferFailed | None
    ) -> Uploaded:
        """TransferError. `last`: how the attempt before ended; what it has brought is gone on with."""
        size = await asyncio.to_thread(local_size, order.path)
        path = _path(url)
        async with self._client(url, order.attempts, Doing.UPLOAD) as client:
            there = 0
            if last is not None and last.fault in RESUMABLE:
                there = await _size(client, path) or 0
            if there > size:
                there = 0
            async with _data(client, f"APPE {path}" if there else f"STOR {path}") as (_, writer):
                await _bring(writer, order, there, size, on_progress)
        return Uploaded(size)

    @asynccontextmanager
    async def _client(self, url: FileUrl, attempts: Attempts, doing: Doing) -> AsyncIterator[aioftp.Client]:
        """Logged in; turns the library's errors into ours."""
        client: aioftp.Client | None = None
        try:
            client = await self._connected(url, attempts)
            await client.login(url.user or ANONYMOUS, url.password or "")
            if url.is_secured:
                await client.command("PBSZ 0", "200")
                await client.command("PROT P", "200")
            yield client
            with suppress(aioftp.AIOFTPException, OSError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await client.quit()
        except (aioftp.AIOFTPException, OSError, EOFError, ValueError) as error:
            raise failure_of(error, url, doing) from error
        finally:
            if client is not None:
                client.close()

    async def _connected(self, url: FileUrl, attempts: Attempts) -> aioftp.Client:
        if not url.is_secured:
            return await _opened(url, url.port or FTP_PORT, attempts, None)
        tls = await self._make_tls()
        try:
            return await _opened(url, url.port or FTPS_PORT, attempts, tls)
        except TransferError as error:
            if not _may_ask_for_tls(error, url):
                raise
        client = await _opened(url, url.port or FTP_PORT, attempts, None)
        try:
            async with asyncio.timeout(attempts.connect_seconds):
                await client.upgrade_to_tls(tls)
        except BaseException:
            client.close()
            raise
        return client


def _may_ask_for_tls(error: TransferError, url: FileUrl) -> bool:
    """The server spoke in clear first, or nobody listens where TLS comes first."""
    cause = error.__cause__
    if isinstance(cause, ssl.SSLError):
        return cause.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
    return url.port is None and isinstance(cause, OSError)


async def _opened(url: FileUrl, port: int, attempts: Attempts, tls: ssl.SSLContext | None) -> aioftp.Client:
    client = aioftp.Client(connection_timeout=attempts.connect_seconds, socket_timeout=attempts.stall_seconds, ssl=tls)
    try:
        await client.connect(url.host, port)
    except ssl.SSLError as error:
        raise not_trusted(error, url) from error
    except OSError as error:
        client.close()
        raise unreachable(error, url) from error
    return client


async def _fetch(
    client: aioftp.Client, url: FileUrl, attempts: Attempts, partial: PartialFile, on_progress: OnProgress
) -> None:
    path = _path(url)
    version = await _version(client, path)
    offset = 0
    if await asyncio.to_thread(partial.kept) == version and partial.size_bytes <= (version.total_bytes or 0):
        offset = partial.size_bytes
        await asyncio.to_thread(partial.go_on, version)
    else:
        await asyncio.to_thread(partial.begin, version)
    async with (
        _data(client, f"RETR {path}", offset) as (reader, _),
        unless_stalled(attempts.stall_seconds, str(url)) as guard,
    ):
        while chunk := await reader.read(CHUNK_BYTES):
            guard.moved()
            await asyncio.to_thread(partial.write, chunk)
            on_progress(Progress(partial.size_bytes, version.total_bytes))
    if version.total_bytes is not None and partial.size_bytes != version.total_bytes:
        raise TransferError(
            TransferFault.INTERRUPTED, f"{url} ended after {partial.size_bytes} of {version.total_bytes} bytes"
        )


async def _bring(writer: StreamWriter, order: UploadOrder, there: int, size: int, on_progress: OnProgress) -> None:
    file = await asyncio.to_thread(order.path.open, "rb")
    done = there
    try:
        await asyncio.to_thread(file.seek, there)
        async with unless_stalled(order.attempts.stall_seconds, "the FTP server") as guard:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                writer.write(chunk)
                await writer.drain()
                done += len(chunk)
                guard.moved()
                on_progress(Progress(done, size))
    finally:
        await asyncio.to_thread(file.close)


@asynccontextmanager
async def _data(
    client: aioftp.Client, command: str, offset: int = 0
) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    """One data connection; the server confirms the file when it is left without an error."""
    reader, writer = await client.get_passive_connection("I")
    try:
        if offset:
            await client.command(f"REST {offset}", "350")
        await client.command(command, "1xx")
        yield reader, writer
    except BaseException:
        writer.transport.abort()
        raise
    writer.close()
    with suppress(OSError):
        async with asyncio.timeout(CLOSING_SECONDS):
            await writer.wait_closed()
    await client.command(None, "2xx", "1xx")


async def _version(client: aioftp.Client, path: str) -> Version:
    """Size and time together say which file it is; where the server tells no time, nothing can be gone on with."""
    size = await _size(client, path)
    code, lines = await client.command(f"MDTM {path}", ("213", "5xx"))
    time = lines[-1].strip() if code == "213" and size is not None else ""
    return Version(f"{size} {time}" if time else "", size)


async def _size(client: aioftp.Client, path: str) -> int | None:
    await client.command("TYPE I", "200")
    code, lines = await client.command(f"SIZE {path}", ("213", "5xx"))
    text = lines[-1].strip()
    return int(text) if code == "213" and text.isascii() and text.isdigit() else None


def _path(url: FileUrl) -> str:
    """Below the directory that the login leads to (RFC 1738); `//` or `%2F` in front make it absolute."""
    path = unquote(url.path)[1:]
    if not path or path.endswith("/"):
        raise TransferError(TransferFault.BAD_ADDRESS, f"{url} names no file: add its name")
    return path
