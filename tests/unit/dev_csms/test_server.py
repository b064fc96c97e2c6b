"""Raw stations on real sockets against the CSMS: sessions, refusals, subprotocols and calls."""

import asyncio
import ssl

import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidStatus, SecurityError
from websockets.headers import build_authorization_basic

from dev_csms import (
    AnomalyKind,
    CallErrorAnswer,
    CallFailedError,
    CallRefusedError,
    DevCsms,
    GateOptions,
    Version,
)
from unit.dev_csms.raw_station import BOOT, RawStation, event_201, meter_values_16, start_16, stop_16


async def refusal_status(url: str) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await RawStation.connect(url, "1.6")
    return refused.value.response.status_code


async def test_a_1_6_session_is_remembered_and_billed(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    await station.call("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"})
    number = (await station.call("StartTransaction", start_16()))["transactionId"]
    await station.call("MeterValues", meter_values_16(number, "2026-11-21T10:30:00Z", "4500"))
    await station.call("StopTransaction", stop_16(number))
    assert csms.billed_wh("CP1") == 7400
    assert csms.station("CP1").status(1) == "Preparing"
    assert csms.station("CP1").version is Version.V16
    assert csms.station("CP1").anomalies == []
    assert len(csms.core.frames) == 10
    await station.socket.close()
    await csms.until(lambda: not csms.station("CP1").is_connected)


async def test_a_2_0_1_session_is_remembered_and_billed(csms: DevCsms) -> None:
    station = await RawStation.booted(csms, "2.0.1")
    answer = await station.call("TransactionEvent", event_201("Started", 0, 1.0, "2026-11-21T10:00:00Z"))
    assert answer == {"idTokenInfo": {"status": "Accepted"}}
    await station.call("TransactionEvent", event_201("Ended", 1, 8.4, "2026-11-21T11:00:00Z"))
    assert csms.billed_wh() == 7400
    await station.socket.close()


async def test_energy_that_is_unknown_is_not_summed_silently(csms: DevCsms) -> None:
    station = await RawStation.booted(csms, "2.0.1")
    await station.call("TransactionEvent", event_201("Ended", 1, 8.4, "2026-11-21T11:00:00Z"))
    with pytest.raises(ValueError, match="tx-1"):
        csms.billed_wh()
    await station.socket.close()


@pytest.mark.parametrize(("offered", "chosen"), [(("2.0.1", "1.6"), "ocpp2.0.1"), (("1.6", "2.0.1"), "ocpp1.6")])
async def test_the_stations_order_of_versions_counts(csms: DevCsms, offered: tuple[str, str], chosen: str) -> None:
    station = await RawStation.connect(f"{csms.url}/CP1", *offered)
    assert station.socket.subprotocol == chosen
    await station.socket.close()


async def test_a_csms_may_insist_on_its_own_order_and_versions() -> None:
    options = GateOptions(versions=(Version.V201, Version.V16), prefers_own_order=True)
    async with DevCsms(options) as csms:
        station = await RawStation.connect(f"{csms.url}/CP1", "1.6", "2.0.1")
        assert station.socket.subprotocol == "ocpp2.0.1"
        await station.socket.close()
    async with DevCsms(GateOptions(versions=(Version.V16,))) as csms:
        with pytest.raises(InvalidStatus, match="400"):
            await RawStation.connect(f"{csms.url}/CP1", "2.0.1")


async def test_a_subprotocol_may_stay_unconfirmed(csms: DevCsms) -> None:
    csms.gate.confirms_subprotocol = False
    station = await RawStation.connect(f"{csms.url}/CP1", "1.6")
    assert station.socket.subprotocol is None
    assert (await station.call("BootNotification", BOOT["1.6"]))["status"] == "Accepted"
    await station.socket.close()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
async def test_the_handshake_is_refused_on_request(csms: DevCsms, status: int) -> None:
    csms.gate.refuse_status = status
    assert await refusal_status(f"{csms.url}/CP1") == status
    assert csms.station("CP1").connections[0].refused_status == status
    assert not csms.station("CP1").is_connected


async def test_a_redirect_leads_in_circles(csms: DevCsms) -> None:
    csms.gate.refuse_status = 301
    with pytest.raises(SecurityError, match="10 redirects"):
        await RawStation.connect(f"{csms.url}/CP1", "1.6")
    assert len(csms.station("CP1").connections) > 1


