"""How the live variables of the device model read the station's snapshot. Unknown is None, never a made-up value."""

from collections.abc import Callable
from datetime import datetime

from chargepoint.charging.snapshot import EvseSnapshot, StationSnapshot
from chargepoint.csms.v201.device_model import (
    Attribute,
    Characteristics,
    Component,
    DataType,
    LiveReader,
    ModelVariable,
    Mutability,
    Variable,
)
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId

BOOLEAN = Characteristics(DataType.BOOLEAN)
TEXT = Characteristics(DataType.STRING)

EvseReader = Callable[[EvseSnapshot], str | None]


def live(
    component: Component, name: str, read: LiveReader, characteristics: Characteristics, instance: str | None = None
) -> ModelVariable:
    """A variable that the CSMS can only read."""
    attributes = {"Actual": Attribute(Mutability.READ_ONLY, read)}
    return ModelVariable(component, Variable(name, instance), characteristics, attributes)


def always(text: str | None) -> LiveReader:
    return lambda _snapshot, _utc: text


def truth(claim: bool) -> str:
    return "true" if claim else "false"


def of_evse(evse_id: EvseId, read: EvseReader) -> LiveReader:
    """What one EVSE says; None where the snapshot has none of that number."""

    def found(snapshot: StationSnapshot, _utc: datetime) -> str | None:
        evse = snapshot.evses.get(evse_id)
        return None if evse is None else read(evse)

    return found


def has_fault(evse_id: EvseId, *faults: Fault) -> LiveReader:
    """Whether one of the faults is there now; without any named, whether any is."""
    return of_evse(evse_id, lambda evse: truth(bool(evse.faults.intersection(faults) if faults else evse.faults)))


def number(value: float | None, digits: int = 1) -> str | None:
    return None if value is None else f"{value:.{digits}f}"
