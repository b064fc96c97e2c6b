"""100 MB each way by a process of its own, whose peak memory tells whether anything was held."""

import asyncio
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.ftp_server import FtpServerThread
from support.http_server import http_file_server

SIZE_BYTES = 100 * 1024 * 1024
MOST_GROWTH_BYTES = 24 * 1024 * 1024
CHILD = """
import asyncio, ssl, sys
from pathlib import Path
from chargepoint.transfer.network_transfer import NetworkFileTransfer
from chargepoint.transfer.outcomes import TransferFailed
from chargepoint.transfer.port import DownloadOrder, UploadOrder

def peak():
    # Of this program alone; getrusage would begin with the peak of the parent.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

async def tls():
    return ssl.create_default_context()

async def main(small, large, path, back):
    transfer = NetworkFileTransfer(tls)
    await transfer.download(DownloadOrder(small, path, 2**30, keep_free_bytes=0))
    before = peak()
    outcomes = [await transfer.download(DownloadOrder(large, path, 2**30, keep_free_bytes=0)),
                await transfer.upload(UploadOrder(back, path))]
    failed = [each for each in outcomes if isinstance(each, TransferFailed)]
    print(failed or peak() - before)

asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4]))
"""


@pytest.fixture
def shelf(memory_path: Path) -> Path:
    folder = memory_path / "shelf"
    folder.mkdir()
    (folder / "small").write_bytes(b"small")
    with (folder / "large").open("wb") as large:
        large.truncate(SIZE_BYTES)
    return folder


async def growth_bytes(*arguments: str) -> int:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complaints = await child.communicate()
    assert said.strip().isdigit(), (said, complaints)
    return int(said)


async def test_100_mb_over_http_leave_memory_flat(
    shelf: Path, memory_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with http_file_server(shelf) as server:
        grown = await growth_bytes(
            server.url("small"), server.url("large"), str(memory_path / "here"), server.url("back")
        )
        assert [each.size_bytes for each in server.brought] == [SIZE_BYTES]
        assert server.brought[0].sha256 == hashlib.sha256(bytes(SIZE_BYTES)).hexdigest()
    record_property("shown", f"100 MB each way over HTTP: peak memory grew by {grown / 2**20:.1f} MB")
    assert grown < MOST_GROWTH_BYTES


async def test_100_mb_over_ftp_leave_memory_flat(
    shelf: Path, memory_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with FtpServerThread(shelf) as server:
        grown = await growth_bytes(
            server.url("small"), server.url("large"), str(memory_path / "here"), server.url("back")
        )
    assert (shelf / "back").stat().st_size == SIZE_BYTES
    record_property("shown", f"100 MB each way over FTP: peak memory grew by {grown / 2**20:.1f} MB")
    assert grown < MOST_GROWTH_BYTES
