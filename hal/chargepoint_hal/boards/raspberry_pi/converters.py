"""Analogue to digital converters: MCP3008, MCP3204 and MCP3208 on SPI, and any slow one that the kernel knows (IIO).

They give counts; `Calibration` makes volts of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chargepoint_hal.boards.configuration_error import BoardConfigurationError, library
from chargepoint_hal.faults import Fault, HardwareError

IIO = Path("/sys/bus/iio/devices")


class Spi(Protocol):
    """The part of `spidev.SpiDev` that is used."""

    def xfer2(self, frame: list[int]) -> Sequence[int]: ...

    def close(self) -> None: ...


class Converter(Protocol):
    """Counts of one channel, 0 to `full_scale`."""

    @property
    def full_scale(self) -> int: ...

    def counts(self, channel: int) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class McpModel:
    channels: int
    bits: int

    def frame(self, channel: int) -> list[int]:
        """Start bit, single-ended, channel; timed so that the answer ends with the third byte."""
        if self.bits == 10:
            return [0x01, (0x08 | channel) << 4, 0x00]
        return [0x06 | channel >> 2, (channel & 0x03) << 6, 0x00]


MCP_MODELS = {"mcp3008": McpModel(8, 10), "mcp3204": McpModel(4, 12), "mcp3208": McpModel(8, 12)}


class McpConverter:
    """One MCP3xxx chip. Its null bit before the result tells a chip from a line that nobody drives."""

    def __init__(self, model: McpModel, spi: Spi) -> None:
        self._spi = spi
        self._frames = [model.frame(channel) for channel in range(model.channels)]
        self._high_mask = (1 << (model.bits - 8)) - 1
        self._null_bit = 1 << (model.bits - 8)
        self.full_scale = (1 << model.bits) - 1

    def counts(self, channel: int) -> int:
        """HardwareError(BOARD_SILENT) when no chip answers."""
        try:
            _, high, low = self._spi.xfer2(self._frames[channel][:])
        except OSError as error:
            raise HardwareError(Fault.BOARD_SILENT, f"the converter on SPI: {error}: check the bus") from error
        if high & self._null_bit:
            raise HardwareError(
                Fault.BOARD_SILENT, "no converter answers on SPI: check its supply, its select line and the wiring"
            )
        return (high & self._high_mask) << 8 | low

    def close(self) -> None:
        self._spi.close()


class IioConverter:
    """A converter with a kernel driver, such as an ADS1115: too slow for PWM, right behind peak detectors."""

    def __init__(self, directory: Path, full_scale: int) -> None:
        self._directory = directory
        self.full_scale = full_scale

    @classmethod
    def open(cls, name: str, full_scale: int, devices: Path = IIO) -> "IioConverter":
        """The one of that name; BoardConfigurationError lists those that are there."""
        there = {path: (path / "name").read_text("utf-8").strip() for path in devices.glob("iio:device*/")}
        found = [path for path, its_name in there.items() if its_name == name]
        if len(found) != 1:
            known = ", ".join(sorted(there.values())) or "none"
            raise BoardConfigurationError(
                f"option 'iio_name': {len(found)} converters are named {name!r}, one is wanted; there are {known}"
            )
        return cls(found[0], full_scale)

    def counts(self, channel: int) -> int:
        try:
            return int((self._directory / f"in_voltage{channel}_raw").read_text("ascii"))
        except (OSError, ValueError) as error:
            raise HardwareError(Fault.BOARD_SILENT, f"{self._directory}: channel {channel}: {error}") from error

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A straight line through two points that were measured with a voltmeter."""

    low_counts: float
    low_volts: float
    high_counts: float
    high_volts: float

    def volts(self, counts: float) -> float:
        slope = (self.high_volts - self.low_volts) / (self.high_counts - self.low_counts)
        return self.low_volts + (counts - self.low_counts) * slope


def open_spi(bus: int, device: int, speed_hertz: int) -> Spi:
    """`/dev/spidevBUS.DEVICE`; BoardConfigurationError for a missing library or device."""
    module = library("spidev")
    spi = module.SpiDev()
    try:
        spi.open(bus, device)
    except OSError as error:
        raise BoardConfigurationError(
            f"/dev/spidev{bus}.{device}: {error.strerror or error}: switch SPI on (dtparam=spi=on) and let the safety "
            "process's group have it, or correct 'spi_bus' and 'spi_device'"
        ) from error
    spi.max_speed_hz, spi.mode = speed_hertz, 0
    opened: Spi = spi
    return opened
