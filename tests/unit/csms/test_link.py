"""The link over real sockets on loopback: every way to fail is one clear sentence."""

import asyncio
import http
from contextlib import suppress
from random import Random

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from chargepoint.csms.channel import ChannelClosedError, ConnectStep
from chargepoint.csms.link import LinkAddress, LinkCredentials, LinkTimes, WebSocketConnector
from unit.csms.link_server import OFFERED, QUICK, BlackHole, connector, csms, refusal

PATIENCE_SECONDS = 20.0
LARGER_THAN_EVERY_BUFFER = Random(1).randbytes(8_000_000).hex()  # the link compresses


async def test_texts_go_both_ways_and_the_first_offered_version_is_spoken() -> None:
    async with csms(select_subprotocol=lambda _, offered: offered[0]) as port:
        link = await connector(f"ws://127.0.0.1:{port}/ocpp/CP1").connect()
        assert link.subprotocol == "ocpp2.0.1"
        await link.channel.send("[é]")
        assert await link.channel.receive() == "[é]"
        await link.channel.close()
        await link.channel.close()
        with pytest.raises(ChannelClosedError, match="by this station"):
            await link.channel.receive()
        with pytest.raises(ChannelClosedError):
            await link.channel.send("x")


async def test_the_header_is_asked_for_anew_and_the_identity_arrives() -> None:
    seen: list[tuple[str, str | None]] = []

    async def notes(connection: ServerConnection) -> None:
        assert connection.request is not None
        seen.append((connection.request.path, connection.request.headers.get("Authorization")))

    passwords = iter(["Basic b25l", "Basic dHdv"])
    credentials = LinkCredentials(headers=lambda: {"Authorization": next(passwords)})
    async with csms(notes) as port:
        station = connector(f"ws://127.0.0.1:{port}/CP%201", credentials)
        for _ in range(2):
            link = await station.connect()
            with pytest.raises(ChannelClosedError, match="code 1000"):
                await link.channel.receive()
    assert seen == [("/CP%201", "Basic b25l"), ("/CP%201", "Basic dHdv")]


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (301, "redirects are not followed"),
        (401, "wrong identity or password"),
        (403, "refuses this identity"),
        (404, "does not know this path or identity"),
        (429, "too many attempts"),
        (500, "keeps trying"),
        (503, "keeps trying"),
        (418, "did not open a WebSocket"),
    ],
)
async def test_each_http_refusal_says_what_to_do(status: int, advice: str) -> None:
    asked: list[str] = []

    def refuses(connection: ServerConnection, request: Request) -> Response:
        asked.append(request.path)
        response = connection.respond(http.HTTPStatus(status), "no\n")
        response.headers["Location"] = "/elsewhere"
        return response

    async with csms(process_request=refuses) as port:
        error = await refusal(connector(f"ws://127.0.0.1:{port}/CP1"))
    assert error.step is ConnectStep.HTTP
    assert f"HTTP {status}" in str(error)
    assert advice in str(error)
    assert asked == ["/CP1"]


@pytest.mark.parametrize("names", [None, [Subprotocol("soap")]])
async def test_an_unconfirmed_version_is_a_failed_connection(names: list[Subprotocol] | None) -> None:
    async with csms(subprotocols=names, select_subprotocol=lambda *_: None) as port:
        error = await refusal(connector(f"ws://127.0.0.1:{port}/CP1"))
        assert error.step is ConnectStep.SUBPROTOCOL
        assert "CSMS did not confirm OCPP version" in str(error)
        link = await connector(f"ws://127.0.0.1:{port}/CP1", assume="ocpp1.6").connect()
        assert link.subprotocol == "ocpp1.6"
        await link.channel.close()


async def test_a_version_that_was_not_offered_is_a_failed_connection() -> None:
    def insists(_: ServerConnection, __: Request, response: Response) -> Response:
        headers = Headers(response.headers)
        headers["Sec-WebSocket-Protocol"] = "ocpp1.2"
        return Response(response.status_code, response.reason_phrase, headers, response.body)

    async with csms(process_response=insists, subprotocols=None, select_subprotocol=lambda *_: None) as port:
        error = await refusal(connector(f"ws://127.0.0.1:{port}/CP1", assume="ocpp1.6"))
    assert error.step is ConnectStep.SUBPROTOCOL


