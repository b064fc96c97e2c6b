"""Meter values as they are reported: timestamped sets of numbers with measurand, phase, unit and context."""

from dataclasses import dataclass
from enum import StrEnum

from chargepoint.model.moment import Stamp

STOP_SAMPLES_KEPT = 96
"""Samples of a transaction that are kept at most for the report of its end; a longer one is thinned evenly."""
SIGNED_SAMPLES_KEPT = 24
"""Those of them that are signed: a data set is up to a hundred times as long as a number."""
STOP_VALUES_TOLD = STOP_SAMPLES_KEPT + 2
"""Meter values that the report of an end tells at most: a begin that was known late, what was kept, and the end."""


class Measurand(StrEnum):
    """The measurands of OCPP (both versions use these names) that a station like this may have."""

    ENERGY_ACTIVE_IMPORT_REGISTER = "Energy.Active.Import.Register"
    ENERGY_ACTIVE_IMPORT_INTERVAL = "Energy.Active.Import.Interval"
    ENERGY_ACTIVE_EXPORT_REGISTER = "Energy.Active.Export.Register"
    POWER_ACTIVE_IMPORT = "Power.Active.Import"
    POWER_OFFERED = "Power.Offered"
    POWER_FACTOR = "Power.Factor"
    CURRENT_IMPORT = "Current.Import"
    CURRENT_OFFERED = "Current.Offered"
    VOLTAGE = "Voltage"
    FREQUENCY = "Frequency"
    TEMPERATURE = "Temperature"


class Unit(StrEnum):
    WH = "Wh"
    W = "W"
    A = "A"
    V = "V"
    HERTZ = "Hertz"
    CELSIUS = "Celsius"
    NONE = ""


UNIT_OF = {
    Measurand.ENERGY_ACTIVE_IMPORT_REGISTER: Unit.WH,
    Measurand.ENERGY_ACTIVE_IMPORT_INTERVAL: Unit.WH,
    Measurand.ENERGY_ACTIVE_EXPORT_REGISTER: Unit.WH,
    Measurand.POWER_ACTIVE_IMPORT: Unit.W,
    Measurand.POWER_OFFERED: Unit.W,
    Measurand.POWER_FACTOR: Unit.NONE,
    Measurand.CURRENT_IMPORT: Unit.A,
    Measurand.CURRENT_OFFERED: Unit.A,
    Measurand.VOLTAGE: Unit.V,
    Measurand.FREQUENCY: Unit.HERTZ,
    Measurand.TEMPERATURE: Unit.CELSIUS,
}


class ReadingContext(StrEnum):
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    SAMPLE_PERIODIC = "Sample.Periodic"
    SAMPLE_CLOCK = "Sample.Clock"
    TRIGGER = "Trigger"
    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"
    OTHER = "Other"


class Phase(StrEnum):
    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L1_N = "L1-N"
    L2_N = "L2-N"
    L3_N = "L3-N"


PHASES_OF: dict[Measurand, tuple[Phase, ...]] = {
    Measurand.POWER_ACTIVE_IMPORT: (Phase.L1, Phase.L2, Phase.L3),
    Measurand.CURRENT_IMPORT: (Phase.L1, Phase.L2, Phase.L3),
    Measurand.VOLTAGE: (Phase.L1, Phase.L2, Phase.L3, Phase.L1_N, Phase.L2_N, Phase.L3_N),
}
"""What is measured on each phase; a voltage of L1 is the one to neutral under either name."""


class Location(StrEnum):
    OUTLET = "Outlet"
    INLET = "Inlet"
    BODY = "Body"
    EV = "EV"
    CABLE = "Cable"


@dataclass(frozen=True, slots=True)
class MeterMemo:
    """What must be known of a meter after a restart. One never seen has an offset of 0 and nothing else."""

    offset_wh: float = 0.0
    """Our lifetime register = the meter's register + this."""
    serial_number: str | None = None
    last_energy_wh: float | None = None
    """Our lifetime register as it was read last."""
    last_at: Stamp | None = None
    """When that was."""


class SigningEdge(StrEnum):
    """When a meter signs: at the two ends of a transaction, and in between where it can."""

    BEGIN = "begin"
    BETWEEN = "between"
    END = "end"


@dataclass(frozen=True, slots=True)
class SignedMeterData:
    """A data set that the meter has signed itself; passed on byte by byte."""

    signed_text: str
    encoding: str
    """Its format, as `OCMF`."""
    public_key_hex: str = ""
    """DER with algorithm and key; empty where it is unknown or shall not be told."""


@dataclass(frozen=True, slots=True)
class SampledValue:
    """One number; the unit follows from the measurand (`UNIT_OF`)."""

    measurand: Measurand
    value: float
    phase: Phase | None = None
    location: Location = Location.OUTLET
    signed: SignedMeterData | None = None
    """What the meter signed of it."""


@dataclass(frozen=True, slots=True)
class MeterValue:
    """What was sampled at one time in one context; never empty."""

    stamp: Stamp
    context: ReadingContext
    values: tuple[SampledValue, ...]

    def energy_wh(self) -> float | None:
        """The import register in this set, if it is there."""
        for value in self.values:
            if value.measurand is Measurand.ENERGY_ACTIVE_IMPORT_REGISTER and value.phase is None:
                return value.value
        return None