async def test_an_identity_is_percent_decoded_and_its_path_kept(csms: DevCsms) -> None:
    station = await RawStation.connect(f"{csms.url}/CP%20one%2F2", "1.6")
    await csms.until(lambda: csms.station("CP one/2").is_connected)
    assert csms.station("CP one/2").connections[0].path == "/ocpp/CP%20one%2F2"
    await station.socket.close()
    assert await refusal_status(f"{csms.url}/") == 404


async def test_a_password_is_checked_against_the_identity() -> None:
    async with DevCsms(GateOptions(basic_password="a secret")) as csms:
        assert await refusal_status(f"{csms.url}/CP1") == 401
        for user, password in (("CP2", "a secret"), ("CP1", "another")):
            headers = {"Authorization": build_authorization_basic(user, password)}
            with pytest.raises(InvalidStatus, match="401"):
                await RawStation.connect(f"{csms.url}/CP1", "1.6", additional_headers=headers)
        right = {"Authorization": build_authorization_basic("CP1", "a secret")}
        station = await RawStation.connect(f"{csms.url}/CP1", "1.6", additional_headers=right)
        await station.boot()
        await station.socket.close()


async def test_tls_is_served_with_a_context() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with DevCsms(GateOptions(ssl_context=context)) as csms:
        assert csms.url.startswith("wss://")
        station = await RawStation.connect(f"{csms.url}/CP1", "1.6", ssl=trusting)
        await station.boot()
        await station.socket.close()


async def test_an_offline_csms_refuses_and_comes_back_on_the_same_port(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    url = csms.url
    await csms.gate.listen(False)
    assert await csms.gate.drop_all() == 1
    with pytest.raises(ConnectionClosed):
        await station.receive()
    with pytest.raises(OSError, match=r"[Cc]onnect"):
        await RawStation.connect(f"{url}/CP1", "1.6")
    await csms.gate.listen(True)
    assert csms.url == url
    again = await RawStation.booted(csms)
    assert len(csms.station("CP1").connections) == 2
    await again.socket.close()


async def test_a_second_connection_replaces_the_first_and_is_noted(csms: DevCsms) -> None:
    older = await RawStation.booted(csms)
    newer = await RawStation.booted(csms)
    with pytest.raises(ConnectionClosed):
        await older.receive()
    assert csms.station("CP1").anomaly_kinds() == [AnomalyKind.SECOND_CONNECTION]
    await newer.call("Heartbeat", {})
    await newer.socket.close()


async def test_a_call_brings_the_stations_answer(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    calling = asyncio.create_task(csms.call("CP1", "Reset", {"type": "Soft"}))
    kind, message_id, action, payload = await station.receive()
    assert (kind, action, payload) == (2, "Reset", {"type": "Soft"})
    await station.socket.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
    answer = await calling
    assert (answer.payload, answer.error, answer.schema_errors) == ({"status": "Accepted"}, None, ())

    calling = asyncio.create_task(csms.call("CP1", "ClearCache", {}))
    message_id = (await station.receive())[1]
    await station.socket.send(f'[4,"{message_id}","NotSupported","not here",{{}}]')
    assert (await calling).error == CallErrorAnswer("NotSupported", "not here", {})
    await station.socket.close()


async def test_a_call_without_an_answer_says_why(csms: DevCsms) -> None:
    with pytest.raises(CallFailedError, match="CP9 is not connected"):
        await csms.call("CP9", "ClearCache", {})
    station = await RawStation.booted(csms)
    with pytest.raises(CallRefusedError, match=r"\$.type"):
        await csms.call("CP1", "Reset", {"type": 5})
    calling = asyncio.create_task(csms.call("CP1", "ClearCache", {}))
    await station.receive()
    await station.socket.close()
    with pytest.raises(CallFailedError, match="hung up"):
        await calling


async def test_rubbish_is_answered_and_the_line_stays(csms: DevCsms) -> None:
    station = await RawStation.booted(csms)
    for rubbish in ("not json", "[" * 50_000, '[2,"x","Heartbeat"]', b"\xff\xfe"):
        await station.socket.send(rubbish)
        assert (await station.receive())[0] == 4
    await station.call("Heartbeat", {})
    assert len(csms.station("CP1").schema_errors) == 4
    await station.socket.close()
