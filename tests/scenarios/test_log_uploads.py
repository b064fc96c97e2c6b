"""Logs on their way over real sockets: a real CSMS, real FTP and HTTPS servers, real files, and no secret in any."""

import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from chargepoint.diagnostics.log_files import log_file_handler
from dev_csms.gate import GateOptions
from dev_csms.server import DevCsms
from scenarios.secured_files import listen_to_all, logged
from scenarios.secured_station import IDENTITY, SecuredStation, Talk, secured_csms
from support.file_transfer import members
from support.ftp_server import PASSWORD, FtpServerThread
from support.http_server import http_file_server

CSMS_KEY = b"canary-of-the-link"
NEW_KEY = b"canary-newer-4711-x"
DEFAULT = {"retries": 0, "retryInterval": 1}


@pytest.fixture
def kept_log(tmp_path: Path) -> Iterator[Path]:
    """The program's log as the daemon keeps it, at its most talkative."""
    handler, root = log_file_handler(tmp_path / "logs"), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield tmp_path
    root.setLevel(level)
    root.removeHandler(handler)
    handler.close()


def told(talk: Talk) -> list[Any]:
    return [
        payload.get("requestId", "-") if payload["status"] == "Idle" else (payload["status"], payload.get("requestId"))
        for action in ("DiagnosticsStatusNotification", "LogStatusNotification")
        for payload in talk.told(action)
    ]


def open_csms() -> tuple[DevCsms, Talk]:
    csms, _ = secured_csms(GateOptions())
    return csms, Talk(csms)


