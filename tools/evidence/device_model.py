"""docs/device-model.md: every component and variable of the 2.0.1 device model, as a station with one EVSE has it."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import cast

from chargepoint.csms.dialect import DialectContext
from chargepoint.csms.v201.device_model import STANDARD, Characteristics, DeviceModel, ModelVariable
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.csms.v201.station_model import station_model
from chargepoint.model.registration import StationIdentity
from chargepoint.settings.setting import Setting
from chargepoint.settings.store import SettingsStore

INTRODUCTION = """# OCPP 2.0.1: device model

One EVSE with a meter on three phases and one card reader; a second EVSE has the same again under its own number.
*required* is what the appendices of the standard ask of a station that has the component. *source*: the setting of
that name, which lasts over restarts, or `live`, read from the station at each question. The type and unit of a
variable of the standard come from the standard's own table (`csms/v201/standard_variables.py`).
"""
HEAD = ("component", "variable", "attributes", "type", "unit", "limits", "values", "required", "source")
NOBODY = StationIdentity(identity="", vendor="", model="", serial_number="", firmware_version="")
EXAMPLE = Ratings({1: EvseRating(phases=3, maximum_amps=32.0, has_meter=True)}, readers=("reader",))


def table() -> str:
    ordered = sorted(_model().variables, key=lambda item: (_component(item), _variable(item)))
    lines = [INTRODUCTION, f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return "\n".join([*lines, *map(_line, ordered)]) + "\n"


def _model() -> DeviceModel:
    """Asked for its names only, so nothing real stands behind it."""
    nothing = SimpleNamespace(
        settings=SettingsStore(),
        station=None,
        clock=None,
        identity=NOBODY,
        evse_ids=(1,),
        monitoring=SimpleNamespace(),
    )
    return station_model(cast(DialectContext, nothing), EXAMPLE)


def _line(item: ModelVariable) -> str:
    standard = STANDARD.get((item.component.name.casefold(), item.variable.key))
    cells = (
        _component(item),
        _variable(item),
        ", ".join(f"{kind} {attribute.mutability}" for kind, attribute in item.attributes.items()),
        str(item.characteristics.data_type),
        item.characteristics.unit or "",
        _limits(item.characteristics),
        ", ".join(item.characteristics.choices),
        "yes" if standard is not None and standard.is_required else "",
        ", ".join(_sources(item)),
    )
    return f"| {' | '.join(cells)} |"


def _component(item: ModelVariable) -> str:
    component = item.component
    place = "".join(f"/{number}" for number in (component.evse_id, component.connector_id) if number is not None)
    return component.name + place + (f"[{component.instance}]" if component.instance else "")


def _variable(item: ModelVariable) -> str:
    return item.variable.name + (f"[{item.variable.instance}]" if item.variable.instance else "")


def _limits(characteristics: Characteristics) -> str:
    low, high = characteristics.minimum, characteristics.maximum
    if low is None and high is None:
        return ""
    return f"{'' if low is None else f'{low:g}'}…{'' if high is None else f'{high:g}'}"


def _sources(item: ModelVariable) -> Iterable[str]:
    for attribute in item.attributes.values():
        yield f"`{attribute.source.name}`" if isinstance(attribute.source, Setting) else "live"
