"""MeterValue elements (1.6 sections 7.33 and 7.43) and MeterValues.req. Plain decimal numbers, always their unit."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import JsonObject, OutgoingCall
from chargepoint.csms.signed_values import write_signed
from chargepoint.csms.v16.handler import without_none
from chargepoint.csms.v16.vocabulary import (
    DECIMALS,
    LOCATION,
    MEASURAND,
    PHASE,
    READING_CONTEXT,
    UNIT_IN_METER_VALUES,
    UNIT_IN_STOP_TRANSACTION,
)
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import UNIT_OF, MeterValue, SampledValue, Unit
from chargepoint.model.reports import MeterReport

SENDS = frozenset({"MeterValues"})


def decimal_text(value: float, decimals: int) -> str:
    """Plain digits without exponent, without trailing zeros and without a negative zero."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _sampled_value(value: SampledValue, context: str, units: Mapping[Unit, str | None]) -> JsonObject:
    unit = UNIT_OF[value.measurand]
    return without_none(
        {
            "value": decimal_text(value.value, DECIMALS[unit]),
            "context": context,
            "measurand": MEASURAND[value.measurand],
            "phase": None if value.phase is None else PHASE[value.phase],
            "location": LOCATION[value.location],
            "unit": units[unit],
        }
    )


def _signed_value(value: SampledValue, context: str, units: Mapping[Unit, str | None]) -> list[JsonObject]:
    """Beside the number: the same with `format: SignedData` (OCA, Signed Meter Values in OCPP, 3.2.1)."""
    signed = None if value.signed is None else write_signed(value.signed)
    if signed is None:
        return []
    text = json.dumps(signed, separators=(",", ":"))
    return [{**_sampled_value(value, context, units), "value": text, "format": "SignedData"}]


def _elements(meter_values: Iterable[MeterValue], units: Mapping[Unit, str | None]) -> list[JsonObject]:
    """A number that is none (NaN, infinite) is unknown and left out; a set without any number too."""
    elements: list[JsonObject] = []
    for meter_value in meter_values:
        context = READING_CONTEXT[meter_value.context]
        finite = [value for value in meter_value.values if isfinite(value.value)]
        sampled = [_sampled_value(value, context, units) for value in finite]
        sampled += [wire for value in finite for wire in _signed_value(value, context, units)]
        if sampled:
            elements.append({"timestamp": write_time(meter_value.stamp.utc), "sampledValue": sampled})
    return elements


def transaction_data(meter_values: Iterable[MeterValue]) -> list[JsonObject] | None:
    """StopTransaction's transactionData; None when there is nothing to tell (section 3.16.5)."""
    return _elements(meter_values, UNIT_IN_STOP_TRANSACTION) or None


def meter_values_call(
    evse_id: EvseId, meter_values: Iterable[MeterValue], csms_transaction_id: int | None = None
) -> OutgoingCall | None:
    """MeterValues.req; None when no number is left to tell."""
    elements = _elements(meter_values, UNIT_IN_METER_VALUES)
    if not elements:
        return None
    payload = {"connectorId": evse_id, "transactionId": csms_transaction_id, "meterValue": elements}
    return OutgoingCall("MeterValues", without_none(payload))


def encode_meter_report(report: MeterReport, envelope: Envelope | None = None) -> OutgoingCall | None:
    """Values outside a transaction carry no transactionId (errata 3.16); the envelope has that of a running one."""
    number = None if envelope is None else envelope.csms_transaction_id
    return meter_values_call(report.evse_id, report.meter_values, number)
