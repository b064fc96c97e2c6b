"""The billed span and the reports about it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Stamp
from chargepoint.model.power import PlugMark
from chargepoint.model.tokens import IdToken


class TransactionPhase(StrEnum):
    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class ChargingState(StrEnum):
    """2.0.1 ChargingStateEnumType."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


class Cause(StrEnum):
    """Why a transaction report is made (2.0.1 TriggerReasonEnumType; 1.6 does not send it)."""

    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_RATE_CHANGED = "ChargingRateChanged"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    EV_DEPARTED = "EVDeparted"
    EV_DETECTED = "EVDetected"
    METER_VALUE_CLOCK = "MeterValueClock"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    REMOTE_START = "RemoteStart"
    REMOTE_STOP = "RemoteStop"
    RESET_COMMAND = "ResetCommand"
    SIGNED_DATA_RECEIVED = "SignedDataReceived"
    STOP_AUTHORIZED = "StopAuthorized"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TRIGGER = "Trigger"
    UNLOCK_COMMAND = "UnlockCommand"
    ABNORMAL_CONDITION = "AbnormalCondition"


class StopReason(StrEnum):
    """Why a transaction ended: the 2.0.1 ReasonEnumType; 1.6's Reason is a projection."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_DISCONNECTED = "EVDisconnected"
    GROUND_FAULT = "GroundFault"
    IMMEDIATE_RESET = "ImmediateReset"
    LOCAL = "Local"
    MASTER_PASS = "MasterPass"
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOFT_RESET = "SoftReset"
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TIMEOUT = "Timeout"
    UNLOCK_COMMAND = "UnlockCommand"


@dataclass(frozen=True, slots=True)
class Transaction:
    """The durable record of one transaction; checkpointed at each step and each sample."""

    transaction_id: TransactionId
    evse_id: EvseId
    id_token: IdToken | None
    """Who was authorised; None until somebody is (2.0.1 TxStartPoint EVConnected)."""
    started_at: Stamp
    start_energy_wh: float | None
    """None before the EVSE or its meter is known, and where the configuration allows billing without a meter."""
    group_token: IdToken | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    next_sequence: int = 0
    charging_state: ChargingState = ChargingState.EV_CONNECTED
    last_energy_wh: float | None = None
    last_sample_at: Stamp | None = None
    """Of the last sample or report: when the transaction was surely open for the last time."""
    stop_samples: tuple[MeterValue, ...] = ()
    """What the stop report will carry (1.6 transactionData, 2.0.1 Ended meterValue); capped."""
    stop_reason: StopReason | None = None
    stop_cause: Cause | None = None
    stop_token: IdToken | None = None
    stopping_at: Stamp | None = None
    """When the stop was decided; the stop reading comes later, after the contactor is open."""
    is_ended: bool = False
    is_deauthorized: bool = False
    token_was_confirmed: bool = False
    """The CSMS itself has accepted the token for this transaction."""
    deauthorized_energy_wh: float | None = None
    """The register when the CSMS refused the token, for MaxEnergyOnInvalidId."""
    remote_limit_amps: float | None = None
    """The current limit that came with the remote start, per phase."""
    plug: PlugMark | None = None
    """The plug-in that is charged; None where an older release wrote the record."""
    charging_priority: int | None = None
    """Who is served first where there is not enough for all; None: not known, and as good as 0."""
    authorized_at: Stamp | None = None
    """When somebody was authorised; None: with the start."""
    revoked_by: StopReason | None = None
    """Why the authorisation has ended, where the transaction goes on without energy (2.0.1 TxStopPoint)."""
    may_have_energy: bool = True
    """False until EV and authorisation have met: nothing can have flowed."""
    is_begin_told: bool = True
    """False: the values of the begin are still to be told, with the event in which charging starts."""

    @property
    def is_authorized(self) -> bool:
        """Somebody is, and still."""
        return self.id_token is not None and self.revoked_by is None

    @property
    def is_told(self) -> bool:
        """The CSMS is told of it; one that waits for energy is only stored (2.0.1 TxStartPoint EnergyTransfer)."""
        return self.next_sequence > 0

    def with_next_sequence(self) -> "Transaction":
        return replace(self, next_sequence=self.next_sequence + 1)
