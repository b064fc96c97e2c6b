"""One EVSE's world: pilot circuit, EV, contactor, lock, sensors and meter, between the wires. Pure.

Between two steps time moves from event to event (contacts touch, S2 moves, a ramp ends), so that large steps give
the same world as small ones. The board's commands are taken as given at the end of the previous step.
"""

import math
from dataclasses import dataclass

from chargepoint_hal.bench.actuators import ContactorModel, LockModel, MonoflopModel
from chargepoint_hal.bench.bench_meter import BenchMeter, PowerFlow
from chargepoint_hal.bench.ev import Ev, EvChange, PlugIn
from chargepoint_hal.bench.pilot_circuit import (
    SHORTED_PROXIMITY_OHMS,
    STRANGE_VOLTS,
    PilotLoad,
    pilot_sample,
)
from chargepoint_hal.bench.settings import EvseSettings, Outlet
from chargepoint_hal.bench.wires import LOCK_POSITIONS, EvseSignal, Wires
from chargepoint_hal.bench.world_faults import BenchError
from chargepoint_hal.contract import EvseNumber, LockPosition, PilotSample, PilotSignal
from chargepoint_hal.faults import Fault

NORMAL_CELSIUS = 30.0
HOT_CELSIUS = 95.0
UNDER_VOLTAGE_SHARE = 0.80
OVER_VOLTAGE_SHARE = 1.17
SMALLEST_STEP_SECONDS = 1e-6
COIL_INTERRUPTERS = frozenset({Fault.RESIDUAL_CURRENT, Fault.EMERGENCY_STOP})


@dataclass(frozen=True, slots=True)
class Supply:
    """What comes from the grid."""

    nominal_volts: float
    is_on: bool = True


