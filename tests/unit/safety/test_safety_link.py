"""The link's two ends over a real socket: slow readers, replaced controllers, a safety process that comes and goes."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.model.errors import SafetyLinkError
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective, SafetyHello
from chargepoint.safety.client import SafetyLinkClient, SafetyLinkLost
from chargepoint.safety.link import ControllerCame, ControllerLeft, SafetyLink
from chargepoint.safety.link_messages import (
    LoopStatistics,
    Refusal,
    decode_directive,
    decode_safety_message,
    encode,
)
from chargepoint.safety.punctuality import Punctuality
from unit.safety.driven_loop import DrivenLoop

HELLO = SafetyHello("fake", (EvseId(1),), {EvseId(1): True}, {EvseId(1): 3})
GO = PowerDirective(EvseId(1), True, 16.0, lock_wanted=True)


def observation() -> EvseObservation:
    rig = DrivenLoop()
    rig.tick()
    return rig.seen


def controller_on(path: Path) -> socket.socket:
    controller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    controller.connect(str(path))
    controller.settimeout(10.0)
    return controller


def test_a_slow_reader_gets_the_newest_and_blocks_nobody(tmp_path: Path) -> None:
    link = SafetyLink(tmp_path / "safety.sock", HELLO)
    with controller_on(tmp_path / "safety.sock") as controller:
        assert link.poll() == [ControllerCame()]
        seen = observation()
        for count in range(5000):
            link.publish(replace(seen, closings=count))
        received = [decode_safety_message(controller.recv(8192))]
        controller.setblocking(False)
        while True:
            try:
                received.append(decode_safety_message(controller.recv(8192)))
            except BlockingIOError:
                link.poll()
                last = decode_safety_message(controller.recv(8192))
                break
    assert received[0] == HELLO
    assert len(received) < 5000
    assert isinstance(last, EvseObservation)
    assert last.closings == 4999
    link.close()


def test_a_newer_controller_replaces_the_older(tmp_path: Path) -> None:
    link = SafetyLink(tmp_path / "safety.sock", HELLO)
    with controller_on(tmp_path / "safety.sock") as older, controller_on(tmp_path / "safety.sock") as newer:
        assert link.poll() == [ControllerCame()]
        assert link.poll() == [ControllerLeft(), ControllerCame()]
        assert decode_safety_message(older.recv(8192)) == HELLO
        assert older.recv(8192) == b""
        newer.send(encode(GO))
        assert link.poll() == [GO]
    assert link.poll() == [ControllerLeft()]
    link.publish(observation())
    link.close()
    assert not (tmp_path / "safety.sock").exists()


def test_a_flood_is_read_in_portions(tmp_path: Path) -> None:
    link = SafetyLink(tmp_path / "safety.sock", HELLO)
    with controller_on(tmp_path / "safety.sock") as controller:
        link.poll()
        for _ in range(40):
            controller.send(encode(GO))
        portions = [len(link.poll()) for _ in range(4)]
    assert portions == [16, 16, 8, 0]
    link.close()


def test_a_path_left_behind_is_taken_over_and_a_served_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "safety.sock"
    left_behind = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    left_behind.bind(str(path))
    left_behind.close()
    link = SafetyLink(path, HELLO)
    with pytest.raises(SafetyLinkError, match="another safety process"):
        SafetyLink(path, HELLO)
    link.close()


async def test_the_client_waits_for_the_process_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "safety.sock"
    client = SafetyLinkClient(path, reconnect_seconds=0.01)
    messages = client.messages()
    with pytest.raises(SafetyLinkError, match="out of reach"):
        await client.send(GO)
    async with asyncio.timeout(20):
        assert isinstance(await anext(messages), SafetyLinkLost)
        for _ in range(2):
            link = SafetyLink(path, HELLO)
            next_message = asyncio.ensure_future(anext(messages))
            while not next_message.done():
                link.poll()
                await asyncio.sleep(0)
            assert await next_message == HELLO
            assert client.is_connected
            await client.send(GO)
            assert link.poll() == [GO]
            link.close()
            assert isinstance(await anext(messages), SafetyLinkLost)
            assert not client.is_connected
    await messages.aclose()


async def test_the_client_refuses_another_protocol_version(tmp_path: Path) -> None:
    link = SafetyLink(tmp_path / "safety.sock", replace(HELLO, protocol_version=99))
    messages = SafetyLinkClient(tmp_path / "safety.sock").messages()
    next_message = asyncio.ensure_future(anext(messages))
    while not next_message.done():
        link.poll()
        await asyncio.sleep(0)
    with pytest.raises(SafetyLinkError, match="version 99"):
        await next_message
    link.close()


@pytest.mark.parametrize(
    "message",
    [HELLO, observation(), Refusal("no"), LoopStatistics(500, 1, 0.02, 0.001, 0.01)],
    ids=lambda message: type(message).__name__,
)
def test_what_the_safety_process_says_survives_the_wire(
    message: SafetyHello | EvseObservation | Refusal | LoopStatistics,
) -> None:
    assert decode_safety_message(encode(message)) == message


def test_a_directive_survives_the_wire() -> None:
    assert decode_directive(encode(GO)) == GO


@pytest.mark.parametrize(
    "datagram",
    [b"", b"7", b'{"kind":"weather"}', b'{"kind":"loop_statistics","ticks":"many"}', b"[" * 8000, b"x" * 9000],
)
def test_nonsense_is_a_value_error_at_both_ends(datagram: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_safety_message(datagram)
    with pytest.raises(ValueError, match=r".+"):
        decode_directive(datagram)


def test_punctuality_counts_late_ticks_and_the_worst() -> None:
    punctuality = Punctuality(0.01)
    punctuality.note(0.001, 0.0005)
    punctuality.note(0.025, 0.0007)
    assert punctuality.told() == LoopStatistics(2, 1, 0.025, 0.0007, 0.01)
    punctuality.start_again()
    assert punctuality.told() == LoopStatistics(0, 0, 0.0, 0.0, 0.01)
