"""The real process, its real socket and its real signals; the board is cells in a file. Nothing here asserts a time."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective, SafetyHello, WhyOpen
from chargepoint.safety.client import ClientMessage, SafetyLinkClient
from unit.safety.fake_board import Cell, FakeEvse, shared_cells

REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 30.0
GO = PowerDirective(EvseId(1), True, 16.0, lock_wanted=True, lease_seconds=1.5)


class RunningSafety:
    """One safety process, a client of it and the EV at its board."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.evse = FakeEvse(shared_cells(directory / "cells"))
        self.evse.reset()
        self.socket_path = directory / "run" / "safety.sock"
        self.process: asyncio.subprocess.Process | None = None
        self.client = SafetyLinkClient(self.socket_path, reconnect_seconds=0.02)
        self.last: EvseObservation | None = None
        self.others: list[ClientMessage] = []
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    async def start(self, environment: dict[str, str] | None = None) -> None:
        config = self.directory / "station.toml"
        config.write_text(f'[station]\nrun_dir = "{self.directory / "run"}"\n[safety]\nlease_seconds = 3\n')
        paths = [str(REPOSITORY / part) for part in ("tests", "src", "hal")]
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "unit.safety.fake_board_process", str(config), str(self.directory / "cells")),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **(environment or {})},
            stderr=asyncio.subprocess.PIPE,
        )

    def listen(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for the next messages until it holds."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def told(self, holds: Callable[[EvseObservation], bool]) -> EvseObservation:
        """The first observation of which it holds."""
        await self.until(lambda: self.last is not None and holds(self.last))
        assert self.last is not None
        return self.last

    async def charge(self) -> None:
        self.evse.plug_in(wants_power=True)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (self.last and self.last.contactor_commanded):
                if self.client.is_connected and self.last is not None:
                    await self.client.send(replace(GO, plug=self.last.plug))
                self._changed.clear()
                await self._changed.wait()
        assert self.evse.is_live()

    async def exit_code(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            _, self.stderr = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode

    async def stop_listening(self) -> None:
        """The controller is gone, and with it what it saw."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self.last = None

    async def stop(self) -> None:
        await self.stop_listening()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()

    async def _read(self) -> None:
        messages = self.client.messages()
        try:
            async for message in messages:
                if isinstance(message, EvseObservation):
                    self.last = message
                else:
                    self.others.append(message)
                self._changed.set()
        finally:
            await messages.aclose()


@pytest.fixture
async def safety(tmp_path: Path) -> AsyncIterator[RunningSafety]:
    running = RunningSafety(tmp_path)
    yield running
    await running.stop()


NONSENSE = [
    b"\xff\xfe",
    b"[" * 8000,
    b"{}",
    b"null",
    b'{"kind":"power_directive","evse_id":1,"power_allowed":"yes","limit_amps":16}',
    b'{"kind":"power_directive","evse_id":1,"power_allowed":true,"limit_amps":1' + b"0" * 400 + b"}",
    b'{"kind":"power_directive","evse_id":99,"power_allowed":true,"limit_amps":16}',
    b'{"kind":"power_directive","evse_id":1,"power_allowed":true,"limit_amps":NaN}',
    b"x" * 20000,
]


async def speak_nonsense(path: Path) -> None:
    """A rude controller: each of its messages is answered with a refusal."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as rude:
        rude.setblocking(False)
        await loop.sock_connect(rude, str(path))
        for message in NONSENSE:
            await loop.sock_sendall(rude, message)
            while b'"refused"' not in await loop.sock_recv(rude, 8192):
                pass


async def test_nonsense_a_second_controller_and_sigterm_in_the_middle_of_a_session(safety: RunningSafety) -> None:
    await safety.start()
    safety.listen()
    await safety.charge()
    await safety.stop_listening()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await speak_nonsense(safety.socket_path)
    safety.listen()
    seen = await safety.told(lambda seen: True)
    assert seen.contactor_commanded
    assert safety.evse[Cell.CLOSINGS] == 1
    hellos = [message for message in safety.others if isinstance(message, SafetyHello)]
    assert hellos[0].evse_ids == (1,)
    assert hellos[0].has_lock == {1: True}

    assert safety.process is not None
    safety.process.send_signal(signal.SIGTERM)
    assert await safety.exit_code() == 0
    assert not safety.evse.commanded_closed()
    assert not safety.socket_path.exists()


async def test_an_exception_in_a_tick_makes_safe_and_ends_with_one(safety: RunningSafety) -> None:
    await safety.start()
    safety.listen()
    await safety.told(lambda seen: True)
    safety.evse[Cell.CONTACTOR] = 1
    safety.evse[Cell.RAISES_BUG] = 1
    assert await safety.exit_code() == 1
    assert not safety.evse.commanded_closed()
    assert b"ZeroDivisionError" in safety.stderr


async def test_a_killed_controller_leaves_its_lease_and_not_more(safety: RunningSafety) -> None:
    await safety.start()
    safety.listen()
    await safety.charge()
    await safety.stop_listening()
    assert safety.evse.is_live(), "the end of the link alone opens nothing"
    safety.listen()
    seen = await safety.told(lambda seen: seen.lease_remaining_seconds == 0.0)
    assert seen.pilot_signal == "steady"
    safety.evse.want_power(False)
    seen = await safety.told(lambda seen: not seen.contactor_commanded)
    assert WhyOpen.LEASE_EXPIRED in seen.why_open
    assert not safety.evse.is_live()
    assert safety.evse[Cell.CLOSINGS] == 1


async def test_the_service_manager_hears_ready_watchdog_and_stopping(safety: RunningSafety) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)
        manager.bind(str(safety.directory / "notify"))
        await safety.start({"NOTIFY_SOCKET": str(safety.directory / "notify")})
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await loop.sock_recv(manager, 4096) == b"READY=1"
            assert await loop.sock_recv(manager, 4096) == b"WATCHDOG=1"
            assert safety.process is not None
            safety.process.send_signal(signal.SIGTERM)
            while (word := await loop.sock_recv(manager, 4096)) != b"STOPPING=1":
                assert word == b"WATCHDOG=1"
    assert await safety.exit_code() == 0


async def test_a_second_process_on_the_same_path_is_refused(safety: RunningSafety, tmp_path: Path) -> None:
    await safety.start()
    safety.listen()
    await safety.told(lambda seen: True)
    second = RunningSafety(tmp_path)
    try:
        await second.start()
        assert await second.exit_code() == 1
        assert b"another safety process serves it" in second.stderr
    finally:
        await second.stop()
    assert safety.process is not None
    assert safety.process.returncode is None
