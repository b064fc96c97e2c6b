"""`FileTransfer` over the network: chooses by scheme, tries again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chargepoint.transfer.file_url import read_file_url
from chargepoint.transfer.ftp_transfer import FtpTransfer
from chargepoint.transfer.http_transfer import HttpTransfer, MakeTls
from chargepoint.transfer.outcomes import Downloaded, TransferError, TransferFailed, Uploaded
from chargepoint.transfer.port import Attempts, DownloadOrder, OnProgress, UploadOrder, no_progress

log = logging.getLogger(__name__)

Done = TypeVar("Done", Downloaded, Uploaded)


class NetworkFileTransfer:
    """Implements `FileTransfer`; `make_tls` says whom https and ftps trust."""

    def __init__(self, make_tls: MakeTls) -> None:
        self._http = HttpTransfer(make_tls)
        self._ftp = FtpTransfer(make_tls)

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed:
        async def attempt(last: TransferFailed | None) -> Downloaded:
            del last
            url = read_file_url(order.url)
            room = self._http if url.scheme in {"http", "https"} else self._ftp
            return await room.download(order, url, on_progress)

        return await _tried(attempt, order.attempts)

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        async def attempt(last: TransferFailed | None) -> Uploaded:
            url = read_file_url(order.url)
            if url.scheme in {"http", "https"}:
                return await self._http.upload(order, url, on_progress)
            return await self._ftp.upload(order, url, on_progress, last)

        return await _tried(attempt, order.attempts)


async def _tried(
    attempt: Callable[[TransferFailed | None], Awaitable[Done]], attempts: Attempts
) -> Done | TransferFailed:
    last: TransferFailed | None = None
    left = max(0, attempts.retries)
    while True:
        try:
            return await attempt(last)
        except TransferError as error:
            last = error.failure
        if left == 0 or not last.is_worth_retrying:
            log.warning("a file was not transferred: %s", last.text)
            return last
        left -= 1
        log.info("a file was not transferred, %d attempts are left: %s", left + 1, last.text)
        attempts.on_retry(last, attempts.interval_seconds)
        await asyncio.sleep(attempts.interval_seconds)
