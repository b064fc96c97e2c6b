"""FTP and FTPS against a real server: passive, resumed both ways, never in clear where TLS was asked for."""

import os
from pathlib import Path

import pytest
import trustme

from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFault, Uploaded
from chargepoint.transfer.port import Attempts
from support.ftp_server import PASSWORD, FtpServerThread
from support.http_server import http_file_server
from unit.transfer.asking import TWICE, download, fault_of, transfer, upload

CONTENT = os.urandom(800_000)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "shelf"
    (folder / "in").mkdir(parents=True)
    (folder / "firmware v2.bin").write_bytes(CONTENT)
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    path.write_bytes(CONTENT)
    return path


def certificate_file(authority: trustme.CA, path: Path, name: str = "127.0.0.1") -> Path:
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(str(path))
    return path


async def test_a_file_is_fetched(shelf: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    with FtpServerThread(shelf) as server:
        order = download(server.url("firmware%20v2.bin"), tmp_path / "new")
        assert await transfer().download(order, told.append) == Downloaded(tmp_path / "new", len(CONTENT))
    assert (tmp_path / "new").read_bytes() == CONTENT
    assert told[-1] == Progress(len(CONTENT), len(CONTENT))


async def test_a_dropped_download_is_resumed_with_rest(shelf: Path, tmp_path: Path) -> None:
    with FtpServerThread(shelf) as server:
        server.manners.cuts_after_bytes = [300_000]
        assert isinstance(
            await transfer().download(download(server.url("firmware%20v2.bin"), tmp_path / "new", TWICE)), Downloaded
        )
        assert "REST" in server.manners.commands
    assert (tmp_path / "new").read_bytes() == CONTENT


async def test_a_file_that_changed_meanwhile_is_fetched_anew(shelf: Path, tmp_path: Path) -> None:
    with FtpServerThread(shelf) as server:
        server.manners.cuts_after_bytes = [300_000]
        order = download(server.url("firmware%20v2.bin"), tmp_path / "new")
        assert fault_of(await transfer().download(order)) is TransferFault.INTERRUPTED
        newer = os.urandom(500_000)
        (shelf / "firmware v2.bin").write_bytes(newer)
        assert isinstance(await transfer().download(order), Downloaded)
    assert (tmp_path / "new").read_bytes() == newer


async def test_a_file_is_brought(shelf: Path, bundle: Path) -> None:
    with FtpServerThread(shelf) as server:
        assert await transfer().upload(upload(server.url("in/bundle.zip"), bundle)) == Uploaded(len(CONTENT))
    assert (shelf / "in" / "bundle.zip").read_bytes() == CONTENT


async def test_a_dropped_upload_is_gone_on_with(shelf: Path, bundle: Path) -> None:
    with FtpServerThread(shelf) as server:
        server.manners.cuts_after_bytes = [200_000]
        assert isinstance(await transfer().upload(upload(server.url("in/bundle.zip"), bundle, TWICE)), Uploaded)
        assert "APPE" in server.manners.commands
    assert (shelf / "in" / "bundle.zip").read_bytes() == CONTENT


async def test_an_older_file_of_the_same_name_is_replaced(shelf: Path, bundle: Path) -> None:
    (shelf / "in" / "bundle.zip").write_bytes(b"older")
    with FtpServerThread(shelf) as server:
        assert isinstance(await transfer().upload(upload(server.url("in/bundle.zip"), bundle)), Uploaded)
    assert (shelf / "in" / "bundle.zip").read_bytes() == CONTENT


async def test_each_refusal_has_its_fault_and_no_secret(shelf: Path, bundle: Path, tmp_path: Path) -> None:
    with FtpServerThread(shelf, permissions="elr") as server:
        missing = await transfer().download(download(server.url("none.bin"), tmp_path / "new"))
        assert fault_of(missing) is TransferFault.NOT_FOUND
        forbidden = await transfer().upload(upload(server.url("in/bundle.zip"), bundle))
        assert fault_of(forbidden) is TransferFault.PERMISSION_DENIED
        stranger = f"ftp://station:wrong@127.0.0.1:{server.port}/in/x"
        assert fault_of(await transfer().upload(upload(stranger, bundle))) is TransferFault.PERMISSION_DENIED
        nameless = await transfer().download(download(server.url(""), tmp_path / "new"))
        assert fault_of(nameless) is TransferFault.BAD_ADDRESS
        assert PASSWORD not in repr((missing, forbidden, nameless, upload(server.url("x"), bundle)))
    assert not (tmp_path / "new").exists()


async def test_too_large_is_refused_before_it_comes(shelf: Path, tmp_path: Path) -> None:
    with FtpServerThread(shelf) as server:
        order = download(server.url("firmware%20v2.bin"), tmp_path / "new", most_bytes=1000)
        assert fault_of(await transfer().download(order)) is TransferFault.TOO_LARGE
        assert "RETR" not in server.manners.commands


@pytest.mark.parametrize("is_implicit", [True, False])
async def test_ftps_both_ways(shelf: Path, bundle: Path, tmp_path: Path, is_implicit: bool) -> None:
    authority = trustme.CA()
    certificate = certificate_file(authority, tmp_path / "server.pem")
    with FtpServerThread(shelf, certificate=certificate, is_implicit=is_implicit) as server:
        order = download(server.url("firmware%20v2.bin", "ftps"), tmp_path / "new")
        assert isinstance(await transfer(authority).download(order), Downloaded)
        assert isinstance(await transfer(authority).upload(upload(server.url("in/b", "ftps"), bundle)), Uploaded)
        assert "PROT" in server.manners.commands
    assert (tmp_path / "new").read_bytes() == CONTENT
    assert (shelf / "in" / "b").read_bytes() == CONTENT


@pytest.mark.parametrize("is_implicit", [True, False])
async def test_ftps_with_an_unknown_root_sends_no_password(
    shelf: Path, bundle: Path, tmp_path: Path, is_implicit: bool
) -> None:
    certificate = certificate_file(trustme.CA(), tmp_path / "server.pem")
    with FtpServerThread(shelf, certificate=certificate, is_implicit=is_implicit) as server:
        outcome = await transfer(trustme.CA()).upload(upload(server.url("in/b", "ftps"), bundle))
        assert fault_of(outcome) is TransferFault.NOT_TRUSTED
        assert "PASS" not in server.manners.commands


async def test_ftps_is_never_plain(shelf: Path, bundle: Path) -> None:
    with FtpServerThread(shelf) as server:
        outcome = await transfer(trustme.CA()).upload(upload(server.url("in/b", "ftps"), bundle))
        assert fault_of(outcome) is TransferFault.NOT_SUPPORTED
        assert "PASS" not in server.manners.commands


async def test_a_web_server_is_no_ftp_server(bundle: Path, tmp_path: Path) -> None:
    async with http_file_server(tmp_path) as server:
        order = upload(f"ftp://127.0.0.1:{server.port}/x", bundle, Attempts(stall_seconds=0.2))
        assert fault_of(await transfer().upload(order)) is TransferFault.UNREACHABLE
