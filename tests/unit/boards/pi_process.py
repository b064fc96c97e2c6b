"""Runs the real safety process on a raspberry-pi board: `python -m … CONFIG FOLDER`. Its pins are a file. A third word
has it make the board safe and end, as after a process that was killed.

FOLDER holds what survives a killed process on a real board as well: the log of the pins' edges, the PWM's sysfs tree,
and `ev`, one letter that somebody else writes.
"""

import logging
import sys
import time
from pathlib import Path
from typing import Any

from gpiozero.pins.mock import MockFactory, MockPin

from chargepoint.safety.plan import read_safety_plan
from chargepoint.safety.process import make_safe, run
from chargepoint.system_notifier import notifier_of_this_service
from chargepoint_hal.boards.raspberry_pi.board import PiMachine, RaspberryPiBoard

COIL, ALIVE = 5, 6
FULL_SCALE, MIDDLE, COUNTS_PER_VOLT = 4095, 2048, 133.0
CALIBRATION = [MIDDLE - 12 * COUNTS_PER_VOLT, -12.0, MIDDLE + 12 * COUNTS_PER_VOLT, 12.0]
HIGH_VOLTS = {"A": 12.0, "C": 6.0}
SAMPLE_SHARE = 0.0367
"""Of a period of the PWM: 27 samples in each."""
LOOK_SAMPLES = 100


class FiledPin(MockPin):  # type: ignore[misc]  # a library without types
    """Each level that it drives is a line in a file at once: a killed process takes none of them back."""

    log: Path

    def output_with_state(self, state: bool) -> None:
        """In one step, as the board's own pins do it."""
        self._function = "output"
        self._change_state(bool(state))
        self._note("claim")

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        self._note(value)

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        self._note("drive")

    def _note(self, what: str) -> None:
        with self.log.open("a", encoding="ascii") as log:
            log.write(f"{time.monotonic_ns()} {self.info.name} {what} {int(bool(self._state))}\n")


class WavingSpi:
    """The pilot as the converter sees it: the EV's level in the high half of whatever duty the kernel has."""

    def __init__(self, channel: Path, ev: Path) -> None:
        self._channel = channel
        self._ev = ev
        self._samples = 0
        self._share, self._high_volts = 1.0, 12.0

    def xfer2(self, frame: list[int]) -> list[int]:
        if self._samples % LOOK_SAMPLES == 0:
            self._look()
        self._samples += 1
        is_high = (self._samples * SAMPLE_SHARE) % 1.0 < self._share
        counts = round(MIDDLE + (self._high_volts if is_high else -12.0) * COUNTS_PER_VOLT)
        return [0xFF, 0xE0 | counts >> 8, counts & 0xFF]

    def close(self) -> None: ...

    def _look(self) -> None:
        duty = (self._channel / "duty_cycle").read_text().strip() or "1000000"
        self._share = int(duty) / 1_000_000
        self._high_volts = HIGH_VOLTS[self._ev.read_text().strip() or "A"]


def open_board(folder: Path, is_active_low: bool) -> RaspberryPiBoard:
    FiledPin.log = folder / "edges"
    channel = folder / "pwm" / "pwmchip0" / "pwm0"

    def open_factory(_name: str, _chip: int) -> Any:
        return MockFactory(pin_class=FiledPin)

    machine = PiMachine(
        open_factory=open_factory,
        open_spi=lambda _bus, _device, _hertz: WavingSpi(channel, folder / "ev"),
        pwm_class=folder / "pwm",
    )
    evse = {"pwm_channel": 0, "pilot_channel": 0, "pilot_calibration": CALIBRATION, "contactor_pin": COIL}
    options = {
        "pin_factory": "lgpio",
        "gpio_chip": 0,
        "converter": "mcp3208",
        "alive_pin": ALIVE,
        "active_low_outputs": [COIL] if is_active_low else [],
        "evse": [evse | {"pwm_device": "pwmchip0"}],
    }
    return RaspberryPiBoard(options, machine)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    plan = read_safety_plan(Path(sys.argv[1]))
    folder = Path(sys.argv[2])
    active_low = (folder / "active-low").exists()

    def opener(_options: object) -> RaspberryPiBoard:
        return open_board(folder, active_low)

    sys.exit(make_safe(plan, opener) if len(sys.argv) > 3 else run(plan, opener, notifier_of_this_service()))
