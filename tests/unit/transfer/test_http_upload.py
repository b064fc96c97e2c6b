"""Bringing over HTTP(S): PUT, POST where there is no PUT, and whom to trust."""

import hashlib
import os
import ssl
from pathlib import Path

import pytest
import trustme

from chargepoint.transfer.outcomes import Progress, TransferFailed, TransferFault, Uploaded
from chargepoint.transfer.port import Attempts
from support.http_server import http_file_server
from unit.transfer.asking import TWICE, download, fault_of, transfer, upload

CONTENT = os.urandom(900_000)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    path.write_bytes(CONTENT)
    return path


def server_side(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_a_file_is_put_with_its_length_type_and_name(tmp_path: Path, bundle: Path) -> None:
    told: list[Progress] = []
    async with http_file_server(tmp_path) as server:
        assert await transfer().upload(upload(server.url("in/bundle.zip"), bundle), told.append) == Uploaded(
            len(CONTENT)
        )
        (brought,) = server.brought
    assert (brought.method, brought.path) == ("PUT", "/in/bundle.zip")
    assert brought.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert brought.headers["Content-Length"] == str(len(CONTENT))
    assert "Transfer-Encoding" not in brought.headers
    assert told[-1] == Progress(len(CONTENT), len(CONTENT))


@pytest.mark.requirement("N01.FR.19")
@pytest.mark.parametrize("status", [405, 501])
async def test_where_put_is_not_allowed_it_is_posted_with_its_name(tmp_path: Path, bundle: Path, status: int) -> None:
    async with http_file_server(tmp_path) as server:
        server.refused_methods = {"PUT": status}
        assert isinstance(await transfer().upload(upload(server.url("in"), bundle)), Uploaded)
        (brought,) = server.brought
    assert brought.method == "POST"
    assert brought.headers["Content-Type"] == "application/octet-stream"
    assert 'filename="bundle.zip"' in brought.headers["Content-Disposition"]
    assert brought.size_bytes == len(CONTENT)


async def test_where_neither_is_allowed_it_is_not_supported(tmp_path: Path, bundle: Path) -> None:
    async with http_file_server(tmp_path) as server:
        server.refused_methods = {"PUT": 405, "POST": 405}
        assert fault_of(await transfer().upload(upload(server.url("in"), bundle, TWICE))) is TransferFault.NOT_SUPPORTED
        assert [method for method, _, _ in server.requests] == ["PUT", "POST"]


async def test_a_busy_server_is_tried_again(tmp_path: Path, bundle: Path) -> None:
    async with http_file_server(tmp_path) as server:
        server.statuses = [503]
        assert isinstance(await transfer().upload(upload(server.url("in"), bundle, TWICE)), Uploaded)


async def test_a_redirected_upload_is_brought_there_whole(tmp_path: Path, bundle: Path) -> None:
    async with http_file_server(tmp_path) as server:
        server.redirects = {"/a": "/b"}
        assert isinstance(await transfer().upload(upload(server.url("a"), bundle)), Uploaded)
        assert [(each.path, each.size_bytes) for each in server.brought] == [("/b", len(CONTENT))]


async def test_a_silent_server_is_given_up(tmp_path: Path, bundle: Path) -> None:
    async with http_file_server(tmp_path) as server:
        server.is_silent = True
        order = upload(server.url("in"), bundle, Attempts(stall_seconds=0.2))
        assert fault_of(await transfer().upload(order)) is TransferFault.STALLED


async def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    async with http_file_server(tmp_path) as server:
        outcome = await transfer().upload(upload(server.url("in"), tmp_path / "none"))
        assert fault_of(outcome) is TransferFault.LOCAL_FILE
        assert server.requests == []


async def test_https_works_with_a_trusted_root_only(tmp_path: Path, bundle: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    async with http_file_server(tmp_path, server_side(ours, "127.0.0.1")) as server:
        assert isinstance(await transfer(ours).upload(upload(server.url("in"), bundle)), Uploaded)
        outcome = await transfer(theirs).upload(upload(server.url("in"), bundle))
        assert fault_of(outcome) is TransferFault.NOT_TRUSTED
        assert isinstance(outcome, TransferFailed)
        assert "root certificate" in outcome.text
        assert len(server.brought) == 1


async def test_https_checks_the_name(tmp_path: Path, bundle: Path) -> None:
    authority = trustme.CA()
    async with http_file_server(tmp_path, server_side(authority, "elsewhere.example")) as server:
        outcome = await transfer(authority).upload(upload(server.url("in"), bundle))
        assert fault_of(outcome) is TransferFault.NOT_TRUSTED


async def test_https_is_never_redirected_to_http(tmp_path: Path) -> None:
    authority = trustme.CA()
    (tmp_path / "x").write_bytes(b"x")
    async with (
        http_file_server(tmp_path, server_side(authority, "127.0.0.1")) as secured,
        http_file_server(tmp_path) as plain,
    ):
        secured.redirects = {"/a": plain.url("x")}
        outcome = await transfer(authority).download(download(secured.url("a"), tmp_path / "new"))
        assert fault_of(outcome) is TransferFault.BAD_ADDRESS
        assert plain.requests == []


async def test_plain_http_at_a_tls_port_is_no_crash(tmp_path: Path, bundle: Path) -> None:
    authority = trustme.CA()
    async with http_file_server(tmp_path) as server:
        server.scheme = "https"
        outcome = await transfer(authority).upload(upload(server.url("in"), bundle))
        assert fault_of(outcome) in {TransferFault.NOT_TRUSTED, TransferFault.INTERRUPTED}
