"""From what is known of an EVSE to the status that drivers and the CSMS see (1.6 section 4.9, 2.0.1 G01)."""

from enum import StrEnum

from chargepoint.model.faults import Fault
from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState, EvseObservation, WhyOpen
from chargepoint.model.status import Availability, EvseStatus, SessionState
from chargepoint.model.transactions import ChargingState, StopReason

STATUS_WHILE_CHARGING = {
    ChargingState.CHARGING: EvseStatus.CHARGING,
    ChargingState.EV_CONNECTED: EvseStatus.PREPARING,
    ChargingState.SUSPENDED_EV: EvseStatus.SUSPENDED_EV,
    ChargingState.SUSPENDED_EVSE: EvseStatus.SUSPENDED_EVSE,
    ChargingState.IDLE: EvseStatus.SUSPENDED_EV,
}

STATUS_OF_SESSION = {
    SessionState.IDLE: EvseStatus.AVAILABLE,
    SessionState.AUTHORIZED: EvseStatus.AWAITING_PLUG,
    SessionState.PLUGGED: EvseStatus.PREPARING,
    SessionState.STARTING: EvseStatus.PREPARING,
    SessionState.STOPPING: EvseStatus.FINISHING,
    SessionState.FINISHED: EvseStatus.FINISHING,
}

STOPPING_FAULTS = {
    Fault.EMERGENCY_STOP: StopReason.EMERGENCY_STOP,
    Fault.RESIDUAL_CURRENT: StopReason.GROUND_FAULT,
    Fault.OVER_CURRENT: StopReason.OVERCURRENT_FAULT,
    Fault.CONTACTOR_WELDED: StopReason.OTHER,
}
"""Faults that end the transaction; every other one suspends it until it clears."""

ADVISORY_FAULTS = frozenset({Fault.READER_SILENT, Fault.STORAGE_FULL, Fault.STORAGE_CORRUPT, Fault.CHATTER_LOCKOUT})
"""Shown and reported, but the outlet works: the status stays what it is."""


def blocking(faults: frozenset[Fault]) -> frozenset[Fault]:
    """The faults that make an EVSE unusable."""
    return faults - ADVISORY_FAULTS


def status_of(
    session: SessionState,
    state: ChargingState,
    faults: frozenset[Fault],
    availability: Availability,
    is_kept: bool = False,
) -> EvseStatus | None:
    """None while an open transaction is being recovered: nothing true can be said yet."""
    if session is SessionState.RECOVERING:
        return None
    if blocking(faults):
        return EvseStatus.FAULTED
    if session is SessionState.TRANSACTION:
        return STATUS_WHILE_CHARGING[state]
    if availability is Availability.INOPERATIVE and session is not SessionState.STOPPING:
        return EvseStatus.UNAVAILABLE
    if is_kept and session in (SessionState.IDLE, SessionState.PLUGGED):
        return EvseStatus.RESERVED
    return STATUS_OF_SESSION[session]


class Supply(StrEnum):
    """What an observation says about energy while a transaction is open."""

    FLOWING = "flowing"
    HELD_BY_STATION = "held_by_station"
    HELD_BY_EV = "held_by_ev"
    IN_BETWEEN = "in_between"
    """Closing, waking, checking: the last word stands."""
    UNPLUGGED = "unplugged"


_HELD_BY_STATION = frozenset(
    {
        WhyOpen.MAKE_SAFE,
        WhyOpen.FAULT,
        WhyOpen.CHATTER_LOCKOUT,
        WhyOpen.LEASE_EXPIRED,
        WhyOpen.LIMIT_BELOW_MINIMUM,
        WhyOpen.CABLE_UNKNOWN,
        WhyOpen.VENTILATION,
    }
)

_RESTS = frozenset({WhyOpen.MINIMUM_OFF_TIME, WhyOpen.PHASE_CHANGE, WhyOpen.LOCK_NOT_CLOSED})
"""The station is not ready yet: its own pause, unless the EV had paused before it."""


