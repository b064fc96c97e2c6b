"""The enumerations of OCPP 1.6 beside the neutral ones, as tables. Total; decides nothing."""

from collections.abc import Mapping

from chargepoint.model.metering import Location, Measurand, Phase, ReadingContext, Unit
from chargepoint.model.registration import RegistrationStatus
from chargepoint.model.tokens import AuthorizationStatus
from chargepoint.model.transactions import StopReason

STOP_REASON: Mapping[StopReason, str] = {
    StopReason.DE_AUTHORIZED: "DeAuthorized",
    StopReason.EMERGENCY_STOP: "EmergencyStop",
    StopReason.ENERGY_LIMIT_REACHED: "Other",
    StopReason.EV_DISCONNECTED: "EVDisconnected",
    StopReason.GROUND_FAULT: "Other",
    StopReason.IMMEDIATE_RESET: "HardReset",
    StopReason.LOCAL: "Local",
    StopReason.MASTER_PASS: "Local",
    StopReason.OTHER: "Other",
    StopReason.OVERCURRENT_FAULT: "Other",
    StopReason.POWER_LOSS: "PowerLoss",
    StopReason.REBOOT: "Reboot",
    StopReason.REMOTE: "Remote",
    StopReason.SOFT_RESET: "SoftReset",
    StopReason.STOPPED_BY_EV: "Other",
    StopReason.TIME_LIMIT_REACHED: "Other",
    StopReason.TIMEOUT: "Other",
    StopReason.UNLOCK_COMMAND: "UnlockCommand",
}
"""7.36. A master pass is a person at the charge point, hence Local."""

READING_CONTEXT: Mapping[ReadingContext, str] = {
    ReadingContext.TRANSACTION_BEGIN: "Transaction.Begin",
    ReadingContext.TRANSACTION_END: "Transaction.End",
    ReadingContext.SAMPLE_PERIODIC: "Sample.Periodic",
    ReadingContext.SAMPLE_CLOCK: "Sample.Clock",
    ReadingContext.TRIGGER: "Trigger",
    ReadingContext.INTERRUPTION_BEGIN: "Interruption.Begin",
    ReadingContext.INTERRUPTION_END: "Interruption.End",
    ReadingContext.OTHER: "Other",
}
"""7.35, with the descriptions of errata 4.25."""

MEASURAND: Mapping[Measurand, str] = {
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
    Measurand.TEMPERATURE: "Temperature",
}

PHASE: Mapping[Phase, str] = {
    Phase.L1: "L1",
    Phase.L2: "L2",
    Phase.L3: "L3",
    Phase.L1_N: "L1-N",
    Phase.L2_N: "L2-N",
    Phase.L3_N: "L3-N",
}

LOCATION: Mapping[Location, str] = {
    Location.OUTLET: "Outlet",
    Location.INLET: "Inlet",
    Location.BODY: "Body",
    Location.EV: "EV",
    Location.CABLE: "Cable",
}

UNIT_IN_METER_VALUES: Mapping[Unit, str | None] = {
    Unit.WH: "Wh",
    Unit.W: "W",
    Unit.A: "A",
    Unit.V: "V",
    Unit.HERTZ: "Hertz",
    Unit.CELSIUS: "Celcius",
    Unit.NONE: None,
}
"""`Celcius` is the spelling that every CSMS's schema knows (OCPP-J errata 2.1); Hertz is errata 3.86."""

UNIT_IN_STOP_TRANSACTION: Mapping[Unit, str | None] = {**UNIT_IN_METER_VALUES, Unit.HERTZ: None}
"""StopTransaction's published schema has no word for Hertz; frequency has no other unit, so it is left out."""

DECIMALS: Mapping[Unit, int] = {
    Unit.WH: 1,
    Unit.W: 1,
    Unit.A: 2,
    Unit.V: 1,
    Unit.HERTZ: 2,
    Unit.CELSIUS: 1,
    Unit.NONE: 3,
}
"""How many digits after the point are written at most; trailing zeros are left away."""

AUTHORIZATION_STATUS: Mapping[str, AuthorizationStatus] = {
    "Accepted": AuthorizationStatus.ACCEPTED,
    "Blocked": AuthorizationStatus.BLOCKED,
    "Expired": AuthorizationStatus.EXPIRED,
    "Invalid": AuthorizationStatus.INVALID,
    "ConcurrentTx": AuthorizationStatus.CONCURRENT_TX,
}
"""7.2, read only: it is the CSMS that says it."""

REGISTRATION_STATUS: Mapping[str, RegistrationStatus] = {
    "Accepted": RegistrationStatus.ACCEPTED,
    "Pending": RegistrationStatus.PENDING,
    "Rejected": RegistrationStatus.REJECTED,
}
"""7.38, read only."""