async def test_diagnostics_over_ftp_hold_no_password_and_no_key(
    kept_log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listen_to_all(caplog)
    csms, gate = secured_csms(GateOptions())
    gate.accepted = CSMS_KEY
    talk = Talk(csms)
    shelf = kept_log / "shelf"
    shelf.mkdir()
    async with csms:
        options: dict[str, Any] = {"security_profile": 1, "basic_auth_password": CSMS_KEY.decode()}
        with FtpServerThread(shelf) as server:
            async with SecuredStation(kept_log, csms.url, **options) as station:
                await talk.connections(1)
                gate.accepted = NEW_KEY
                assert await talk.change("AuthorizationKey", NEW_KEY.hex()) == "Accepted"
                await talk.connections(2)
                answer = await talk.ask("GetDiagnostics", {"location": server.url(""), **DEFAULT})
                await talk.until(lambda: ("Uploaded", None) in told(talk))
                assert told(talk) == [("Uploading", None), ("Uploaded", None)]
                assert station.parts.frame_log.last()
    (bundle,) = shelf.iterdir()
    assert bundle.name == answer["fileName"]
    found = members(bundle)
    assert {"log.txt", "frames.json", "configuration.json", "queue.json", "versions.json", "status.json"} <= set(found)
    assert "ChangeConfiguration" in found["frames.json"]
    assert IDENTITY in found["configuration.json"]
    assert found["log.txt"]
    everything = "".join(found.values())
    secrets = (CSMS_KEY.decode(), NEW_KEY.decode(), NEW_KEY.hex(), PASSWORD, gate.header(IDENTITY).split()[1])
    for secret in secrets:
        assert secret not in everything
    assert "PRIVATE KEY" not in everything
    for secret in (*secrets, "PRIVATE KEY"):
        assert not [line[:200] for line in logged(caplog) if secret in line]
    on_disk = "".join(path.read_text(encoding="utf-8") for path in (kept_log / "logs").iterdir())
    for secret in secrets:
        assert secret not in on_disk


@pytest.mark.requirement("N01.FR.03", "N01.FR.05", "N01.FR.14", "N01.FR.15")
async def test_n01_fr_03_the_security_log_goes_over_https_trusted_by_an_installed_root(tmp_path: Path) -> None:
    csms, talk = open_csms()
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    request = {"logType": "SecurityLog", **DEFAULT}
    async with csms, http_file_server(tmp_path, context) as server, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        where = {"log": {"remoteLocation": server.url("logs/")}}
        assert await talk.status("GetLog", {**request, **where, "requestId": 1}) == "Accepted"
        await talk.until(lambda: ("UploadFailure", 1) in told(talk))
        assert server.brought == [], "nobody trusts it yet"
        root = {"certificateType": "CentralSystemRootCertificate", "certificate": authority.cert_pem.bytes().decode()}
        assert await talk.status("InstallCertificate", root) == "Accepted"
        answer = await talk.ask("GetLog", {**request, **where, "requestId": 2})
        assert answer["status"] == "Accepted"
        await talk.until(lambda: ("Uploaded", 2) in told(talk))
    (brought,) = server.brought
    assert brought.path == f"/logs/{answer['filename']}"
    events = [json.loads(line)["type"] for line in brought.content.decode().splitlines()]
    assert "StartupOfTheDevice" in events
    assert "ReconfigurationOfSecurityParameters" in events


@pytest.mark.requirement("N01.FR.16")
async def test_n01_fr_16_a_log_goes_over_https_trusted_by_a_root_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csms, talk = open_csms()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "system.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with csms, http_file_server(tmp_path, context) as server, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        request = {"logType": "SecurityLog", **DEFAULT, "log": {"remoteLocation": server.url("logs/")}, "requestId": 1}
        assert await talk.status("GetLog", request) == "Accepted"
        await talk.until(lambda: ("Uploaded", 1) in told(talk))
    assert len(server.brought) == 1


@pytest.mark.requirement("N01.FR.12")
async def test_n01_fr_12_only_an_idle_log_status_has_no_number(tmp_path: Path) -> None:
    csms, talk = open_csms()
    trigger = {"requestedMessage": "LogStatusNotification"}
    async with csms, http_file_server(tmp_path) as server, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        assert await talk.status("ExtendedTriggerMessage", trigger) == "Accepted"
        await talk.until(lambda: told(talk) == ["-"])
        where = {"log": {"remoteLocation": server.url("logs/")}}
        server.is_silent = True
        await talk.ask("GetLog", {"logType": "DiagnosticsLog", "requestId": 6, **where, **DEFAULT})
        await talk.until(lambda: ("Uploading", 6) in told(talk))
        assert await talk.status("ExtendedTriggerMessage", trigger) == "Accepted"
        await talk.until(lambda: told(talk) == ["-", ("Uploading", 6), ("Uploading", 6)])


@pytest.mark.requirement("N01.FR.10", "N01.FR.19")
async def test_n01_fr_10_http_answers_become_the_right_words(tmp_path: Path) -> None:
    csms, talk = open_csms()
    async with csms, http_file_server(tmp_path) as server, SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        where = {"logType": "DiagnosticsLog", "log": {"remoteLocation": server.url("logs/")}, **DEFAULT}
        words = {400: "BadMessage", 403: "PermissionDenied", 500: "UploadFailure"}
        for status, word in words.items():
            server.statuses = [status]
            await talk.ask("GetLog", {**where, "requestId": status})
            await talk.until(lambda s=status, w=word: (w, s) in told(talk))  # type: ignore[misc]
        server.refused_methods = {"PUT": 405}
        await talk.ask("GetLog", {**where, "requestId": 1})
        await talk.until(lambda: ("Uploaded", 1) in told(talk))
        server.refused_methods = {"PUT": 405, "POST": 405}
        await talk.ask("GetLog", {**where, "requestId": 2})
        await talk.until(lambda: ("NotSupportedOperation", 2) in told(talk))
    assert [each.method for each in server.brought] == ["POST"]
    assert members(server.brought[0].content)["versions.json"]


async def test_a_cut_ftp_upload_is_finished_by_a_retry(tmp_path: Path) -> None:
    csms, talk = open_csms()
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    async with csms:
        with FtpServerThread(shelf) as server:
            server.manners.cuts_after_bytes = [1]
            async with SecuredStation(tmp_path, csms.url):
                await talk.connections(1)
                await talk.ask("GetDiagnostics", {"location": server.url(""), "retries": 2, "retryInterval": 1})
                await talk.until(lambda: ("Uploaded", None) in told(talk))
    (bundle,) = shelf.iterdir()
    assert members(bundle)["status.json"]


@asynccontextmanager
async def file_server(scheme: str, folder: Path, authority: trustme.CA) -> AsyncIterator[tuple[str, Callable[[], int]]]:
    """Where files go, and how many have come."""
    issued = authority.issue_cert("127.0.0.1")
    if scheme in ("HTTP", "HTTPS"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued.configure_cert(context)
        async with http_file_server(folder, context if scheme == "HTTPS" else None) as server:
            yield server.url("logs/"), lambda: len(server.brought)
        return
    certificate = folder / "server.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate))
    shelf = folder / "shelf"
    shelf.mkdir()
    with FtpServerThread(shelf, certificate=certificate if scheme == "FTPS" else None) as ftp:
        yield ftp.url("", scheme.lower()), lambda: len(list(shelf.iterdir()))


@pytest.mark.ocpp_1_6("SupportedFileTransferProtocols")
@pytest.mark.parametrize("scheme", ["FTP", "FTPS", "HTTP", "HTTPS"])
async def test_each_protocol_that_the_key_tells_brings_a_log_and_no_other_is_tried(tmp_path: Path, scheme: str) -> None:
    csms, talk = open_csms()
    authority = trustme.CA()
    async with csms, file_server(scheme, tmp_path, authority) as (url, brought), SecuredStation(tmp_path, csms.url):
        await talk.connections(1)
        told_key = await talk.ask("GetConfiguration", {"key": ["SupportedFileTransferProtocols"]})
        assert scheme in told_key["configurationKey"][0]["value"].split(",")
        assert len(told_key["configurationKey"][0]["value"].split(",")) == 4
        root = {"certificateType": "CentralSystemRootCertificate", "certificate": authority.cert_pem.bytes().decode()}
        assert await talk.status("InstallCertificate", root) == "Accepted"
        request = {"logType": "SecurityLog", **DEFAULT}
        assert await talk.status("GetLog", {**request, "log": {"remoteLocation": url}, "requestId": 1}) == "Accepted"
        await talk.until(lambda: ("Uploaded", 1) in told(talk))
        assert brought() == 1
        other = {"remoteLocation": "sftp://127.0.0.1/logs"}
        assert await talk.status("GetLog", {**request, "log": other, "requestId": 2}) == "Accepted"
        await talk.until(lambda: ("NotSupportedOperation", 2) in told(talk))
