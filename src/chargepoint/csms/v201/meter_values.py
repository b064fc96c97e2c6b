"""Block J: meter values on the wire, and MeterValues outside a transaction. Numbers are JSON numbers."""

from math import isfinite

from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.signed_values import write_signed
from chargepoint.csms.v201.vocabulary import LOCATION, MEASURAND, PHASE, READING_CONTEXT, UNIT
from chargepoint.csms.v201.wire_time import write_time
from chargepoint.model.metering import UNIT_OF, MeterValue, SampledValue
from chargepoint.model.reports import MeterReport

DECIMALS = 3
"""Milliwatt-hours, milliamps: finer than any meter, and free of binary fractions."""


def write_meter_values(values: tuple[MeterValue, ...]) -> list[JsonObject]:
    """MeterValueType for each set that has at least one number 2.0.1 has a measurand for."""
    written: list[JsonObject] = []
    for value in values:
        sampled = [wire for sample in value.values if (wire := _write_sample(sample)) is not None]
        if sampled:
            for wire in sampled:
                wire["context"] = READING_CONTEXT[value.context]
            written.append({"timestamp": write_time(value.stamp.utc), "sampledValue": sampled})
    return written


def _write_sample(sample: SampledValue) -> JsonObject | None:
    measurand = MEASURAND[sample.measurand]
    if measurand is None or not isfinite(sample.value):
        return None
    wire: JsonObject = {
        "value": round(sample.value, DECIMALS),
        "measurand": measurand,
        "location": LOCATION[sample.location],
    }
    if sample.phase is not None:
        wire["phase"] = PHASE[sample.phase]
    unit = UNIT[UNIT_OF[sample.measurand]]
    if unit is not None:
        wire["unitOfMeasure"] = {"unit": unit}
    if sample.signed is not None and (signed := write_signed(sample.signed)) is not None:
        wire["signedMeterValue"] = signed
    return wire


def meter_values(report: MeterReport) -> OutgoingCall | None:
    """None when nothing in the report has a name in 2.0.1."""
    written = write_meter_values(report.meter_values)
    if not written:
        return None
    return OutgoingCall("MeterValues", {"evseId": report.evse_id, "meterValue": written})
