"""A Raspberry Pi on the bench's world: pins, SPI and sysfs on one side, the simulated electricity on the other.

The converter answers frames bit by bit as an MCP3xxx does, and samples the pilot where the wave happens to be.
"""

from collections.abc import Callable
from errno import EBUSY, EINVAL, EIO
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from chargepoint_hal.bench.settings import BenchSettings, EvseSettings
from chargepoint_hal.bench.wires import PILOT_MODES, EvseSignal, StationSignal, Wires
from chargepoint_hal.bench.world import World
from chargepoint_hal.boards.raspberry_pi.board import PiMachine, RaspberryPiBoard
from chargepoint_hal.boards.raspberry_pi.converters import Spi
from chargepoint_hal.boards.raspberry_pi.kernel_pwm import Kernel
from chargepoint_hal.contract import LockPosition, PilotSignal

PERIOD_SECONDS = 0.001
SAMPLE_SECONDS = 0.0000367
PULL_UP_OHMS = 1000.0
VOLTS_PER_COUNT = {10: 0.03, 12: 0.0075}
MIDDLE = {10: 512, 12: 2048}
CHANNELS = {"pilot": 0, "proximity": 1, "high peak": 2, "low peak": 3}
COIL, ALIVE, FEEDBACK, LOCK, UNLOCK, LOCKED, RCD, EARTH, STOP, MAINS = 5, 6, 12, 13, 16, 20, 21, 22, 23, 24
LIMIT = 25
SECOND_COIL, SECOND_FEEDBACK = 17, 27
TWO_CONTACTORS = {"three_phase_contactor_pin": SECOND_COIL, "three_phase_feedback_pin": SECOND_FEEDBACK}
PWM_PIN = 19
RCD_TEST, RED, GREEN, BLUE, BUZZER = 26, 14, 15, 18, 4


class EdgePin(MockPin):  # type: ignore[misc]  # a library without types
    """A mock pin that becomes an output in one step, and keeps a log of the levels that it drove."""

    driven: list[bool]
    log: Callable[[bool], object]

    def __init__(self, factory: Any, info: Any) -> None:
        self.driven = []
        self.log = lambda _level: None
        super().__init__(factory, info)

    def output_with_state(self, state: bool) -> None:
        self._function = "output"
        self._change_state(bool(state))
        self.driven.append(bool(state))

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output":
            self.driven.append(bool(self._state))

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        self.driven.append(bool(value))
        self.log(bool(value))


class FakeKernel:
    """A sysfs tree with PWM chips; a channel appears a while after it was exported, as udev lets it."""

    def __init__(self, root: Path) -> None:
        self.pwm_class = root / "class" / "pwm"
        self.pwm_class.mkdir(parents=True)
        self._devices = root / "devices" / "platform"

    def add_chip(self, number: int, device: str, compatible: str, channels: int = 2) -> Path:
        device_path = self._devices / device
        (device_path / "of_node").mkdir(parents=True)
        (device_path / "of_node" / "compatible").write_bytes(compatible.encode("ascii") + b"\0")
        chip = self.pwm_class / f"pwmchip{number}"
        chip.mkdir()
        (chip / "device").symlink_to(device_path)
        (chip / "npwm").write_text(f"{channels}\n")
        (chip / "export").write_text("")
        return chip

    def add_channel(self, chip: Path, number: int, period: int = 0, duty: int = 0, enable: int = 0) -> Path:
        channel = chip / f"pwm{number}"
        channel.mkdir()
        for name, value in (("period", period), ("duty_cycle", duty), ("enable", enable), ("polarity", "normal")):
            (channel / name).write_text(f"{value}\n")
        return channel

    def write(self, path: Path, text: str) -> None:
        """As `drivers/pwm` takes it: no duty longer than its period, no polarity turned round while it runs."""
        channel = path.parent

        def number(name: str) -> int:
            return int(text) if path.name == name else int((channel / name).read_text())

        if path.name in ("period", "duty_cycle") and number("duty_cycle") > number("period"):
            raise OSError(EINVAL, "Invalid argument", str(path))
        if path.name == "polarity" and number("enable"):
            raise OSError(EBUSY, "Device or resource busy", str(path))
        path.write_text(f"{text}\n")

    def settle(self, _seconds: float) -> None:
        """What was exported appears."""
        for export in self.pwm_class.glob("pwmchip*/export"):
            wanted = export.read_text().strip()
            if wanted and not (export.parent / f"pwm{wanted}").exists():
                self.add_channel(export.parent, int(wanted))


