"""The bill beside the meter: does what the CSMS bills agree with what really flowed? Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TOLERANCES_WH: Mapping[str, float] = {
    "1.6": 1.0,  # meterStart and meterStop are whole Wh, each is rounded
    "2.0.1": 0.1,
}
ROUNDING_WH = 1e-6


@dataclass(frozen=True, slots=True)
class Settlement:
    """Both sums, and everything that a correct station would not have left behind."""

    billed_wh: float | None
    metered_wh: float
    tolerance_wh: float
    complaints: tuple[str, ...]

    @property
    def difference_wh(self) -> float | None:
        return None if self.billed_wh is None else self.billed_wh - self.metered_wh

    @property
    def agrees(self) -> bool:
        return not self.complaints


def settle(told: Sequence[Mapping[str, Any]], station: Mapping[str, Any], metered_wh: float, ocpp: str) -> Settlement:
    """`told` are the CSMS's transactions, `station` its record of the station, as its control interface gives them."""
    tolerance_wh = TOLERANCES_WH[ocpp]
    billed_wh = _billed_wh(told)
    complaints = [*_transaction_complaints(told), *_station_complaints(station)]
    if billed_wh is None:
        complaints.append("the CSMS cannot write a bill: a register value is missing")
    elif abs(billed_wh - metered_wh) > tolerance_wh + ROUNDING_WH:
        complaints.append(
            f"the bill says {billed_wh:.3f} Wh, the meter {metered_wh:.3f} Wh: more than {tolerance_wh:g} Wh apart"
        )
    return Settlement(billed_wh, metered_wh, tolerance_wh, tuple(complaints))


def _billed_wh(told: Sequence[Mapping[str, Any]]) -> float | None:
    energies = [transaction.get("energy_wh") for transaction in told]
    if not energies or None in energies:
        return None
    return float(sum(energy for energy in energies if energy is not None))


def _transaction_complaints(told: Sequence[Mapping[str, Any]]) -> list[str]:
    found = [] if len(told) == 1 else [f"the CSMS knows {len(told)} transactions where one was played"]
    for transaction in told:
        kinds = [fact.get("kind") for fact in transaction.get("facts", [])]
        for kind, word in (("started", "start"), ("ended", "stop")):
            if kinds.count(kind) != 1:
                found.append(f"transaction {transaction.get('transaction_id')} has {kinds.count(kind)} × {word}")
    return found


def _station_complaints(station: Mapping[str, Any]) -> list[str]:
    anomalies = [f"anomaly {item.get('kind')}: {item.get('what')}" for item in station.get("anomalies", [])]
    wrong = [
        f"schema error in {item.get('action') or 'a frame'} at {item.get('path')}: {item.get('what')}"
        for item in station.get("schema_errors", [])
    ]
    return anomalies + wrong


def receipt(settlement: Settlement) -> list[str]:
    """The bill beside the meter, in lines."""
    billed = "unknown" if settlement.billed_wh is None else f"{settlement.billed_wh:12.3f} Wh"
    difference = "unknown" if settlement.difference_wh is None else f"{settlement.difference_wh:+12.3f} Wh"
    verdict = "they agree" if settlement.agrees else "THEY DO NOT AGREE"
    return [
        f"bill of the CSMS     {billed}",
        f"the meter's truth    {settlement.metered_wh:12.3f} Wh",
        f"difference           {difference}   (allowed ±{settlement.tolerance_wh:g} Wh)",
        f"verdict              {verdict}",
        *(f"  - {complaint}" for complaint in settlement.complaints),
    ]
