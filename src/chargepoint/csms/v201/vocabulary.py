"""Neutral words and their 2.0.1 spelling, as tables. None: 2.0.1 has no word for it, and it is left out."""

from chargepoint.csms.dialect import ErrorCode
from chargepoint.model.metering import Location, Measurand, Phase, ReadingContext, Unit
from chargepoint.model.registration import BootReason
from chargepoint.model.tokens import TYPED_KINDS, AuthorizationStatus, TokenKind
from chargepoint.model.transactions import Cause, ChargingState, StopReason, TransactionPhase

EVENT_TYPE = {
    TransactionPhase.STARTED: "Started",
    TransactionPhase.UPDATED: "Updated",
    TransactionPhase.ENDED: "Ended",
}

TRIGGER_REASON = {
    Cause.AUTHORIZED: "Authorized",
    Cause.CABLE_PLUGGED_IN: "CablePluggedIn",
    Cause.CHARGING_RATE_CHANGED: "ChargingRateChanged",
    Cause.CHARGING_STATE_CHANGED: "ChargingStateChanged",
    Cause.DEAUTHORIZED: "Deauthorized",
    Cause.ENERGY_LIMIT_REACHED: "EnergyLimitReached",
    Cause.EV_COMMUNICATION_LOST: "EVCommunicationLost",
    Cause.EV_CONNECT_TIMEOUT: "EVConnectTimeout",
    Cause.EV_DEPARTED: "EVDeparted",
    Cause.EV_DETECTED: "EVDetected",
    Cause.METER_VALUE_CLOCK: "MeterValueClock",
    Cause.METER_VALUE_PERIODIC: "MeterValuePeriodic",
    Cause.REMOTE_START: "RemoteStart",
    Cause.REMOTE_STOP: "RemoteStop",
    Cause.RESET_COMMAND: "ResetCommand",
    Cause.SIGNED_DATA_RECEIVED: "SignedDataReceived",
    Cause.STOP_AUTHORIZED: "StopAuthorized",
    Cause.TIME_LIMIT_REACHED: "TimeLimitReached",
    Cause.TRIGGER: "Trigger",
    Cause.UNLOCK_COMMAND: "UnlockCommand",
    Cause.ABNORMAL_CONDITION: "AbnormalCondition",
}

STOPPED_REASON = {
    StopReason.DE_AUTHORIZED: "DeAuthorized",
    StopReason.EMERGENCY_STOP: "EmergencyStop",
    StopReason.ENERGY_LIMIT_REACHED: "EnergyLimitReached",
    StopReason.EV_DISCONNECTED: "EVDisconnected",
    StopReason.GROUND_FAULT: "GroundFault",
    StopReason.IMMEDIATE_RESET: "ImmediateReset",
    StopReason.LOCAL: "Local",
    StopReason.MASTER_PASS: "MasterPass",
    StopReason.OTHER: "Other",
    StopReason.OVERCURRENT_FAULT: "OvercurrentFault",
    StopReason.POWER_LOSS: "PowerLoss",
    StopReason.REBOOT: "Reboot",
    StopReason.REMOTE: "Remote",
    # A soft reset is a 1.6 command that ends transactions; a queue written under 1.6 may bring it here.
    StopReason.SOFT_RESET: "ImmediateReset",
    StopReason.STOPPED_BY_EV: "StoppedByEV",
    StopReason.TIME_LIMIT_REACHED: "TimeLimitReached",
    StopReason.TIMEOUT: "Timeout",
    # 2.0.1 never ends a transaction by unlocking; under 1.6 it is an order of the CSMS.
    StopReason.UNLOCK_COMMAND: "Remote",
}

CHARGING_STATE = {
    ChargingState.CHARGING: "Charging",
    ChargingState.EV_CONNECTED: "EVConnected",
    ChargingState.SUSPENDED_EV: "SuspendedEV",
    ChargingState.SUSPENDED_EVSE: "SuspendedEVSE",
    ChargingState.IDLE: "Idle",
}

TOKEN_TYPE = {
    TokenKind.CENTRAL: "Central",
    TokenKind.EMAID: "eMAID",
    TokenKind.ISO14443: "ISO14443",
    TokenKind.ISO15693: "ISO15693",
    TokenKind.KEY_CODE: "KeyCode",
    TokenKind.LOCAL: "Local",
    TokenKind.MAC_ADDRESS: "MacAddress",
    TokenKind.NO_AUTHORIZATION: "NoAuthorization",
    TokenKind.UNTYPED: "Central",  # a CSMS has named it
}
TOKEN_KIND = {TOKEN_TYPE[kind]: kind for kind in TYPED_KINDS}

