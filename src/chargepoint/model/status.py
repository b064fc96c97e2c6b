"""What drivers and the CSMS see of an EVSE."""

from enum import StrEnum


class EvseStatus(StrEnum):
    """The neutral status: 1.6 knows almost all; 2.0.1 folds five of them into Occupied."""

    AVAILABLE = "Available"
    AWAITING_PLUG = "AwaitingPlug"
    """Somebody is authorised, and no EV is there: 1.6 calls that Preparing, 2.0.1 Available (H03.FR.10)."""
    PREPARING = "Preparing"
    CHARGING = "Charging"
    SUSPENDED_EVSE = "SuspendedEVSE"
    SUSPENDED_EV = "SuspendedEV"
    FINISHING = "Finishing"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class Availability(StrEnum):
    OPERATIVE = "Operative"
    INOPERATIVE = "Inoperative"


class SessionState(StrEnum):
    """One EVSE's session, plug-in to plug-out."""

    IDLE = "idle"
    """No EV and nobody authorised."""
    AUTHORIZED = "authorized"
    """Somebody is authorised; waiting for the plug."""
    PLUGGED = "plugged"
    """An EV is there; waiting for authorisation."""
    STARTING = "starting"
    """Authorised and plugged; waiting for a valid meter reading."""
    TRANSACTION = "transaction"
    """Somebody is authorised for the EV of an open transaction: the only state in which energy flows."""
    STOPPING = "stopping"
    """Power is being taken away; waiting for the open contactor and the stop reading."""
    FINISHED = "finished"
    """The authorisation is over, the EV is still plugged in; the transaction may last until it leaves."""
    RECOVERING = "recovering"
    """An open transaction was found at start; waiting for the pilot and the meter."""
