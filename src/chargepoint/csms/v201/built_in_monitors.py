"""The monitors that come with the station, and where each fault is told (N07, C6 of the fault catalogue)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chargepoint.csms.v201.live_variables import Ratings
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.monitoring import Monitor, MonitoredVariable, MonitorKind, MonitorOrigin, Severity
from chargepoint.model.reports import FIRST_CONNECTOR
from chargepoint.monitoring.fault_notices import FaultPlace

HOT_CELSIUS = 70.0
"""Still below what makes the station stop: somebody may look at it before."""
LOCK = "ConnectorPlugRetentionLock"
"""Its failure is told as a difference (G05.FR.02, TC_G_20_CS)."""
FIRST_PRECONFIGURED_ID = 1000
IDS_OF_AN_EVSE = 10


@dataclass(frozen=True, slots=True)
class FaultTold:
    """The component whose Problem a fault is, and its severity."""

    component: str
    severity: Severity


FAULT_TOLD: Mapping[Fault, FaultTold] = {
    Fault.RESIDUAL_CURRENT: FaultTold("EVSE", Severity.DANGER),
    Fault.RESIDUAL_CURRENT_SELF_TEST: FaultTold("EVSE", Severity.HARDWARE_FAILURE),
    Fault.CONTACTOR_WELDED: FaultTold("PowerContactor", Severity.DANGER),
    Fault.CONTACTOR_STUCK_OPEN: FaultTold("PowerContactor", Severity.HARDWARE_FAILURE),
    Fault.CONTACTOR_FEEDBACK_MISSING: FaultTold("PowerContactor", Severity.HARDWARE_FAILURE),
    Fault.LOCK_JAMMED: FaultTold(LOCK, Severity.ERROR),
    Fault.PE_LOST: FaultTold("EVSE", Severity.DANGER),
    Fault.OVER_TEMPERATURE: FaultTold("EVSE", Severity.CRITICAL),
    Fault.TEMPERATURE_SENSOR: FaultTold("EVSE", Severity.ERROR),
    Fault.EMERGENCY_STOP: FaultTold("EVSE", Severity.CRITICAL),
    Fault.UNDER_VOLTAGE: FaultTold("ElectricalFeed", Severity.ERROR),
    Fault.OVER_VOLTAGE: FaultTold("ElectricalFeed", Severity.ERROR),
    Fault.OVER_CURRENT: FaultTold("EVSE", Severity.ERROR),
    Fault.MAINS_LOST: FaultTold("ElectricalFeed", Severity.CRITICAL),
    Fault.DIODE: FaultTold("CPPWMController", Severity.WARNING),
    Fault.PILOT_SHORT: FaultTold("CPPWMController", Severity.WARNING),
    Fault.PILOT_FAULT: FaultTold("CPPWMController", Severity.ERROR),
    Fault.PROXIMITY_SHORT: FaultTold("EVSE", Severity.WARNING),
    Fault.PROXIMITY_LOST: FaultTold("EVSE", Severity.WARNING),
    Fault.VENTILATION_UNAVAILABLE: FaultTold("EVSE", Severity.NOTICE),
    Fault.CHATTER_LOCKOUT: FaultTold("EVSE", Severity.ERROR),
    Fault.BOARD_SILENT: FaultTold("EVSE", Severity.HARDWARE_FAILURE),
    Fault.SAFETY_LINK_LOST: FaultTold("EVSE", Severity.HARDWARE_FAILURE),
    Fault.METER_SILENT: FaultTold("FiscalMetering", Severity.ERROR),
    Fault.METER_FROZEN: FaultTold("FiscalMetering", Severity.ERROR),
    Fault.METER_IMPLAUSIBLE: FaultTold("FiscalMetering", Severity.ERROR),
    Fault.READER_SILENT: FaultTold("TokenReader", Severity.ERROR),
    Fault.FAULT_MEMORY_LOST: FaultTold("EVSE", Severity.WARNING),
    Fault.STORAGE_CORRUPT: FaultTold("Controller", Severity.CRITICAL),
    Fault.STORAGE_FULL: FaultTold("Controller", Severity.CRITICAL),
}


class FaultPlaces:
    """Where the faults of this station are told: its Problem variables, or that of the whole where a part is none."""

    def __init__(self, ratings: Ratings) -> None:
        self._ratings = ratings

    def __call__(self, fault: Fault, evse_id: EvseId | None) -> FaultPlace | None:
        told = FAULT_TOLD[fault]
        if told.component == LOCK and evse_id is not None:
            return None  # told by a monitor
        if evse_id is None:
            return FaultPlace(self._of_station(told), told.severity)
        rating = self._ratings.evses.get(evse_id)
        if told.component == "FiscalMetering" and (rating is None or not rating.has_meter):
            return FaultPlace(MonitoredVariable("EVSE", "Problem", evse_id=evse_id), told.severity)
        return FaultPlace(MonitoredVariable(told.component, "Problem", evse_id=evse_id), told.severity)

    def _of_station(self, told: FaultTold) -> MonitoredVariable:
        readers = self._ratings.readers
        if told.component == "TokenReader" and len(readers) == 1:
            return MonitoredVariable("TokenReader", "Problem", component_instance=readers[0])
        return MonitoredVariable("Controller" if told.component == "Controller" else "ChargingStation", "Problem")


def built_in_monitors(evse_ids: Iterable[int]) -> tuple[Monitor, ...]:
    """Ids depend on the EVSE's number alone, so that they are the same after every start."""
    monitors = [
        _status_monitor(FIRST_PRECONFIGURED_ID, MonitoredVariable("ChargingStation", "AvailabilityState")),
    ]
    for evse_id in evse_ids:
        own = evse_id * IDS_OF_AN_EVSE
        monitors += [
            Monitor(
                own + 1,
                MonitoredVariable("EVSE", "Tripped", evse_id=evse_id),
                MonitorKind.DELTA,
                1.0,
                Severity.CRITICAL,
                origin=MonitorOrigin.HARD_WIRED,
            ),
            Monitor(
                own + 2,
                MonitoredVariable(LOCK, "Problem", evse_id=evse_id, connector_id=FIRST_CONNECTOR),
                MonitorKind.DELTA,
                1.0,
                FAULT_TOLD[Fault.LOCK_JAMMED].severity,
                origin=MonitorOrigin.HARD_WIRED,
            ),
            Monitor(
                FIRST_PRECONFIGURED_ID + own + 1,
                MonitoredVariable("EVSE", "Temperature", evse_id=evse_id),
                MonitorKind.UPPER_THRESHOLD,
                HOT_CELSIUS,
                Severity.ALERT,
                origin=MonitorOrigin.PRECONFIGURED,
            ),
            _status_monitor(
                FIRST_PRECONFIGURED_ID + own + 2, MonitoredVariable("EVSE", "AvailabilityState", evse_id=evse_id)
            ),
            _status_monitor(
                FIRST_PRECONFIGURED_ID + own + 3,
                MonitoredVariable("Connector", "AvailabilityState", evse_id=evse_id, connector_id=FIRST_CONNECTOR),
            ),
        ]
    return tuple(monitors)


def _status_monitor(monitor_id: int, subject: MonitoredVariable) -> Monitor:
    """With the base All alone, and least severe: StatusNotification tells the same."""
    return Monitor(
        monitor_id,
        subject,
        MonitorKind.DELTA,
        1.0,
        Severity.DEBUG,
        origin=MonitorOrigin.PRECONFIGURED,
        is_factory_default=False,
    )