class PiBench:
    """`settle` lets time pass on both sides."""

    def __init__(self, root: Path, model: str = "mcp3208", *, coil_is_active_low: bool = False) -> None:
        self.kernel = FakeKernel(root)
        self.chip = self.kernel.add_chip(3, "fe20c000.pwm", "brcm,bcm2835-pwm")
        self.kernel.add_chip(0, "fan.pwm", "maker,fan-pwm")
        self.w1_devices, self.thermal_zones = root / "w1", root / "thermal"
        self.factory: Any = None
        self.pins: dict[int, EdgePin] = {}
        self.model = model
        self.bits = 10 if model == "mcp3008" else 12
        self.coil_is_active_low = coil_is_active_low
        self.active_low = {COIL} if coil_is_active_low else set[int]()
        self.wires = Wires.in_memory(1)
        self.world = World(BenchSettings(evses=(EvseSettings(),)), self.wires)
        self.now = 0.0
        self.sampled_at = 0.0
        self.is_converter_there = True
        self.has_broken_driver = False
        self.second_is_welded = False
        self.share = 0.0
        self._alive_before = False
        self.world.step(self.now)

    def options(self, **changes: Any) -> dict[str, Any]:
        middle, scale = MIDDLE[self.bits], VOLTS_PER_COUNT[self.bits]
        evse = {
            "pwm_channel": 1,
            "pwm_pin": PWM_PIN,
            "pilot_channel": CHANNELS["pilot"],
            "pilot_calibration": [middle - 12 / scale, -12.0, middle + 12 / scale, 12.0],
            "contactor_pin": COIL,
            "contactor_feedback_pin": FEEDBACK,
            "proximity_channel": CHANNELS["proximity"],
            "proximity_pull_up_ohms": PULL_UP_OHMS,
            "lock_pin": LOCK,
            "unlock_pin": UNLOCK,
            "lock_position_pin": LOCKED,
            "residual_current_pin": RCD,
            "protective_earth_pin": EARTH,
            "emergency_stop_pin": STOP,
            "mains_pin": MAINS,
            "external_limit_pin": LIMIT,
            **changes,
        }
        return {
            "pin_factory": "lgpio",
            "gpio_chip": 0,
            "converter": self.model,
            "alive_pin": ALIVE,
            "active_low_outputs": sorted(self.active_low),
            "evse": [{name: value for name, value in evse.items() if value is not None}],
        }

    def machine(self) -> PiMachine:
        return PiMachine(
            open_factory=self._open_factory,
            open_spi=self._open_spi,
            pwm_class=self.kernel.pwm_class,
            iio_devices=self.kernel.pwm_class.parent / "iio",
            w1_devices=self.w1_devices,
            thermal_zones=self.thermal_zones,
            thermometer_look_seconds=0.01,
            clock=lambda: self.now,
            kernel=Kernel(self.kernel.write, self.kernel.settle),
        )

    def open_board(self, **changes: Any) -> RaspberryPiBoard:
        board = RaspberryPiBoard(self.options(**changes), self.machine())
        self.settle(0.1)
        return board

    def settle(self, seconds: float) -> None:
        self._carry_commands()
        self.world.step(self.now)
        self.now += seconds
        self.world.step(self.now)
        self._carry_answers()

    def _open_factory(self, _name: str, _chip: int) -> Any:
        self.factory = MockFactory(pin_class=EdgePin)
        self.pins = {number: self.factory.pin(number) for number in (COIL, ALIVE, LOCK, UNLOCK)}
        self._carry_answers()
        return self.factory

    def _open_spi(self, bus: int, device: int, _hertz: int) -> Spi:
        assert (bus, device) == (0, 0)
        return FakeSpi(self)

    def log_of(self, *numbers: int) -> list[tuple[int, bool]]:
        """What these pins are driven to from now on, in order."""
        log: list[tuple[int, bool]] = []
        for number in numbers:
            self.factory.pin(number).log = lambda level, number=number: log.append((number, level))
        return log

    def refuse(self, number: int) -> None:
        """Nothing drives that pin any more."""

        def refusal(_level: bool) -> None:
            raise OSError(EIO, "Input/output error", f"GPIO{number}")

        self.factory.pin(number).log = refusal

    def coil_is_on(self) -> bool:
        pin = self.pins[COIL]
        return pin.function == "output" and bool(pin.state) is not self.coil_is_active_low

    def is_on(self, number: int) -> bool:
        """What hangs on that output pin."""
        pin = self.factory.pin(number)
        return pin.function == "output" and bool(pin.state) is not (number in self.active_low)

    def was_coil_ever_on(self) -> bool:
        return any(level is not self.coil_is_active_low for level in self.pins[COIL].driven)

    def duty_share(self) -> float:
        channel = self.chip / "pwm1"
        if not channel.exists() or int((channel / "enable").read_text()) == 0:
            return 0.0
        share = int((channel / "duty_cycle").read_text()) / int((channel / "period").read_text())
        return share if (channel / "polarity").read_text().strip() == "normal" else 1.0 - share

    def _carry_commands(self) -> None:
        share = self.share = self.duty_share()
        signal = {0.0: PilotSignal.FAULT, 1.0: PilotSignal.STEADY}.get(share, PilotSignal.PWM)
        self.wires.write(1, EvseSignal.DUTY_PERCENT, share * 100.0)
        self.wires.write(1, EvseSignal.PILOT_MODE, PILOT_MODES[signal])
        self.wires.write(1, EvseSignal.CONTACTOR_COMMAND, float(self.coil_is_on()))
        is_second_fitted = self.factory.pin(SECOND_COIL).function == "output"
        self.wires.write(
            1, EvseSignal.CONTACTOR_PHASES, 1.0 if is_second_fitted and not self.is_on(SECOND_COIL) else 3.0
        )
        self.wires.write(1, EvseSignal.RCD_TEST_COMMAND, float(self.is_on(RCD_TEST)))
        alive = bool(self.pins[ALIVE].state)
        if alive is not self._alive_before:
            self._alive_before = alive
            beats = self.wires.read_station(StationSignal.ALIVE_COUNTER)
            self.wires.write_station(StationSignal.ALIVE_COUNTER, beats + 1.0)
        assert not (self.pins[LOCK].state and self.pins[UNLOCK].state), "both ways of the H-bridge at once"
        if self.pins[LOCK].state or self.pins[UNLOCK].state:
            self.wires.write(1, EvseSignal.LOCK_COMMAND, float(self.pins[LOCK].state))

    def _carry_answers(self) -> None:
        read = self.wires.read
        contactor = self.world.evse(1).contactor
        is_second_closed = contactor.is_closed and contactor.phases == 3
        closed_contacts = {
            SECOND_FEEDBACK: not (is_second_closed or self.second_is_welded),
            FEEDBACK: read(1, EvseSignal.CONTACTOR_FEEDBACK) < 1.0,
            LOCKED: self.wires.lock_position(1) is LockPosition.LOCKED,
            RCD: read(1, EvseSignal.RCD_TRIPPED) < 1.0,
            EARTH: read(1, EvseSignal.PE_CONNECTED) >= 1.0,
            STOP: read(1, EvseSignal.EMERGENCY_STOP_PRESSED) < 1.0,
            MAINS: read(1, EvseSignal.MAINS_PRESENT) >= 1.0,
            LIMIT: True,
        }
        for number, is_closed in closed_contacts.items():
            pin = self.factory.pin(number)
            if pin.function == "input" and pin.pull == "up":
                pin.drive_low() if is_closed else pin.drive_high()

    def pilot_volts(self, at: float) -> float:
        """Where the wave is at that time, by the duty of the last `settle`."""
        sample = self.world.evse(1).pilot()
        is_high = (at % PERIOD_SECONDS) / PERIOD_SECONDS < self.share
        return sample.high_volts if is_high else sample.low_volts

    def counts(self, channel: int) -> int:
        self.sampled_at += SAMPLE_SECONDS
        full_scale = (1 << self.bits) - 1
        if channel == CHANNELS["proximity"]:
            ohms = self.wires.read(1, EvseSignal.PROXIMITY_OHMS)
            return full_scale if ohms > 1e6 else round(full_scale * ohms / (ohms + PULL_UP_OHMS))
        sample = self.world.evse(1).pilot()
        volts = {
            CHANNELS["high peak"]: sample.high_volts,
            CHANNELS["low peak"]: sample.low_volts,
        }.get(channel)
        volts = self.pilot_volts(self.sampled_at) if volts is None else volts
        return max(0, min(full_scale, round(MIDDLE[self.bits] + volts / VOLTS_PER_COUNT[self.bits])))


class FakeSpi:
    """The chip at the end of SPI: it reads the frame bit by bit, and answers from its own bit on."""

    def __init__(self, bench: PiBench) -> None:
        self._bench = bench
        self.is_closed = False

    def xfer2(self, frame: list[int]) -> list[int]:
        assert not self.is_closed
        if self._bench.has_broken_driver:
            raise ZeroDivisionError("a bug in the driver")
        if not self._bench.is_converter_there:
            return [0xFF] * len(frame)
        sent = "".join(f"{byte:08b}" for byte in frame)
        start = sent.index("1")
        is_single_ended = sent[start + 1] == "1"
        assert is_single_ended, "a differential reading"
        channel = int(sent[start + 2 : start + 5], 2)
        answered = ["1"] * len(sent)  # nobody drives the line before the null bit
        null_place = start + 6  # one clock for sampling after the last channel bit
        counts = self._bench.counts(channel)
        answered[null_place : null_place + 1 + self._bench.bits] = "0" + f"{counts:0{self._bench.bits}b}"
        text = "".join(answered)[: len(sent)]
        return [int(text[place : place + 8], 2) for place in range(0, len(text), 8)]

    def close(self) -> None:
        self.is_closed = True