async def test_a_closed_port_a_missing_name_and_a_deaf_host() -> None:
    async with csms() as port:
        pass
    refused = await refusal(connector(f"ws://127.0.0.1:{port}/CP1"))
    assert (refused.step, "refuses the connection" in str(refused)) == (ConnectStep.TCP, True)
    unknown = await refusal(connector("ws://csms.invalid/CP1"))
    assert (unknown.step, "csms.invalid cannot be resolved" in str(unknown)) == (ConnectStep.DNS, True)

    async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        has_left.set()

    has_left = asyncio.Event()
    server = await asyncio.start_server(says_nothing, "127.0.0.1", 0)
    address = LinkAddress(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/CP1", OFFERED)
    impatient = WebSocketConnector(address, LinkCredentials(), lambda: 0, LinkTimes(open_seconds=0.2))
    error = await refusal(impatient)
    await has_left.wait()
    server.close()
    assert "did not answer in time" in str(error)


async def test_something_else_on_that_port() -> None:
    async def talks_ftp(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ftp ready\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talks_ftp, "127.0.0.1", 0)
    error = await refusal(connector(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/CP1"))
    server.close()
    assert error.step is ConnectStep.HTTP
    assert "no WebSocket server" in str(error)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012])
async def test_a_close_by_the_csms_is_told_with_its_code(code: int) -> None:
    async def closes(connection: ServerConnection) -> None:
        await connection.close(code, "because")

    async with csms(closes) as port:
        link = await connector(f"ws://127.0.0.1:{port}/CP1").connect()
        with pytest.raises(ChannelClosedError, match=rf"CSMS closed the connection \(code {code}, 'because'\)"):
            await link.channel.receive()


async def test_a_connection_that_is_cut_says_so() -> None:
    async def cuts(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with csms(cuts) as port:
        link = await connector(f"ws://127.0.0.1:{port}/CP1").connect()
        with pytest.raises(ChannelClosedError, match="without a closing handshake"):
            await link.channel.receive()


async def test_a_frame_beyond_the_limit_closes_the_link_and_harms_nothing_else() -> None:
    async def floods(connection: ServerConnection) -> None:
        await connection.send("x" * (2**20 + 1))
        await connection.wait_closed()

    async with csms(floods) as port:
        link = await connector(f"ws://127.0.0.1:{port}/CP1").connect()
        with pytest.raises(ChannelClosedError, match="1009"):
            await link.channel.receive()


async def test_a_binary_message_is_readable_rubbish() -> None:
    async def mumbles(connection: ServerConnection) -> None:
        await connection.send(b"\xff[]")
        await connection.wait_closed()

    async with csms(mumbles) as port:
        link = await connector(f"ws://127.0.0.1:{port}/CP1").connect()
        assert await link.channel.receive() == "\ufffd[]"
        await link.channel.close()


async def test_a_dead_link_is_found_by_ping_and_a_silent_one_is_left_alone() -> None:
    async with csms() as port:
        hole = BlackHole(port)
        async with hole.open() as through:
            link = await connector(f"ws://127.0.0.1:{through}/CP1", ping_seconds=0.05).connect()
            for _ in range(5):
                await link.channel.send("still here")  # pings and pongs in between
                assert await link.channel.receive() == "still here"
            hole.swallow()
            with pytest.raises(ChannelClosedError):
                await link.channel.receive()


async def test_a_dead_link_is_found_while_a_large_frame_waits_for_room() -> None:
    async with csms() as port:
        hole = BlackHole(port)
        async with hole.open() as through:
            ping_seconds = [0.0]
            address = LinkAddress(f"ws://127.0.0.1:{through}/CP1", OFFERED)
            link = await WebSocketConnector(address, LinkCredentials(), lambda: ping_seconds[0], QUICK).connect()
            hole.swallow()
            sending = asyncio.create_task(link.channel.send(LARGER_THAN_EVERY_BUFFER))
            await asyncio.sleep(0)
            ping_seconds[0] = 0.05  # the first ping has to queue behind the frame
            async with asyncio.timeout(PATIENCE_SECONDS):
                with pytest.raises(ChannelClosedError, match="ping"):
                    await link.channel.receive()
                with suppress(ChannelClosedError):
                    await sending


async def test_closing_ends_though_a_large_frame_waits_for_room() -> None:
    async with csms() as port:
        hole = BlackHole(port)
        async with hole.open() as through:
            link = await connector(f"ws://127.0.0.1:{through}/CP1").connect()
            hole.swallow()
            sending = asyncio.create_task(link.channel.send(LARGER_THAN_EVERY_BUFFER))
            await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await link.channel.close()
                with suppress(ChannelClosedError):
                    await sending


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with csms() as port:
        link = await connector(f"ws://127.0.0.1:{port}/CP1").connect()
        await link.channel.close()
