"""The faults that only the meter shows: over-current, under- and over-voltage. The safety process acts on them."""

from collections.abc import Callable

from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.meter_view import fresh_seconds
from chargepoint.charging.over_current import OverCurrentWatch
from chargepoint.charging.supply_voltage import VoltageWatch
from chargepoint.model.faults import Fault
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import EvseObservation
from chargepoint_hal.contract import MeterReading

NOTHING_WRONG: frozenset[Fault] = frozenset()


class MeterWatch:
    """One EVSE's. Only readings move it: a meter that is silent, stale or frozen raises nothing and clears nothing."""

    def __init__(self, configuration: EvseConfiguration, random: Callable[[], float]) -> None:
        self._configuration = configuration
        self._random = random
        self._current = OverCurrentWatch()
        self._voltage = VoltageWatch()
        self._live_phases = 0

    def see(self, observation: EvseObservation) -> None:
        """An over-current is the safety process's own once it has latched it; it ends with the EV."""
        self._live_phases = observation.phases
        self._current = self._current.seen(observation)
        if observation.is_settled and observation.pilot_state is PilotState.A:
            self._current = OverCurrentWatch()
        elif Fault.OVER_CURRENT in observation.faults:
            self._current = self._current.acknowledged()

    def measure(self, reading: MeterReading) -> None:
        """By one phase an EV that takes the power of three takes three times its offer."""
        phases, supply = self._configuration.phases, self._configuration.supply
        seconds = fresh_seconds(reading, self._configuration.reading_fresh_seconds)
        self._current = self._current.measured(reading, self._live_phases or phases, supply, seconds)
        self._voltage = self._voltage.measured(reading, phases, supply, seconds, self._random())

    @property
    def faults(self) -> frozenset[Fault]:
        if self._voltage.fault is None and not self._current.is_tripped:
            return NOTHING_WRONG
        found = {self._voltage.fault} if self._voltage.fault is not None else set()
        return frozenset(found | {Fault.OVER_CURRENT} if self._current.is_tripped else found)