class EvseWorld:
    """Owned by `World`, which gives it time, supply and the monoflop."""

    def __init__(self, number: EvseNumber, settings: EvseSettings, wires: Wires, monoflop: MonoflopModel) -> None:
        self.number = number
        self.settings = settings
        self.ev: Ev | None = None
        self._left_cable_ohms = math.inf
        """Of a cable that stays in the socket without an EV."""
        self.faults: set[Fault] = set()
        self.celsius = NORMAL_CELSIUS
        """What a sound thermometer reads while no fault changes it."""
        self.contactor = ContactorModel(phases=settings.phases)
        self.lock = LockModel()
        self.supply = Supply(0.0, is_on=False)
        meter = settings.meter
        self.meter = BenchMeter(meter.serial_number, settings.phases, meter.energy_import_wh, meter.energy_export_wh)
        self._wires = wires
        self._monoflop = monoflop
        self._published: dict[EvseSignal, float] = {}
        self._now = 0.0
        wires.write(number, EvseSignal.PHASES_FITTED, settings.phases)
        wires.write(number, EvseSignal.RCD_TEST_FITTED, settings.rcd_test_fitted)
        wires.write(number, EvseSignal.LOCK_FITTED, settings.lock_fitted)
        wires.write(number, EvseSignal.PROXIMITY_FITTED, settings.outlet is Outlet.SOCKET)

    def start(self, now: float) -> None:
        """Set the first moment."""
        self._now = now

    def step(self, now: float) -> None:
        """Move to `now`, event by event."""
        self.settle()
        if now == self._now:
            return
        while (due := self.next_change()) is not None and due < now:
            self._advance(min(now, max(due, self._now + SMALLEST_STEP_SECONDS)))
        self._advance(now)

    def settle(self) -> None:
        """Let everything react at the present moment to what changed outside."""
        welded = Fault.CONTACTOR_WELDED in self.faults
        self.contactor.update(self._now, self._coil_phases(), welded, Fault.CONTACTOR_STUCK_OPEN in self.faults)
        if self.settings.lock_fitted:
            lock_commanded = self._wires.is_set(self.number, EvseSignal.LOCK_COMMAND)
            self.lock.update(self._now, lock_commanded, Fault.LOCK_JAMMED in self.faults)
        if self.ev is not None:
            duty_percent = self._wires.read(self.number, EvseSignal.DUTY_PERCENT)
            over_current = Fault.OVER_CURRENT in self.faults
            self.ev.update(self._signal_at_ev(), duty_percent, self._live_phases(), over_current)
        self.meter.flow = self.flow()

    def next_change(self) -> float | None:
        """When something here changes by itself; None when all rests."""
        watts_per_amp = self.volts() * self._live_phases()
        times = [self.contactor.next_change(), self.lock.next_change()]
        if self.ev is not None:
            times.append(self.ev.next_change(watts_per_amp))
        if self._monoflop.holds(self._now):
            times.append(self._monoflop.expires_at())
        return min((time for time in times if time is not None), default=None)

    def plug_in(self, plug: PlugIn) -> None:
        if self.ev is not None:
            raise BenchError(f"EVSE {self.number} has an EV plugged in already: plug it out first")
        self.ev = Ev(plug, self._now)
        self._left_cable_ohms = math.inf

    def plug_out(self, cable_stays: bool = False) -> None:
        if cable_stays and self.ev is not None:
            self._left_cable_ohms = self.ev.cable_ohms()
        elif not cable_stays:
            self._left_cable_ohms = math.inf
        self.ev = None

    def change_ev(self, change: EvChange) -> None:
        if self.ev is None:
            raise BenchError(f"EVSE {self.number} has no EV plugged in: plug one in first")
        self.ev.change(change)

    def set_fault(self, fault: Fault, active: bool) -> None:
        (self.faults.add if active else self.faults.discard)(fault)
        self.meter.is_silent = Fault.METER_SILENT in self.faults
        self.meter.is_implausible = Fault.METER_IMPLAUSIBLE in self.faults
        self.meter.set_frozen(Fault.METER_FROZEN in self.faults)

    def volts(self) -> float:
        """Supply volts between each phase and neutral."""
        if not self.supply.is_on:
            return 0.0
        if Fault.UNDER_VOLTAGE in self.faults:
            return self.supply.nominal_volts * UNDER_VOLTAGE_SHARE
        return self.supply.nominal_volts * (OVER_VOLTAGE_SHARE if Fault.OVER_VOLTAGE in self.faults else 1.0)

    def flow(self) -> PowerFlow:
        live = self._live_phases()
        amps = self.ev.current_amps if self.ev is not None else 0.0
        return PowerFlow((amps * (live > 0), amps * (live > 1), amps * (live > 2)), self.volts())

    def pilot(self) -> PilotSample:
        """What the board's sampling would see at the present moment."""
        if not self.supply.is_on:
            return PilotSample(0.0, 0.0)
        if Fault.PILOT_FAULT in self.faults:
            return PilotSample(STRANGE_VOLTS, STRANGE_VOLTS)
        load = PilotLoad() if self.ev is None else self.ev.load(Fault.VENTILATION_UNAVAILABLE in self.faults)
        has_diode = load.has_diode and Fault.DIODE not in self.faults
        is_shorted = load.is_shorted or Fault.PILOT_SHORT in self.faults
        return pilot_sample(self._wires.pilot_mode(self.number), PilotLoad(load.ohms, has_diode, is_shorted))

    def publish(self) -> None:
        """Write the world's side of the wires."""
        sample = self.pilot()
        outputs = {
            EvseSignal.PILOT_HIGH_VOLTS: sample.high_volts,
            EvseSignal.PILOT_LOW_VOLTS: sample.low_volts,
            EvseSignal.PROXIMITY_OHMS: self._proximity_ohms(),
            EvseSignal.CONTACTOR_FEEDBACK: self._feedback(),
            EvseSignal.LOCK_POSITION: LOCK_POSITIONS[self.lock.position],
            EvseSignal.RCD_TRIPPED: float(Fault.RESIDUAL_CURRENT in self.faults or self._trips_in_its_test()),
            EvseSignal.PE_CONNECTED: float(Fault.PE_LOST not in self.faults),
            EvseSignal.TEMPERATURE_CELSIUS: self._celsius(),
            EvseSignal.EMERGENCY_STOP_PRESSED: float(Fault.EMERGENCY_STOP in self.faults),
            EvseSignal.MAINS_PRESENT: float(self.supply.is_on),
        }
        if outputs == self._published:
            return  # nobody else writes these wires; an output of NaN never equals itself and is written again
        self._published = outputs
        for signal, value in outputs.items():
            self._wires.write(self.number, signal, value)

    def truth(self) -> dict[str, object]:
        """What is really so, for whoever drives the bench."""
        mode = self._wires.pilot_mode(self.number)
        duties = {PilotSignal.STEADY: 100.0, PilotSignal.FAULT: 0.0}
        duty_percent = duties.get(mode, self._wires.read(self.number, EvseSignal.DUTY_PERCENT))
        sample = self.pilot()
        return {
            "plugged": self.ev is not None,
            "ev_ready": self.ev is not None and self.ev.wants_power(),
            "pilot_high_volts": round(sample.high_volts, 3),
            "pilot_low_volts": round(sample.low_volts, 3),
            "pilot_mode": mode.value,
            "duty_percent": duty_percent,
            "contactor_commanded": self._wires.is_set(self.number, EvseSignal.CONTACTOR_COMMAND),
            "contactor_closed": self.contactor.is_closed,
            "locked": self.lock.position is LockPosition.LOCKED if self.settings.lock_fitted else None,
            "amps": [round(amps, 6) for amps in self.flow().amps],
            "energy_import_wh": self.meter.energy_import_wh,
            "faults": sorted(self.faults),
        }

    def _advance(self, to: float) -> None:
        """Integrate the straight piece from the present moment to `to`, then react there."""
        live, volts = self._live_phases(), self.volts()
        before_watts = self.flow().watts()
        if self.ev is not None:
            self.ev.advance(to)
            after_watts = volts * live * self.ev.current_amps
            self.ev.energy_drawn_wh += self.meter.integrate(before_watts, after_watts, to - self._now)
        self._now = to
        self.settle()

    def _coil_phases(self) -> int:
        is_commanded = self._wires.is_set(self.number, EvseSignal.CONTACTOR_COMMAND)
        is_fed = self.supply.is_on and not self.faults & COIL_INTERRUPTERS and self._monoflop.holds(self._now)
        if not (is_commanded and is_fed):
            return 0
        return 1 if self._wires.read(self.number, EvseSignal.CONTACTOR_PHASES) == 1.0 else self.settings.phases

    def _live_phases(self) -> int:
        """How many phases feed the EV now."""
        if self.ev is None or not self.contactor.is_closed or not self.supply.is_on:
            return 0
        return min(self.contactor.phases, self.ev.plug.phases)

    def _signal_at_ev(self) -> PilotSignal | None:
        is_dead = not self.supply.is_on or bool(self.faults & {Fault.PILOT_SHORT, Fault.PILOT_FAULT})
        return None if is_dead else self._wires.pilot_mode(self.number)

    def _proximity_ohms(self) -> float:
        if Fault.PROXIMITY_SHORT in self.faults:
            return SHORTED_PROXIMITY_OHMS
        if Fault.PROXIMITY_LOST in self.faults:
            return math.inf
        return self._left_cable_ohms if self.ev is None else self.ev.cable_ohms()

    def _trips_in_its_test(self) -> bool:
        is_tested = self._wires.is_set(self.number, EvseSignal.RCD_TEST_COMMAND)
        return is_tested and Fault.RESIDUAL_CURRENT_SELF_TEST not in self.faults

    def _feedback(self) -> float:
        return float("nan") if Fault.CONTACTOR_FEEDBACK_MISSING in self.faults else float(self.contactor.is_closed)

    def _celsius(self) -> float:
        if Fault.TEMPERATURE_SENSOR in self.faults:
            return float("nan")
        return HOT_CELSIUS if Fault.OVER_TEMPERATURE in self.faults else self.celsius
