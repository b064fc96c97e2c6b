"""How far a file is: for whoever looks, and in the log now and then."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chargepoint.app.transfer_board import TransferBoard
from chargepoint.panel.ports import TransferShown
from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFailed, Uploaded
from chargepoint.transfer.port import DownloadOrder, OnProgress, UploadOrder, no_progress

MB = 1_000_000


@dataclass(slots=True)
class Steps:
    """Implements `FileTransfer`: moves as the story says, and stands still where it is looked at."""

    steps: Sequence[Progress]
    looks: list[Sequence[TransferShown]] = field(default_factory=list)
    board: TransferBoard = field(default_factory=TransferBoard)

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed:
        self._move(on_progress)
        return Downloaded(order.path, self.steps[-1].done_bytes)

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        self._move(on_progress)
        raise asyncio.CancelledError

    def _move(self, on_progress: OnProgress) -> None:
        for step in self.steps:
            on_progress(step)
            self.looks.append(self.board.shown())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.endswith("transfer_board")]


async def test_a_file_of_known_size_is_shown_at_each_moment_and_logged_at_each_tenth(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    transfer = Steps([Progress(done, 50 * MB) for done in range(0, 50 * MB + 1, 64_000)])
    heard: list[Progress] = []
    order = DownloadOrder("http://x/y", tmp_path / "update-1.bin", most_bytes=100 * MB)
    done = await transfer.board.watching(transfer).download(order, heard.append)
    assert isinstance(done, Downloaded)
    assert transfer.looks[10] == [TransferShown("download of update-1.bin", 640_000, 50 * MB)]
    assert transfer.board.shown() == []
    assert heard == list(transfer.steps), "whoever gave the order hears of it as before"
    assert len(lines(caplog)) in (9, 10)
    assert lines(caplog)[1] == "download of update-1.bin: 10.0 MB of 50.0 MB (20 %)"


async def test_a_file_of_unknown_size_is_logged_every_ten_megabytes_and_a_small_one_not_at_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    order = DownloadOrder("http://x/y", tmp_path / "f", most_bytes=100 * MB)
    large = Steps([Progress(done, None) for done in range(0, 35 * MB, 100_000)])
    await large.board.watching(large).download(order)
    assert lines(caplog) == [f"download of f: {number}.0 MB" for number in (10, 20, 30)]
    small = Steps([Progress(done, 500_000) for done in range(0, 500_001, 1000)])
    await small.board.watching(small).download(order)
    assert len(lines(caplog)) == 3


async def test_a_resumed_file_and_another_attempt_are_logged_from_where_they_begin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    order = DownloadOrder("http://x/y", tmp_path / "f", most_bytes=100 * MB)
    again = Steps([Progress(each * MB, 100 * MB) for each in (80, 85, 0, 5, 12)])
    await again.board.watching(again).download(order)
    assert lines(caplog) == ["download of f: 12.0 MB of 100.0 MB (12 %)"]


async def test_a_transfer_that_is_given_up_is_shown_no_more(tmp_path: Path) -> None:
    transfer = Steps([Progress(1, 2)])
    with pytest.raises(asyncio.CancelledError):
        await transfer.board.watching(transfer).upload(UploadOrder("http://x/y", tmp_path / "log.zip"))
    assert transfer.looks == [[TransferShown("upload of log.zip", 1, 2)]]
    assert transfer.board.shown() == []
