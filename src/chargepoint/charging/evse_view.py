"""What is known of one EVSE: its configuration, what safety saw, what the meter says."""

from dataclasses import dataclass

from chargepoint.charging.availability import blocking
from chargepoint.charging.context import CoreContext, EvseConfiguration
from chargepoint.charging.deadlines import Deadlines
from chargepoint.charging.kept_faults import KeptFaults
from chargepoint.charging.last_self_test import LastSelfTest
from chargepoint.charging.meter_view import MeterView
from chargepoint.charging.meter_watch import MeterWatch
from chargepoint.charging.safety_view import SafetyView
from chargepoint.model.faults import Fault


@dataclass(slots=True)
class EvseView:
    """One per EVSE, shared by its session and its open transaction."""

    configuration: EvseConfiguration
    """The lock is corrected by what the safety process says it has."""
    deadlines: Deadlines
    meter: MeterView
    safety: SafetyView
    watch: MeterWatch

    @classmethod
    def of(cls, configuration: EvseConfiguration, context: CoreContext) -> "EvseView":
        """Nothing is known yet."""
        deadlines = Deadlines()
        meter = MeterView(configuration.reading_fresh_seconds, deadlines)
        evse_id = configuration.evse_id
        safety = SafetyView(deadlines, KeptFaults(evse_id, context.emit), LastSelfTest(evse_id, context))
        return cls(configuration, deadlines, meter, safety, MeterWatch(configuration, context.random))

    @property
    def faults(self) -> frozenset[Fault]:
        """What is wrong here now; a silent meter only where billing needs it, and only after a while."""
        if self.configuration.meter_required and self.meter.is_out and self.meter.fault is not None:
            return self.safety.faults | self.watch.faults | {self.meter.fault}
        return self.safety.faults | self.watch.faults

    @property
    def blocking_faults(self) -> list[Fault]:
        """Those that make the EVSE unusable, in a fixed order."""
        faults = self.faults
        return sorted(blocking(faults - self.configuration.tolerated_faults)) if faults else []

    @property
    def named_fault(self) -> Fault | None:
        """The one that a status report names: what makes it unusable, else what is worth a word (1.6 section 4.9)."""
        faults = self.faults
        return next(iter(self.blocking_faults), min(faults)) if faults else None