AUTHORIZATION_STATUS = {
    "Accepted": AuthorizationStatus.ACCEPTED,
    "Blocked": AuthorizationStatus.BLOCKED,
    "ConcurrentTx": AuthorizationStatus.CONCURRENT_TX,
    "Expired": AuthorizationStatus.EXPIRED,
    "Invalid": AuthorizationStatus.INVALID,
    "NoCredit": AuthorizationStatus.NO_CREDIT,
    "NotAllowedTypeEVSE": AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE,
    "NotAtThisLocation": AuthorizationStatus.NOT_AT_THIS_LOCATION,
    "NotAtThisTime": AuthorizationStatus.NOT_AT_THIS_TIME,
    "Unknown": AuthorizationStatus.UNKNOWN,
}

BOOT_REASON = {
    BootReason.POWER_UP: "PowerUp",
    BootReason.LOCAL_RESET: "LocalReset",
    BootReason.REMOTE_RESET: "RemoteReset",
    BootReason.SCHEDULED_RESET: "ScheduledReset",
    BootReason.FIRMWARE_UPDATE: "FirmwareUpdate",
    BootReason.TRIGGERED: "Triggered",
    BootReason.UNKNOWN: "Unknown",
    BootReason.WATCHDOG: "Watchdog",
    BootReason.APPLICATION_RESET: "ApplicationReset",
}

MEASURAND: dict[Measurand, str | None] = {
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: "Energy.Active.Import.Register",
    Measurand.ENERGY_ACTIVE_IMPORT_INTERVAL: "Energy.Active.Import.Interval",
    Measurand.ENERGY_ACTIVE_EXPORT_REGISTER: "Energy.Active.Export.Register",
    Measurand.POWER_ACTIVE_IMPORT: "Power.Active.Import",
    Measurand.POWER_OFFERED: "Power.Offered",
    Measurand.POWER_FACTOR: "Power.Factor",
    Measurand.CURRENT_IMPORT: "Current.Import",
    Measurand.CURRENT_OFFERED: "Current.Offered",
    Measurand.VOLTAGE: "Voltage",
    Measurand.FREQUENCY: "Frequency",
    Measurand.TEMPERATURE: None,
}

UNIT: dict[Unit, str | None] = {
    Unit.WH: "Wh",
    Unit.W: "W",
    Unit.A: "A",
    Unit.V: "V",
    Unit.HERTZ: "Hz",
    Unit.CELSIUS: "Celsius",
    Unit.NONE: None,
}

READING_CONTEXT = {
    ReadingContext.TRANSACTION_BEGIN: "Transaction.Begin",
    ReadingContext.TRANSACTION_END: "Transaction.End",
    ReadingContext.SAMPLE_PERIODIC: "Sample.Periodic",
    ReadingContext.SAMPLE_CLOCK: "Sample.Clock",
    ReadingContext.TRIGGER: "Trigger",
    ReadingContext.INTERRUPTION_BEGIN: "Interruption.Begin",
    ReadingContext.INTERRUPTION_END: "Interruption.End",
    ReadingContext.OTHER: "Other",
}

PHASE = {
    Phase.L1: "L1",
    Phase.L2: "L2",
    Phase.L3: "L3",
    Phase.L1_N: "L1-N",
    Phase.L2_N: "L2-N",
    Phase.L3_N: "L3-N",
}

LOCATION = {
    Location.OUTLET: "Outlet",
    Location.INLET: "Inlet",
    Location.BODY: "Body",
    Location.EV: "EV",
    Location.CABLE: "Cable",
}

# Part 4, table 8.
ERROR_NAMES = {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.NOT_SUPPORTED: "NotSupported",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.FORMAT: "FormatViolation",
    ErrorCode.PROPERTY_CONSTRAINT: "PropertyConstraintViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT: "OccurrenceConstraintViolation",
    ErrorCode.TYPE_CONSTRAINT: "TypeConstraintViolation",
    ErrorCode.GENERIC: "GenericError",
    ErrorCode.RPC_FRAMEWORK: "RpcFrameworkError",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "MessageTypeNotSupported",
}