_SETTLES_AFTER_START = frozenset({WhyOpen.CABLE_UNKNOWN, WhyOpen.LEASE_EXPIRED})
"""What a start brings with it: the cable is being read, the first directive is on its way."""


def is_settling(observation: EvseObservation, power_allowed: bool) -> bool:
    """Nothing but the EV and what passes by itself holds the energy of a transaction that has just begun."""
    return power_allowed and not (_HELD_BY_STATION - _SETTLES_AFTER_START).intersection(observation.why_open)


def supply_of(observation: EvseObservation, power_allowed: bool, ev_had_paused: bool = False) -> Supply:
    """A closed contactor is flowing; an absent EV is nobody's pause; the station's reasons come before the EV's.

    `ev_had_paused`: the EV ended the last flow by itself, and a contactor that rests afterwards keeps nothing from it.
    """
    if observation.contactor in (ContactorState.CLOSED, ContactorState.ASSUMED_CLOSED):
        return Supply.FLOWING
    if observation.is_settled and observation.pilot_state is PilotState.A:
        return Supply.UNPLUGGED
    if not power_allowed or _HELD_BY_STATION.intersection(observation.why_open):
        return Supply.HELD_BY_STATION
    ev_asks = WhyOpen.EV_NOT_READY not in observation.why_open
    if _RESTS.intersection(observation.why_open) and (ev_asks or not ev_had_paused):
        return Supply.HELD_BY_STATION
    return Supply.IN_BETWEEN if ev_asks else Supply.HELD_BY_EV


STATE_OF_SUPPLY = {
    Supply.FLOWING: ChargingState.CHARGING,
    Supply.HELD_BY_STATION: ChargingState.SUSPENDED_EVSE,
    Supply.HELD_BY_EV: ChargingState.SUSPENDED_EV,
    Supply.UNPLUGGED: ChargingState.IDLE,
}


WHY_NOT_CHARGING = {
    WhyOpen.MAKE_SAFE: "the safety process has made everything safe",
    WhyOpen.FAULT: "a fault is present",
    WhyOpen.CHATTER_LOCKOUT: "the EV asked for power too often; the contactor rests",
    WhyOpen.STARTING: "the control pilot is settling",
    WhyOpen.NO_EV: "no EV is plugged in",
    WhyOpen.LEASE_EXPIRED: "the permission to energise ran out; is the controller running?",
    WhyOpen.NO_CONTROLLER: "the safety process has no controller",
    WhyOpen.NOT_PERMITTED: "nobody is authorised",
    WhyOpen.LIMIT_BELOW_MINIMUM: "the current limit is below the minimum current",
    WhyOpen.CABLE_UNKNOWN: "the cable's rating can not be read",
    WhyOpen.MINIMUM_OFF_TIME: "the contactor rests for its minimum off time",
    WhyOpen.PHASE_CHANGE: "the supply changes between one and three phases; the EV is left alone for a while",
    WhyOpen.WAKE_UP: "the EV is being woken",
    WhyOpen.LOCK_NOT_CLOSED: "the plug is not locked yet",
    WhyOpen.EV_NOT_READY: "the EV does not ask for power",
    WhyOpen.VENTILATION: "the EV asks for ventilation, which is not fitted",
    WhyOpen.SELF_TEST: "the residual-current monitor tests itself",
    WhyOpen.DIODE_UNCHECKED: "the EV's diode has not been seen yet",
    WhyOpen.CLOSING: "the contactor is closing",
}


def why_not_charging(
    session: SessionState, observation: EvseObservation | None, faults: frozenset[Fault], awaits_clock: bool = False
) -> str | None:
    """One sentence for a person, the strongest reason; None while energy may flow."""
    if blocking(faults):
        return "fault: " + ", ".join(sorted(blocking(faults)))
    if observation is None:
        return "nothing has been heard from the safety process"
    if session is SessionState.STARTING:
        return "waiting for a valid meter reading"
    if session is SessionState.RECOVERING:
        if awaits_clock:
            return "waiting for the right time, to know how long the power was off"
        return "an interrupted transaction is being recovered"
    if not observation.why_open:
        return None
    return WHY_NOT_CHARGING[observation.why_open[0]]
