"""Puts the board together from its options. The coils come first: they are off before anything else can fail."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.raspberry_pi import options as option_rules
from chargepoint_hal.boards.raspberry_pi.actuators import (
    ContactorFeedback,
    PhaseSwitchingContactor,
    PiConnectorLock,
    PiContactor,
)
from chargepoint_hal.boards.raspberry_pi.converter_rules import IIO as IIO_CONVERTER
from chargepoint_hal.boards.raspberry_pi.converter_rules import full_scale_of
from chargepoint_hal.boards.raspberry_pi.converters import (
    IIO,
    MCP_MODELS,
    Calibration,
    Converter,
    IioConverter,
    McpConverter,
    Spi,
    open_spi,
)
from chargepoint_hal.boards.raspberry_pi.kernel_pwm import SYSFS, Kernel, PwmChannel, find_chip
from chargepoint_hal.boards.raspberry_pi.parts import (
    PiAliveLine,
    PiBuzzer,
    PiEmergencyStop,
    PiExternalLimit,
    PiMainsMonitor,
    PiProtectiveEarthMonitor,
    PiResidualCurrentMonitor,
    PiSelfTestingMonitor,
    PiStatusLight,
)
from chargepoint_hal.boards.raspberry_pi.pilot import (
    BurstReader,
    PeakReader,
    PiControlPilot,
    PilotReader,
    PiProximityPilot,
)
from chargepoint_hal.boards.raspberry_pi.pins import Pins, open_factory
from chargepoint_hal.boards.raspberry_pi.sampling_time import DEFAULT_BURST_SAMPLES, DEFAULT_SPI_HERTZ
from chargepoint_hal.boards.raspberry_pi.thermometers import (
    LOOK_SECONDS,
    THERMAL_ZONES,
    W1_DEVICES,
    OneWireThermometer,
    ProcessorThermometer,
    StoppableThermometer,
)
from chargepoint_hal.contract import AliveLine, ConnectorLock, Contactor, EvseHardware, EvseNumber
from chargepoint_hal.driver_options import takes

logger = logging.getLogger(__name__)
Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PiMachine:
    """The machine below the board: its pins, buses and sysfs."""

    open_factory: Callable[[str, int], Any] = open_factory
    open_spi: Callable[[int, int, int], Spi] = open_spi
    pwm_class: Path = SYSFS
    iio_devices: Path = IIO
    w1_devices: Path = W1_DEVICES
    thermal_zones: Path = THERMAL_ZONES
    thermometer_look_seconds: float = LOOK_SECONDS
    clock: Callable[[], float] = time.monotonic
    kernel: Kernel = field(default_factory=Kernel)


class RaspberryPiBoard:
    """Every EVSE of one Raspberry Pi."""

    def __init__(self, options: Options, machine: PiMachine) -> None:
        """BoardConfigurationError for what can not be opened; then nothing is held and nothing is on."""
        self._machine = machine
        factory = machine.open_factory(options["pin_factory"], options["gpio_chip"])
        self._pins = Pins(factory, options.get("active_low_outputs", ()), options.get("ok_when_high", ()))
        self._converter: Converter | None = None
        self._is_closed = False
        self._evses: dict[EvseNumber, EvseHardware] = {}
        self._alive_line: AliveLine | None = None
        self._pwm_channels: set[tuple[Path, int]] = set()
        self._locks: list[PiConnectorLock] = []
        self._thermometers: list[StoppableThermometer] = []
        try:
            self._fit(options)
        except BaseException:
            self.close()
            raise

    def _fit(self, options: Options) -> None:
        tables: list[Options] = list(options["evse"])
        contactors = [self._contactor(table) for table in tables]
        if "alive_pin" in options:
            self._alive_line = PiAliveLine(self._pins.output(options["alive_pin"]))
        converter = self._converter = _converter(options, self._machine)
        for number, (table, contactor) in enumerate(zip(tables, contactors, strict=True), start=1):
            self._evses[number] = self._hardware(table, contactor, converter)

    @property
    def name(self) -> str:
        return "raspberry-pi"

    @property
    def evses(self) -> Mapping[EvseNumber, EvseHardware]:
        return MappingProxyType(self._evses)

    @property
    def alive_line(self) -> AliveLine | None:
        return self._alive_line

    def make_safe(self) -> None:
        """Contactors first, then pilots steady and motors off; after `close` there is nothing left to do."""
        if self._is_closed:
            return
        evses = self._evses.values()
        steps = [
            *(hardware.contactor.open for hardware in evses),
            *(lock.rest for lock in self._locks),
            *(hardware.control_pilot.signal_steady for hardware in evses),
        ]
        for step in steps:
            try:
                step()
            except Exception:  # the next coil still counts
                logger.exception("a part can not be made safe")

    def close(self) -> None:
        self.make_safe()
        if self._is_closed:
            return
        self._is_closed = True
        self._pins.close()
        for thermometer in self._thermometers:
            thermometer.close()
        if self._converter is not None:
            self._converter.close()

    def _hardware(self, table: Options, contactor: Contactor, converter: Converter) -> EvseHardware:
        pins = _Fitter(self._pins, table)
        return EvseHardware(
            control_pilot=self._control_pilot(table, converter),
            contactor=contactor,
            phases=3 if "three_phase_contactor_pin" in table else table.get("phases", 3),
            switches_phases="three_phase_contactor_pin" in table,
            proximity_pilot=PiProximityPilot(converter, table["proximity_channel"], table["proximity_pull_up_ohms"])
            if "proximity_channel" in table
            else None,
            connector_lock=self._lock(table),
            residual_current_monitor=self._residual_current_monitor(table),
            protective_earth_monitor=pins.well("protective_earth_pin", PiProtectiveEarthMonitor),
            emergency_stop=pins.well("emergency_stop_pin", PiEmergencyStop),
            thermometer=self._thermometer(table),
            mains_monitor=pins.well("mains_pin", PiMainsMonitor),
            external_limit=pins.well("external_limit_pin", PiExternalLimit),
            status_light=self._status_light(table),
            buzzer=PiBuzzer(self._pins.output(table["buzzer_pin"])) if "buzzer_pin" in table else None,
        )

    def _contactor(self, table: Options) -> Contactor:
        coil = self._pins.output(table["contactor_pin"])
        if "three_phase_contactor_pin" not in table:
            has_feedback = "contactor_feedback_pin" in table
            return PiContactor(coil, self._feedback(table, "contactor_feedback_pin") if has_feedback else None)
        second = self._pins.output(table["three_phase_contactor_pin"])
        names = ("contactor_feedback_pin", "three_phase_feedback_pin")
        first_feedback, second_feedback = (self._feedback(table, name) for name in names)
        return PhaseSwitchingContactor((coil, second), (first_feedback, second_feedback))

    def _feedback(self, table: Options, name: str) -> ContactorFeedback:
        return ContactorFeedback(self._pins.contact(table[name]), table.get("contactor_feedback", "mirror") == "mirror")

    def _control_pilot(self, table: Options, converter: Converter) -> PiControlPilot:
        chip = find_chip(table.get("pwm_device"), self._machine.pwm_class)
        is_inverted = table.get("pwm_inverted", False)
        channel = (chip, table["pwm_channel"])
        if channel in self._pwm_channels:
            raise BoardConfigurationError(
                f"option 'pwm_channel': channel {channel[1]} of {chip} drives the pilot of another EVSE already"
            )
        self._pwm_channels.add(channel)
        pwm = PwmChannel.open(*channel, is_inverted, self._machine.kernel)
        return PiControlPilot(pwm, _pilot_reader(table, converter))

    def _lock(self, table: Options) -> ConnectorLock | None:
        if "lock_pin" not in table:
            return None
        motor = (self._pins.output(table["lock_pin"]), self._pins.output(table["unlock_pin"]))
        pulse_seconds = table.get("lock_pulse_seconds", option_rules.DEFAULT_LOCK_PULSE_SECONDS)
        locked = self._pins.contact(table["lock_position_pin"])
        lock = PiConnectorLock(motor, locked, pulse_seconds, self._machine.clock)
        self._locks.append(lock)
        return lock

    def _residual_current_monitor(self, table: Options) -> PiResidualCurrentMonitor | None:
        if "residual_current_pin" not in table:
            return None
        well = self._pins.all_is_well(table["residual_current_pin"])
        if "residual_current_test_pin" not in table:
            return PiResidualCurrentMonitor(well)
        return PiSelfTestingMonitor(well, self._pins.output(table["residual_current_test_pin"]))

    def _thermometer(self, table: Options) -> StoppableThermometer | None:
        thermometer: StoppableThermometer
        machine = self._machine
        if "thermometer" in table:
            thermometer = OneWireThermometer(
                table["thermometer"], machine.w1_devices, machine.clock, machine.thermometer_look_seconds
            )
        elif table.get("processor_temperature", False):
            thermometer = ProcessorThermometer.open(machine.thermal_zones)
        else:
            return None
        self._thermometers.append(thermometer)
        return thermometer

    def _status_light(self, table: Options) -> PiStatusLight | None:
        names = ("red_pin", "green_pin", "blue_pin")
        if not any(name in table for name in names):
            return None
        return PiStatusLight(*(self._pins.output(table[name]) if name in table else None for name in names))


@dataclass(frozen=True, slots=True)
class _Fitter:
    """Parts of one input each."""

    pins: Pins
    table: Options = field(default_factory=dict)

    def well(self, name: str, part: Callable[[Any], Any]) -> Any:
        """The part on that pin, or None where it is not fitted."""
        return part(self.pins.all_is_well(self.table[name])) if name in self.table else None


def _converter(options: Options, machine: PiMachine) -> Converter:
    if options["converter"] == IIO_CONVERTER:
        return IioConverter.open(options["iio_name"], full_scale_of(options), machine.iio_devices)
    bus, device = options.get("spi_bus", 0), options.get("spi_device", 0)
    spi = machine.open_spi(bus, device, options.get("spi_hertz", DEFAULT_SPI_HERTZ))
    return McpConverter(MCP_MODELS[options["converter"]], spi)


def _pilot_reader(table: Options, converter: Converter) -> PilotReader:
    if "pilot_channel" in table:
        samples = table.get("burst_samples", DEFAULT_BURST_SAMPLES)
        return BurstReader(converter, table["pilot_channel"], Calibration(*table["pilot_calibration"]), samples)
    return PeakReader(
        converter,
        (table["pilot_high_channel"], Calibration(*table["pilot_high_calibration"])),
        (table["pilot_low_channel"], Calibration(*table["pilot_low_calibration"])),
    )


@takes(option_rules.RULES)
def open_board(options: Options) -> RaspberryPiBoard:
    """The board, with every contactor open and every pilot steady; BoardConfigurationError says what to do."""
    return RaspberryPiBoard(options, PiMachine())
