"""A file transfer without a network: takes its time, and ends as the story says."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chargepoint.transfer.file_url import read_file_url
from chargepoint.transfer.outcomes import (
    Downloaded,
    Progress,
    TransferError,
    TransferFailed,
    TransferFault,
    Uploaded,
)
from chargepoint.transfer.port import DownloadOrder, OnProgress, UploadOrder, no_progress


@dataclass(slots=True)
class FakeFileTransfer:
    """Implements `FileTransfer`; files that are brought are kept, files to be fetched are given by URL."""

    takes_seconds: float = 5.0
    faults: list[TransferFault] = field(default_factory=list)
    """Of the next attempts."""
    offered: Mapping[str, bytes] = field(default_factory=dict)
    orders: list[UploadOrder | DownloadOrder] = field(default_factory=list)
    brought: dict[str, bytes] = field(default_factory=dict)
    attempts: int = 0

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed:
        del on_progress
        self.orders.append(order)
        failed = await self._try(order)
        if failed is not None:
            return failed
        content = self.offered[order.url]
        await asyncio.to_thread(order.path.write_bytes, content)
        return Downloaded(order.path, len(content))

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        self.orders.append(order)
        size = await asyncio.to_thread(lambda: order.path.stat().st_size)
        on_progress(Progress(size // 2, size))
        failed = await self._try(order)
        if failed is not None:
            return failed
        self.brought[order.url] = await asyncio.to_thread(order.path.read_bytes)
        return Uploaded(len(self.brought[order.url]))

    async def _try(self, order: UploadOrder | DownloadOrder) -> TransferFailed | None:
        try:
            read_file_url(order.url)
        except TransferError as error:
            return error.failure
        for _ in range(order.attempts.retries + 1):
            self.attempts += 1
            await asyncio.sleep(self.takes_seconds)
            if not self.faults:
                return None
            failed = TransferFailed(self.faults.pop(0), "as the story says")
            if not failed.is_worth_retrying:
                return failed
            await asyncio.sleep(order.attempts.interval_seconds)
        return failed


def members(bundle: Path | bytes) -> dict[str, str]:
    """What is in a zip, as text."""
    with zipfile.ZipFile(io.BytesIO(bundle) if isinstance(bundle, bytes) else bundle) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}
