"""The stamps in what is stored, and the same report with the right ones. Pure; the rule is the core's."""

from collections.abc import Iterator
from dataclasses import replace

from chargepoint.charging.clock_correction import Correction, corrected_value, stamps_of_transaction
from chargepoint.model.metering import MeterValue
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import (
    KeptEventReport,
    ReservationReport,
    SecurityReport,
    TransactionReport,
    UnpluggedReport,
    UpdateReport,
)
from chargepoint.model.transactions import Transaction

DurableReport = (
    TransactionReport | SecurityReport | UpdateReport | UnpluggedReport | ReservationReport | KeptEventReport
)
Stamped = DurableReport | Transaction | MeterValue


def has_untrusted(value: Stamped) -> bool:
    return any(not stamp.trusted for stamp in stamps_of(value))


def stamps_of(value: Stamped) -> Iterator[Stamp]:
    """Every stamp inside."""
    match value:
        case Transaction():
            yield from stamps_of_transaction(value)
        case TransactionReport():
            yield value.stamp
            yield from (sample.stamp for sample in value.meter_values)
        case MeterValue():
            yield value.stamp
        case SecurityReport() | UpdateReport() | UnpluggedReport() | ReservationReport() | KeptEventReport():
            yield value.stamp


def corrected_report(report: DurableReport, correct: Correction) -> DurableReport:
    """The same report with every stamp corrected."""
    match report:
        case TransactionReport():
            values = tuple(corrected_value(each, correct) for each in report.meter_values)
            return replace(report, stamp=correct(report.stamp), meter_values=values)
        case SecurityReport() | UpdateReport() | UnpluggedReport() | ReservationReport() | KeptEventReport():
            return replace(report, stamp=correct(report.stamp))
