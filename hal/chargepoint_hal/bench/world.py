"""The simulated world: every EVSE's electricity, the grid and the cards. Pure: `step(now)` is its only clock.

The HTTP interface, the meter's server and the reader's server are shells over this one object; tests on a virtual
clock use it directly.
"""

from collections.abc import Iterable

from chargepoint_hal.bench.actuators import MonoflopModel
from chargepoint_hal.bench.ev import EvChange, PlugIn
from chargepoint_hal.bench.evse_world import EvseWorld, Supply
from chargepoint_hal.bench.settings import MAXIMUM_ENERGY_WH, BenchSettings
from chargepoint_hal.bench.token_field import TokenField
from chargepoint_hal.bench.wires import StationSignal, Wires
from chargepoint_hal.bench.world_faults import STATION_WIDE, BenchError, NoSuchEvseError, world_fault
from chargepoint_hal.contract import EvseNumber
from chargepoint_hal.faults import Fault

SILENT_HEARTBEAT = 0.0
LOWEST_CELSIUS, HIGHEST_CELSIUS = -40.0, 150.0


class World:
    """What stands at the other end of the wires. Calls take effect at the moment of the last step."""

    def __init__(self, settings: BenchSettings, wires: Wires) -> None:
        if len(wires.evses) != len(settings.evses):
            raise ValueError(f"the wires carry {len(wires.evses)} EVSEs, the settings name {len(settings.evses)}")
        self.settings = settings
        self.tokens = TokenField()
        self.now: float | None = None
        self._wires = wires
        self._mains_switch_on = True
        self._heartbeat = SILENT_HEARTBEAT
        self._monoflop = MonoflopModel(settings.monoflop_seconds)
        wires.write_station(StationSignal.MONOFLOP_FITTED, settings.monoflop_seconds is not None)
        self._evses = {
            number: EvseWorld(number, evse_settings, wires, self._monoflop)
            for number, evse_settings in zip(wires.evses, settings.evses, strict=True)
        }
        self._settle()

    def step(self, now: float) -> None:
        """Move the world to `now` of any steady clock and write its side of the wires; it never moves back."""
        now = now if self.now is None else max(now, self.now)
        if self.now is None:
            for evse in self._evses.values():
                evse.start(now)
        self._monoflop.look(self._wires.read_station(StationSignal.ALIVE_COUNTER), now)
        for evse in self._evses.values():
            evse.step(now)
        self.now = now
        self._heartbeat += 1.0
        self._publish()

    def next_change(self, now: float) -> float | None:
        """When the world would change by itself, not before `now`; None while all rests. Commands come on top."""
        times = [evse.next_change() for evse in self._evses.values()]
        coming = [time for time in times if time is not None]
        return max(now, min(coming)) if coming else None

    def evse(self, number: EvseNumber) -> EvseWorld:
        """One EVSE's world; NoSuchEvseError names those there are."""
        if number not in self._evses:
            known = ", ".join(str(evse) for evse in self._evses)
            raise NoSuchEvseError(f"EVSE {number} does not stand on this bench: it has {known}")
        return self._evses[number]

    def plug_in(self, evse: EvseNumber, plug: PlugIn | None = None) -> None:
        """Cable and EV connected; without a PlugIn an ordinary 32 A three-phase EV."""
        self.evse(evse).plug_in(plug or PlugIn())
        self._settle()

    def plug_out(self, evse: EvseNumber, cable_stays: bool = False) -> None:
        """Cable and EV gone at once, or only the EV; nothing happens when there is none."""
        self.evse(evse).plug_out(cable_stays)
        self._settle()

    def change_ev(self, evse: EvseNumber, change: EvChange) -> None:
        self.evse(evse).change_ev(change)
        self._settle()

    def set_fault(self, evse: EvseNumber | None, name: str, active: bool) -> None:
        """Raise or clear a fault by its catalogue name, at one EVSE or (None) at all."""
        fault = world_fault(name)
        concerned = list(self._evses.values()) if evse is None or fault in STATION_WIDE else [self.evse(evse)]
        if evse is not None:
            self.evse(evse)
        for evse_world in concerned:
            evse_world.set_fault(fault, active)
        self._settle()

    def set_temperature(self, evse: EvseNumber, celsius: float) -> None:
        """Warm or cool an EVSE: its thermometer reads this unless a fault says otherwise."""
        if not LOWEST_CELSIUS <= celsius <= HIGHEST_CELSIUS:
            raise BenchError(f"celsius {celsius} at EVSE {evse}: give {LOWEST_CELSIUS:g} to {HIGHEST_CELSIUS:g}")
        self.evse(evse).celsius = celsius
        self._settle()

    def present_token(
        self, uid: str, kind: str = "ISO14443", evses: Iterable[EvseNumber] | None = None, held_seconds: float = 0.5
    ) -> None:
        """Hold a card at every reader that serves one of the EVSEs (None: at all readers)."""
        served = None if evses is None else [self.evse(number).number for number in evses]
        now = self.now if self.now is not None else 0.0
        self.tokens.present(uid, kind, served, now, now + held_seconds)

    def set_energy(self, evse: EvseNumber, energy_import_wh: float) -> None:
        """Set the import register of an EVSE's meter."""
        if not 0 <= energy_import_wh <= MAXIMUM_ENERGY_WH:
            raise BenchError(f"energy_import_wh {energy_import_wh} at EVSE {evse}: give 0 to {MAXIMUM_ENERGY_WH:g}")
        self.evse(evse).meter.energy_import_wh = energy_import_wh

    def change_meter(self, evse: EvseNumber, *, energy_import_wh: float, serial_number: str | None = None) -> None:
        """Put another meter in an EVSE's place; without a serial number it does not say that it is another."""
        self.set_energy(evse, energy_import_wh)
        if serial_number is not None:
            self.evse(evse).meter.serial_number = serial_number

    def set_mains(self, on: bool) -> None:
        """Switch mains power; the meters' and the reader's electronics live on the station's buffered supply."""
        self._mains_switch_on = on
        self._settle()

    def is_reader_silent(self, served: Iterable[EvseNumber] | None) -> bool:
        """True while READER_SILENT holds at any EVSE that the reader serves (None: all)."""
        numbers = self._evses if served is None else served
        return any(Fault.READER_SILENT in self._evses[number].faults for number in numbers if number in self._evses)

    @property
    def mains_on(self) -> bool:
        return self._mains_switch_on and not self._has_anywhere(Fault.MAINS_LOST)

    def truth(self) -> dict[str, object]:
        """What is really so, as `GET /bench` shows it."""
        return {
            "mains": "on" if self.mains_on else "off",
            "evses": {str(number): evse.truth() for number, evse in self._evses.items()},
        }

    def stop(self) -> None:
        """The world goes away: a board on these wires is silent from now on."""
        self._wires.write_station(StationSignal.HEARTBEAT, SILENT_HEARTBEAT)

    def _has_anywhere(self, fault: Fault) -> bool:
        return any(fault in evse.faults for evse in self._evses.values())

    def _settle(self) -> None:
        supply = Supply(self.settings.supply_volts, self.mains_on)
        for evse in self._evses.values():
            evse.supply = supply
            evse.settle()
        self._publish()

    def _publish(self) -> None:
        for evse in self._evses.values():
            evse.publish()
        beat = SILENT_HEARTBEAT if self._has_anywhere(Fault.BOARD_SILENT) else self._heartbeat
        self._wires.write_station(StationSignal.HEARTBEAT, beat)
