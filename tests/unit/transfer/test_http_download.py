"""Fetching over HTTP: whole or not at all, gone on with where it broke, and within limits."""

import os
from pathlib import Path

import pytest

from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFailed, TransferFault
from chargepoint.transfer.port import Attempts, DownloadOrder
from support.http_server import http_file_server
from unit.transfer.asking import IMPATIENT, TWICE, download, fault_of, leaves, transfer

CONTENT = os.urandom(3_000_000)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "firmware.bin").write_bytes(CONTENT)
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


async def test_a_file_arrives_whole_and_its_progress_is_told(shelf: Path, here: Path) -> None:
    told: list[Progress] = []
    async with http_file_server(shelf) as server:
        order = download(server.url("firmware.bin"), here / "new.bin")
        assert await transfer().download(order, told.append) == Downloaded(here / "new.bin", len(CONTENT))
    assert (here / "new.bin").read_bytes() == CONTENT
    assert leaves(here) == ["new.bin"]
    assert told[-1] == Progress(len(CONTENT), len(CONTENT))
    assert [each.done_bytes for each in told] == sorted({each.done_bytes for each in told})


async def test_a_dropped_connection_is_resumed_where_it_broke(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.cuts_after_bytes = [2_000_000]
        outcome = await transfer().download(download(server.url("firmware.bin"), here / "new.bin", TWICE))
        assert isinstance(outcome, Downloaded)
        assert server.ranges()[0] is None
        assert server.ranges()[1] is not None
    assert (here / "new.bin").read_bytes() == CONTENT


async def test_a_download_goes_on_after_a_restart(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.cuts_after_bytes = [2_000_000]
        order = download(server.url("firmware.bin"), here / "new.bin")
        assert fault_of(await transfer().download(order)) is TransferFault.INTERRUPTED
        kept = (here / "new.bin.part").stat().st_size
        assert 0 < kept < len(CONTENT)
        assert isinstance(await transfer().download(order), Downloaded)
        assert server.ranges()[1] == f"bytes={kept}-"
    assert (here / "new.bin").read_bytes() == CONTENT


async def test_a_file_that_changed_meanwhile_is_fetched_anew(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.cuts_after_bytes = [2_000_000]
        order = download(server.url("firmware.bin"), here / "new.bin")
        assert fault_of(await transfer().download(order)) is TransferFault.INTERRUPTED
        newer = os.urandom(2_500_000)
        (shelf / "firmware.bin").write_bytes(newer)
        assert isinstance(await transfer().download(order), Downloaded)
    assert (here / "new.bin").read_bytes() == newer


async def test_without_a_validator_nothing_is_resumed(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.hides_validators = True
        server.cuts_after_bytes = [2_000_000]
        assert isinstance(
            await transfer().download(download(server.url("firmware.bin"), here / "new.bin", TWICE)), Downloaded
        )
        assert server.ranges() == [None, None]
    assert (here / "new.bin").read_bytes() == CONTENT


async def test_more_kept_than_the_server_has_begins_anew(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.cuts_after_bytes = [2_000_000]
        order = download(server.url("firmware.bin"), here / "new.bin")
        await transfer().download(order)
        with (here / "new.bin.part").open("ab") as part:
            part.write(CONTENT)
        assert isinstance(await transfer().download(order), Downloaded)
    assert (here / "new.bin").read_bytes() == CONTENT


async def test_a_body_without_a_length_is_taken_to_its_end(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.hides_length = True
        assert isinstance(await transfer().download(download(server.url("firmware.bin"), here / "new")), Downloaded)
    assert (here / "new").read_bytes() == CONTENT


async def test_a_chunked_body_that_is_cut_is_not_taken_for_whole(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.hides_length = True
        server.cuts_after_bytes = [200_000]
        outcome = await transfer().download(download(server.url("firmware.bin"), here / "new"))
        assert fault_of(outcome) is TransferFault.INTERRUPTED
    assert not (here / "new").exists()


@pytest.mark.parametrize("hides_length", [False, True])
async def test_more_than_expected_is_refused(shelf: Path, here: Path, hides_length: bool) -> None:
    async with http_file_server(shelf) as server:
        server.hides_length = hides_length
        order = download(server.url("firmware.bin"), here / "new", TWICE, most_bytes=100_000)
        assert fault_of(await transfer().download(order)) is TransferFault.TOO_LARGE
        assert len(server.requests) == 1
    assert leaves(here) == []


async def test_the_disk_keeps_what_is_to_stay_free(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        order = DownloadOrder(server.url("firmware.bin"), here / "new", 10**9, IMPATIENT, keep_free_bytes=2**62)
        outcome = await transfer().download(order)
        assert fault_of(outcome) is TransferFault.NO_SPACE
        assert isinstance(outcome, TransferFailed)
        assert "make room" in outcome.text
    assert leaves(here) == []


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
async def test_a_full_disk_ends_in_no_space(shelf: Path) -> None:
    folder = shelf.parent / "full"
    folder.mkdir()
    (folder / "new.part").symlink_to(FULL)
    async with http_file_server(shelf) as server:
        outcome = await transfer().download(download(server.url("firmware.bin"), folder / "new"))
    assert fault_of(outcome) is TransferFault.NO_SPACE


async def test_a_folder_that_cannot_be_made_is_said(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    async with http_file_server(shelf) as server:
        outcome = await transfer().download(download(server.url("firmware.bin"), tmp_path / "file" / "new", TWICE))
    assert fault_of(outcome) is TransferFault.LOCAL_FILE


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (401, TransferFault.PERMISSION_DENIED),
        (403, TransferFault.PERMISSION_DENIED),
        (404, TransferFault.NOT_FOUND),
        (400, TransferFault.NOT_UNDERSTOOD),
        (405, TransferFault.NOT_SUPPORTED),
        (409, TransferFault.REFUSED),
        (503, TransferFault.SERVER_BUSY),
    ],
)
async def test_each_refusal_has_its_fault(shelf: Path, here: Path, status: int, fault: TransferFault) -> None:
    async with http_file_server(shelf) as server:
        server.statuses = [status]
        assert fault_of(await transfer().download(download(server.url("firmware.bin"), here / "new"))) is fault


async def test_a_busy_server_is_asked_again_and_the_retry_is_told(shelf: Path, here: Path) -> None:
    told: list[tuple[TransferFault, float]] = []
    attempts = Attempts(retries=2, interval_seconds=0.0, on_retry=lambda why, wait: told.append((why.fault, wait)))
    async with http_file_server(shelf) as server:
        server.statuses = [503, 404]
        assert isinstance(
            await transfer().download(download(server.url("firmware.bin"), here / "new", attempts)), Downloaded
        )
    assert told == [(TransferFault.SERVER_BUSY, 0.0), (TransferFault.NOT_FOUND, 0.0)]


async def test_a_silent_server_is_given_up(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.is_silent = True
        order = download(server.url("firmware.bin"), here / "new", Attempts(stall_seconds=0.2))
        assert fault_of(await transfer().download(order)) is TransferFault.STALLED


async def test_credentials_of_the_url_are_used_and_never_shown(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as server:
        server.password = "bWU6cEBzcy93b3Jk"  # me:p@ss/word
        good = download(server.url("firmware.bin", "me:p%40ss%2Fword@"), here / "new")
        assert isinstance(await transfer().download(good), Downloaded)
        server.password = "something else"
        bad = await transfer().download(
            download(server.url("firmware.bin?sig=canary", "me:p%40ss%2Fword@"), here / "b")
        )
        assert fault_of(bad) is TransferFault.PERMISSION_DENIED
        assert "p@ss" not in repr(bad)
        assert "p%40ss" not in repr((bad, good))
        assert "canary" not in repr(bad)


async def test_a_redirection_is_followed_but_credentials_stay_with_their_host(shelf: Path, here: Path) -> None:
    async with http_file_server(shelf) as first, http_file_server(shelf) as second:
        first.redirects = {"/a": "/b", "/b": second.url("firmware.bin")}
        outcome = await transfer().download(download(first.url("a", "me:secret@"), here / "new"))
        assert isinstance(outcome, Downloaded)
        assert all("Authorization" in headers for _, _, headers in first.requests)
        assert [headers.get("Authorization") for _, _, headers in second.requests] == [None]


@pytest.mark.parametrize("target", ["/a", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://"])
async def test_a_redirection_to_nowhere_good_ends(shelf: Path, here: Path, target: str) -> None:
    async with http_file_server(shelf) as server:
        server.redirects = {"/a": target}
        outcome = await transfer().download(download(server.url("a"), here / "new"))
        assert fault_of(outcome) in {TransferFault.BAD_ADDRESS, TransferFault.UNKNOWN_SCHEME}


async def test_nobody_there_is_unreachable(here: Path, unused_tcp_port: int) -> None:
    outcome = await transfer().download(download(f"http://127.0.0.1:{unused_tcp_port}/x", here / "new"))
    assert fault_of(outcome) is TransferFault.UNREACHABLE
    outcome = await transfer().download(download("http://nowhere.invalid/x", here / "new"))
    assert fault_of(outcome) is TransferFault.UNREACHABLE
