"""One channel of the kernel's hardware PWM, through sysfs. Never a software PWM: its edges are no control pilot's.

The chip's number changes with model and kernel, so it is found by its device, driver or device-tree name.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.faults import Fault, HardwareError

SYSFS = Path("/sys/class/pwm")
PERIOD_NANOSECONDS = 1_000_000
USUAL_CHIPS = ("brcm,bcm2835-pwm", "raspberrypi,rp1-pwm")
PERMISSION_SECONDS = 2.0
"""How long udev may take to hand a fresh channel to the group."""
POLL_SECONDS = 0.01
NORMAL = "normal"


def find_chip(wanted: str | None, sysfs: Path = SYSFS) -> Path:
    """The one chip whose device path, driver or device-tree name has `wanted` in it; BoardConfigurationError."""
    chips = {chip: _names(chip) for chip in sorted(sysfs.glob("pwmchip*"))}
    words = USUAL_CHIPS if wanted is None else (wanted,)
    found = [chip for chip, names in chips.items() if any(word in name for word in words for name in names)]
    if len(found) == 1:
        return found[0]
    there = "; ".join(f"{chip.name} is {', '.join(names)}" for chip, names in chips.items())
    if not chips:
        raise BoardConfigurationError(
            f"{sysfs} has no PWM chip: add dtoverlay=pwm-2chan,pin=12,func=4,pin2=13,func2=4 to config.txt and reboot"
        )
    what = "no PWM chip is" if not found else "more than one PWM chip is"
    raise BoardConfigurationError(
        f"option 'pwm_device': {what} {' or '.join(map(repr, words))}: name one by a part of its path; {there}"
    )


def _names(chip: Path) -> tuple[str, ...]:
    """What tells a chip from others: the path of its device, its driver, and its device-tree names."""
    device = (chip / "device").resolve()
    names = [str(device)]
    driver = device / "driver"
    if driver.exists():
        names.append(driver.resolve().name)
    compatible = device / "of_node" / "compatible"
    if compatible.is_file():
        names += [name.decode("ascii", "replace") for name in compatible.read_bytes().split(b"\0") if name]
    return tuple(names)


def write_text(path: Path, text: str) -> None:
    """OSError where the kernel refuses."""
    path.write_text(text, encoding="ascii")


@dataclass(frozen=True, slots=True)
class Kernel:
    """How the tree in sysfs is written, and how time passes while udev works on it."""

    write: Callable[[Path, str], None] = write_text
    settle: Callable[[float], None] = time.sleep


class PwmChannel:
    """1 kHz on one channel. Running from `open` on, also after the process: at 100 percent it is a steady level."""

    def __init__(self, directory: Path, is_inverted: bool, kernel: Kernel) -> None:
        self._directory = directory
        self._is_inverted = is_inverted
        self._kernel = kernel

    @classmethod
    def open(cls, chip: Path, number: int, is_inverted: bool, kernel: Kernel | None = None) -> "PwmChannel":
        """Export the channel if need be and bring it to 100 percent, whatever a predecessor left running."""
        kernel = kernel or Kernel()
        channels = int((chip / "npwm").read_text(encoding="ascii"))
        if number >= channels:
            raise BoardConfigurationError(
                f"option 'pwm_channel': {chip} has the channels 0 to {channels - 1}, not {number}"
            )
        directory = chip / f"pwm{number}"
        try:
            if not directory.exists():
                kernel.write(chip / "export", str(number))
            _wait_until_writable(directory / "enable", kernel.settle)
            channel = cls(directory, is_inverted, kernel)
            channel._start()
        except OSError as error:
            raise BoardConfigurationError(
                f"{directory}: {error.strerror or error}: the PWM must be free and writable for the group of the "
                "safety process (see docs/hardware/raspberry-pi.md)"
            ) from error
        return channel

    def set_duty_percent(self, duty_percent: float) -> None:
        """0 is the low rail, 100 the high one; HardwareError(BOARD_SILENT) when the kernel refuses."""
        try:
            self._write("duty_cycle", self._nanoseconds(duty_percent))
        except OSError as error:
            raise HardwareError(
                Fault.BOARD_SILENT, f"{self._directory}: {error.strerror or error}: the PWM can not be set any more"
            ) from error

    def _start(self) -> None:
        """Steady first: a PWM that still runs must not outlive the process that asked for it."""
        if self._read("period") != PERIOD_NANOSECONDS:
            if self._read("duty_cycle"):
                self._write("duty_cycle", 0)
            self._write("period", PERIOD_NANOSECONDS)
        self._make_polarity_normal()
        self._write("duty_cycle", self._nanoseconds(100.0))
        self._write("enable", 1)

    def _make_polarity_normal(self) -> None:
        """A predecessor may have turned the levels round: what is meant as state F would offer the highest current.
        The kernel changes it only while the channel stands still."""
        polarity = self._directory / "polarity"
        if not polarity.exists() or polarity.read_text(encoding="ascii").strip() == NORMAL:
            return
        self._write("enable", 0)
        self._kernel.write(polarity, NORMAL)

    def _nanoseconds(self, duty_percent: float) -> int:
        share = (100.0 - duty_percent if self._is_inverted else duty_percent) / 100.0
        return round(share * PERIOD_NANOSECONDS)

    def _read(self, name: str) -> int:
        return int((self._directory / name).read_text(encoding="ascii"))

    def _write(self, name: str, value: int) -> None:
        self._kernel.write(self._directory / name, str(value))


def _wait_until_writable(path: Path, settle: Callable[[float], None]) -> None:
    """PermissionError or FileNotFoundError when it stays out of reach."""
    for _ in range(round(PERMISSION_SECONDS / POLL_SECONDS)):
        try:
            with path.open("r+", encoding="ascii"):
                return
        except OSError:
            settle(POLL_SECONDS)
    with path.open("r+", encoding="ascii"):
        return
