"""Thermometers of a Raspberry Pi: a DS18B20 on the kernel's 1-wire bus, or the processor's own zone as a stand-in.

A conversion takes the sensor 0.75 s, and reading it blocks so long: a thread does that. What it can not read, or read
too long ago, is unknown and never a temperature.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.contract import Thermometer
from chargepoint_hal.faults import Fault, HardwareError

LOG = logging.getLogger(__name__)

W1_DEVICES = Path("/sys/bus/w1/devices")
THERMAL_ZONES = Path("/sys/class/thermal")
FAMILY = "28-"
"""Of the DS18B20, in its id."""
PROCESSOR_ZONES = ("cpu-thermal", "soc-thermal", "cpu_thermal")
LOOK_SECONDS = 2.0
STALE_SECONDS = 10.0
"""A few readings may fail; the temperature of an enclosure does not change in that time."""
FIRST_READING_SECONDS = 2.0
STOP_SECONDS = 2.0
LOWEST_CELSIUS, HIGHEST_CELSIUS = -55.0, 125.0
"""What a DS18B20 measures."""
POWER_ON_CELSIUS = 85.0
"""What its memory holds before the first conversion: a supply that fell away reads so."""
LIKELY_STEP_KELVIN = 5.0


class StoppableThermometer(Thermometer, Protocol):
    """One that is given back when the board is closed."""

    def close(self) -> None: ...


class OneWireThermometer:
    """One DS18B20. Its thread starts with it and ends with `close`."""

    def __init__(
        self,
        sensor: str,
        devices: Path = W1_DEVICES,
        clock: Callable[[], float] = time.monotonic,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._sensor = sensor
        self._devices = devices
        self._clock = clock
        self._look_seconds = look_seconds
        self._guard = threading.Lock()
        self._celsius: float | None = None
        self._read_at = 0.0
        self._why = "it has not answered yet"
        self._has_looked = threading.Event()
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"thermometer {sensor}", daemon=True)
        self._thread.start()
        self._has_looked.wait(FIRST_READING_SECONDS)

    def celsius(self) -> float:
        """HardwareError(TEMPERATURE_SENSOR) while no sound reading is younger than ten seconds."""
        with self._guard:
            celsius, read_at, why = self._celsius, self._read_at, self._why
        if celsius is None or self._clock() - read_at > STALE_SECONDS:
            raise HardwareError(Fault.TEMPERATURE_SENSOR, f"the 1-wire sensor {self._sensor}: {why}")
        return celsius

    def close(self) -> None:
        self._is_stopping.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            self._look()
            self._has_looked.set()
            self._is_stopping.wait(self._look_seconds)

    def _look(self) -> None:
        try:
            text = (self._devices / self._sensor / "w1_slave").read_text("ascii", "replace")
            celsius = read_scratchpad(text)
            self._doubt(celsius)
        except OSError as error:
            there = ", ".join(sorted(path.name for path in self._devices.glob(f"{FAMILY}*"))) or "none"
            self._note(f"{error.strerror or error}; on the bus there are: {there}")
        except ValueError as error:
            self._note(str(error))
        else:
            with self._guard:
                self._celsius, self._read_at, self._why = celsius, self._clock(), "its last reading is too old"

    def _doubt(self, celsius: float) -> None:
        """85 degrees is believed of a sensor that was near them before."""
        is_likely = self._celsius is not None and abs(self._celsius - POWER_ON_CELSIUS) <= LIKELY_STEP_KELVIN
        if celsius == POWER_ON_CELSIUS and not is_likely:
            raise ValueError("it shows what it holds after a loss of its supply: check the wiring")

    def _note(self, why: str) -> None:
        with self._guard:
            self._why = why
        LOG.debug("1-wire sensor %s: %s", self._sensor, why)


def read_scratchpad(text: str) -> float:
    """The kernel's two lines of `w1_slave`; ValueError says why they are no temperature."""
    lines = text.strip().splitlines()
    if len(lines) != 2 or "crc=" not in lines[0]:
        raise ValueError("the kernel gives no reading of it")
    if not lines[0].endswith("YES"):
        raise ValueError("the checksum of its reading is wrong: check the wiring and the pull-up")
    if set(lines[0].split(" : ")[0].split()) == {"00"}:
        raise ValueError("the bus is shorted: it reads nothing but zeros")
    _, _, thousandths = lines[1].rpartition("t=")
    celsius = int(thousandths) / 1000.0
    if not LOWEST_CELSIUS <= celsius <= HIGHEST_CELSIUS:
        raise ValueError(f"{celsius:g} degrees is nothing that it can measure")
    return celsius


class ProcessorThermometer:
    """The processor's own zone: warmer than the enclosure by what the processor does, and far from the contactor."""

    def __init__(self, zone: Path) -> None:
        self._file = zone / "temp"

    @classmethod
    def open(cls, zones: Path = THERMAL_ZONES) -> "ProcessorThermometer":
        """BoardConfigurationError lists the zones where none is the processor's."""
        there = {zone: _kind_of(zone) for zone in sorted(zones.glob("thermal_zone*"))}
        found = [zone for zone, kind in there.items() if kind in PROCESSOR_ZONES]
        if not found:
            known = ", ".join(sorted(there.values())) or "none"
            raise BoardConfigurationError(
                f"option 'processor_temperature': {zones} has no zone of the processor, there are {known}: fit a "
                "DS18B20 and name it in 'thermometer'"
            )
        LOG.warning(
            "the processor's temperature stands in for a thermometer: it is not that of contactor and terminals"
        )
        return cls(found[0])

    def celsius(self) -> float:
        try:
            return int(self._file.read_text("ascii")) / 1000.0
        except (OSError, ValueError) as error:
            raise HardwareError(Fault.TEMPERATURE_SENSOR, f"{self._file}: {error}") from error

    def close(self) -> None:
        """Nothing is held."""


def _kind_of(zone: Path) -> str:
    try:
        return (zone / "type").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
