"""StartTransaction, MeterValues and StopTransaction out of the neutral report of one transaction.

Pure: report and envelope alone decide every byte. The 1.6 number of a transaction is the envelope's, looked up when
the row is sent. Which samples a stop carries (StopTxnSampledData, StopTxnAlignedData) was decided when it was taken.
"""

from math import isfinite
from typing import assert_never

from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import JsonObject, OutgoingCall, ReportAnswer
from chargepoint.csms.v16.authorization import read_id_tag_info, reported_id_tag
from chargepoint.csms.v16.handler import without_none
from chargepoint.csms.v16.meter_values import meter_values_call, transaction_data
from chargepoint.csms.v16.vocabulary import STOP_REASON
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.csms.validation import INTEGERS
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import ChargingState, TransactionPhase

NUMBER_OF_A_DEAD_START = -1
"""Errata 3.18: what follows a StartTransaction that could not be delivered."""

SENDS = frozenset({"StartTransaction", "StopTransaction"})


def encode_transaction(report: TransactionReport, envelope: Envelope | None) -> OutgoingCall | None:
    """The CALL for one report; None for an update without a number to tell, and for what 1.6 knows no start of.

    ValueError when it cannot be said truly: a start or stop whose energy is unknown (unknown is never 0), or a
    follow-up of a start that is neither answered nor dead.
    """
    match report.phase:
        case TransactionPhase.STARTED:
            return OutgoingCall("StartTransaction", _start(report)) if is_sayable_start(report) else None
        case TransactionPhase.UPDATED:
            return _update(report, envelope)
        case TransactionPhase.ENDED:
            return OutgoingCall("StopTransaction", _stop(report, _number_of(report, envelope)))
        case _:
            assert_never(report.phase)


def is_sayable_start(report: TransactionReport) -> bool:
    """False for a start by 2.0.1's rules, before somebody was authorised, an EV had come and the meter had answered:
    1.6 has none yet."""
    return report.id_token is not None and report.charging_state is not ChargingState.IDLE and report.is_begin_told


def _start(report: TransactionReport) -> JsonObject:
    if report.id_token is None:
        raise ValueError(f"the start of transaction {report.transaction_id} names no token: StartTransaction needs one")
    return without_none(
        {
            "connectorId": report.evse_id,
            "idTag": reported_id_tag(report.id_token),
            "meterStart": _whole_wh(report, report.energy_wh),
            "reservationId": report.reservation_id,
            "timestamp": write_time(report.stamp.utc),
        }
    )


def _update(report: TransactionReport, envelope: Envelope | None) -> OutgoingCall | None:
    if report.is_anybodys or meter_values_call(report.evse_id, report.meter_values) is None:
        return None
    return meter_values_call(report.evse_id, report.meter_values, _number_of(report, envelope))


def _stop(report: TransactionReport, number: int) -> JsonObject:
    return without_none(
        {
            "idTag": None if report.id_token is None else reported_id_tag(report.id_token),
            "meterStop": _whole_wh(report, _stop_energy_wh(report)),
            "timestamp": write_time(report.stamp.utc),
            "transactionId": number,
            "reason": None if report.stop_reason is None else STOP_REASON[report.stop_reason],
            "transactionData": transaction_data(report.meter_values),
        }
    )


def _stop_energy_wh(report: TransactionReport) -> float | None:
    """The register at the end, or else the newest one among the samples that the stop carries."""
    if report.energy_wh is not None:
        return report.energy_wh
    registers = (value.energy_wh() for value in reversed(report.meter_values))
    return next((register for register in registers if register is not None), None)


def _whole_wh(report: TransactionReport, energy_wh: float | None) -> int:
    if energy_wh is None or not isfinite(energy_wh):
        raise ValueError(
            f"transaction {report.transaction_id} has no energy register in its {report.phase.value} report: "
            "OCPP 1.6 cannot bill it, and unknown is not 0 Wh"
        )
    return round(energy_wh)


def _number_of(report: TransactionReport, envelope: Envelope | None) -> int:
    if envelope is not None and envelope.csms_transaction_id is not None:
        return envelope.csms_transaction_id
    if envelope is not None and envelope.start_is_dead:
        return NUMBER_OF_A_DEAD_START
    raise ValueError(
        f"the start of transaction {report.transaction_id} has not been answered with a number: send the start first"
    )


def read_transaction_answer(report: TransactionReport, answer: JsonObject) -> ReportAnswer:
    """ValueError only for a StartTransaction.conf without an integer transactionId; any one of 32 bits will do
    (errata 3.54)."""
    verdict = read_id_tag_info(answer.get("idTagInfo"))
    match report.phase:
        case TransactionPhase.STARTED:
            return ReportAnswer(verdict=verdict, csms_transaction_id=_read_number(answer.get("transactionId")))
        case TransactionPhase.ENDED:
            return ReportAnswer(verdict=verdict)
        case TransactionPhase.UPDATED:
            return ReportAnswer()
        case _:
            assert_never(report.phase)


def _read_number(value: object) -> int:
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, int) and not isinstance(number, bool) and number in INTEGERS:
        return number
    raise ValueError(f"transactionId: StartTransaction.conf needs an integer of 32 bits, got {str(value)[:40]}")
