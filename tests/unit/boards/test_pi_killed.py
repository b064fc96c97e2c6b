"""kill -9 of the process that drives a Raspberry Pi's pins: what they did before, and what the next process does.

A real process, a real signal, and a log of every level that a pin was driven to. No time is judged: what counts is the
order of the edges, and that there are none any more.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import EvseObservation, PowerDirective
from chargepoint.safety.client import SafetyLinkClient
from unit.boards.pi_process import ALIVE, COIL

REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 60.0
MONOFLOP_SECONDS = 0.5
REPETITION_SECONDS = 0.2


@dataclass(frozen=True)
class Edge:
    at_seconds: float
    pin: str
    what: str
    is_high: bool


class PiUnderTest:
    """A folder that is the board, and the process of the moment."""

    def __init__(self, folder: Path, is_active_low: bool) -> None:
        self.folder = folder
        self.is_active_low = is_active_low
        self.process: asyncio.subprocess.Process | None = None
        self.last: EvseObservation | None = None
        self._client: SafetyLinkClient | None = None
        self._reader: asyncio.Task[None] | None = None
        self.channel = folder / "pwm" / "pwmchip0" / "pwm0"
        self.channel.mkdir(parents=True)
        (folder / "pwm" / "pwmchip0" / "npwm").write_text("1\n")
        for name, value in (("period", 0), ("duty_cycle", 0), ("enable", 0)):
            (self.channel / name).write_text(f"{value}\n")
        (folder / "edges").touch()
        if is_active_low:
            (folder / "active-low").touch()
        self.shows("A")

    def shows(self, letter: str) -> None:
        new = self.folder / "ev.new"
        new.write_text(letter)
        new.replace(self.folder / "ev")

    async def start(self) -> None:
        config = self.folder / "station.toml"
        run_dir = self.folder / "run"
        config.write_text(f'[station]\nrun_dir = "{run_dir}"\n[[evse]]\noutlet = "tethered"\n')
        self.process = await self._process()
        self._client = SafetyLinkClient(run_dir / "safety.sock", reconnect_seconds=0.02)
        self._reader = asyncio.create_task(self._read(self._client))
        await self.until(lambda: self.last is not None and self.last.is_settled)

    async def _process(self, *words: str) -> asyncio.subprocess.Process:
        paths = [str(REPOSITORY / part) for part in ("tests", "src", "hal")]
        config = self.folder / "station.toml"
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "unit.boards.pi_process", str(config), str(self.folder), *words),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def make_safe(self) -> int:
        """As the service manager does it after a process that has ended; its exit code."""
        process = await self._process("make-safe")
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await process.wait()

    async def charge(self) -> None:
        self.shows("C")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not self.is_coil_on():
                if self._client is not None and self._client.is_connected and self.last is not None:
                    wish = PowerDirective(EvseId(1), True, 16.0, lease_seconds=10.0, plug=self.last.plug)
                    await self._client.send(wish)
                await asyncio.sleep(REPETITION_SECONDS)

    async def end_with(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.process.wait()
        await self.stop_listening()

    async def stop_listening(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        self.last = None

    async def close(self) -> None:
        await self.stop_listening()
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def until(self, claim: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not claim():  # noqa: ASYNC110 - the edges are in a file, which tells nobody
                await asyncio.sleep(0.02)

    def edges(self, pin: int) -> list[Edge]:
        lines = (self.folder / "edges").read_text(encoding="ascii").splitlines()
        rows = [line.split() for line in lines]
        found = [Edge(int(at) / 1e9, name, what, high == "1") for at, name, what, high in rows]
        return [edge for edge in found if edge.pin == f"GPIO{pin}"]

    def driven_on(self) -> list[Edge]:
        """Each time that the coil was driven on."""
        driven = [edge for edge in self.edges(COIL) if edge.what in ("claim", "drive", "output")]
        return [edge for edge in driven if edge.is_high is not self.is_active_low]

    def is_coil_on(self) -> bool:
        edges = self.edges(COIL)
        return bool(edges) and edges[-1] in self.driven_on()

    def beats(self) -> int:
        return len(self.edges(ALIVE))

    async def _read(self, client: SafetyLinkClient) -> None:
        messages = client.messages()
        try:
            async for message in messages:
                if isinstance(message, EvseObservation):
                    self.last = message
        finally:
            await messages.aclose()


@pytest.fixture(params=[False, True], ids=["active high", "active low"])
async def pi(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[PiUnderTest]:
    pi = PiUnderTest(tmp_path, request.param)
    yield pi
    await pi.close()


async def the_alive_line_rests(pi: PiUnderTest) -> None:
    """Nobody toggles it any more: the monoflop in the coil's supply falls, whatever the pin's level is."""
    beats = pi.beats()
    await asyncio.sleep(MONOFLOP_SECONDS)
    assert pi.beats() == beats
    assert asyncio.get_running_loop().time() - pi.edges(ALIVE)[-1].at_seconds >= MONOFLOP_SECONDS


@pytest.mark.real_processes
async def test_idle_and_killed_the_coil_was_never_driven_on(pi: PiUnderTest) -> None:
    await pi.start()
    beats = pi.beats()
    await pi.until(lambda: pi.beats() > beats + 10)
    await pi.end_with(signal.SIGKILL)
    await the_alive_line_rests(pi)
    assert pi.edges(COIL)
    assert pi.driven_on() == []
    await pi.start()
    await pi.end_with(signal.SIGTERM)
    assert pi.driven_on() == [], "nor by the next process, from its start to its stop"


@pytest.mark.real_processes
async def test_charging_and_killed_the_monoflop_opens_and_the_next_process_starts_with_the_coil_off(
    pi: PiUnderTest,
) -> None:
    await pi.start()
    assert pi.driven_on() == [], "at the start"
    await pi.charge()
    assert len(pi.driven_on()) == 1
    assert 0 < int((pi.channel / "duty_cycle").read_text()) < 1_000_000
    beats = pi.beats()
    await pi.until(lambda: pi.beats() > beats + 10)
    await pi.end_with(signal.SIGKILL)
    await the_alive_line_rests(pi)
    assert pi.is_coil_on(), "a pin keeps its level: the monoflop is what opens the contactor"
    assert int((pi.channel / "duty_cycle").read_text()) < 1_000_000, "and hardware PWM runs on"
    killed_at = asyncio.get_running_loop().time()
    await pi.start()
    after = [edge for edge in pi.edges(COIL) if edge.at_seconds > killed_at]
    assert after[0].what in ("claim", "output")
    assert all(edge not in pi.driven_on() for edge in after), "off with its first step, and nothing closes by itself"
    first_beat = next(edge for edge in pi.edges(ALIVE) if edge.at_seconds > killed_at)
    assert after[0].at_seconds < first_beat.at_seconds, "the coil is off before the monoflop is fed again"
    assert int((pi.channel / "duty_cycle").read_text()) == 1_000_000, "the pilot is steady"
    await pi.end_with(signal.SIGTERM)
    assert len(pi.driven_on()) == 1, "none by the stop"


@pytest.mark.real_processes
async def test_sigterm_while_charging_opens_and_drives_nothing_on(pi: PiUnderTest) -> None:
    await pi.start()
    await pi.charge()
    await pi.end_with(signal.SIGTERM)
    assert not pi.is_coil_on()
    assert len(pi.driven_on()) == 1
    assert int((pi.channel / "duty_cycle").read_text()) == 1_000_000


@pytest.mark.real_processes
async def test_killed_while_charging_the_service_manager_makes_it_safe(pi: PiUnderTest) -> None:
    """Where no monoflop does it: what ExecStopPost of the unit calls."""
    await pi.start()
    await pi.charge()
    assert await pi.make_safe() == 1, "not while a process serves"
    assert pi.is_coil_on()
    await pi.end_with(signal.SIGKILL)
    assert pi.is_coil_on()
    beats = pi.beats()
    assert await pi.make_safe() == 0
    assert not pi.is_coil_on()
    assert len(pi.driven_on()) == 1
    assert int((pi.channel / "duty_cycle").read_text()) == 1_000_000
    assert not any(edge.is_high for edge in pi.edges(ALIVE)[beats:]), "the monoflop is not fed"
