"""docs/device-model.md: every component and variable of the 2.0.1 device model, as a station with one EVSE has it."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import cast

from chargepoint.csms.dialect import DialectContext
from chargepoint.csms.v201.device_model import STANDARD, Characteristics, DeviceModel, ModelVariable
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.csms.v201.standard_variables import STANDARD_VARIABLES
from chargepoint.csms.v201.station_model import station_model
from chargepoint.model.registration import StationIdentity
from chargepoint.settings.setting import Setting
from chargepoint.settings.store import SettingsStore

INTRODUCTION = """# OCPP 2.0.1: device model

One EVSE with a meter on three phases, one card reader and an ISO 15118 stack; a second EVSE has the same again under
its own number.
*required* is what the appendices of the standard ask of a station that has the component. *source*: the setting of
that name, which lasts over restarts, or `live`, read from the station at each question. The type and unit of a
variable of the standard come from the standard's own table (`csms/v201/standard_variables.py`).
"""
HEAD = ("component", "variable", "attributes", "type", "unit", "limits", "values", "required", "source")
ABSENCE = """
## Not there

What the appendices name for a component above, and this station has not; none of it is required.

| component | variable | why |
|---|---|---|"""
BYTES = "what is kept is counted in entries, not in bytes"
NO_NTP = "the system's own time service is set on the machine, not by OCPP"
IN_UTC = "the station reckons in UTC and shows no local time"
OLD_NAME = "an older name, of before the variables that are there"
ABSENT: dict[tuple[str, str], str] = {
    ("AlignedDataCtrlr", "Enabled"): "an Interval of 0 turns it off",
    ("SampledDataCtrlr", "Enabled"): "an interval of 0 and empty lists of measurands turn it off",
    ("AuthCacheCtrlr", "Storage"): BYTES,
    ("LocalAuthListCtrlr", "Storage"): BYTES,
    ("AuthCtrlr", "AdditionalInfoItemsPerMessage"): "the station adds nothing to an id token",
    ("ClockCtrlr", "NextTimeOffsetTransitionDateTime"): IN_UTC,
    ("ClockCtrlr", "TimeOffset"): IN_UTC,
    ("ClockCtrlr", "TimeZone"): IN_UTC,
    ("ClockCtrlr", "NtpServerUri"): NO_NTP,
    ("ClockCtrlr", "NtpSource"): NO_NTP,
    ("ClockCtrlr", "TimeAdjustmentReportingThreshold"): "from which step on the clock is told of can not be chosen",
    ("Connector", "ChargeProtocol"): "EVs are charged by IEC 61851-1 alone (CPPWMController)",
    ("Controller", "MaxMsgElements"): "the limits are DeviceDataCtrlr.ItemsPerMessage and its like",
    ("DeviceDataCtrlr", "ValueSize"): OLD_NAME,
    ("EVSE", "EvseId"): "the operator's name of the EVSE is not known to the station",
    ("EVSE", "ISO15118EvseId"): "as EVSE.EvseId: an ISO 15118 stack has it in its own options",
    ("FiscalMetering", "EnergyExport"): "an EV is charged, never discharged",
    ("FiscalMetering", "EnergyExportRegister"): "an EV is charged, never discharged",
    ("FiscalMetering", "EnergyImport"): "energy is told by register, of a session in its transaction",
    ("ISO15118Ctrlr", "MaxScheduleEntries"): "no schedule is negotiated with an EV",
    ("ISO15118Ctrlr", "RequestedEnergyTransferMode"): "what an EV wishes for is its stack's matter",
    ("ISO15118Ctrlr", "RequestMeteringReceipt"): "EVs are asked for no metering receipts",
    ("MonitoringCtrlr", "MonitoringBase"): OLD_NAME,
    ("MonitoringCtrlr", "MonitoringLevel"): OLD_NAME,
    ("OCPPCommCtrlr", "QueueAllMessages"): "what must not be lost is queued, and nothing else",
    ("OCPPCommCtrlr", "FieldLength"): "no field is longer than its schema says",
    ("TokenReader", "Token"): "cards are told in Authorize and TransactionEvent, and shown nowhere else",
    ("TokenReader", "TokenType"): "as TokenReader.Token",
    ("TxCtrlr", "ChargingTime"): "no time of charging is counted",
}
"""By component and variable: why a standard variable of a component that is there is absent."""
NOBODY = StationIdentity(identity="", vendor="", model="", serial_number="", firmware_version="")
EXAMPLE = Ratings({1: EvseRating(phases=3, maximum_amps=32.0, has_meter=True)}, readers=("reader",))


def table() -> str:
    ordered = sorted(_model().variables, key=lambda item: (_component(item), _variable(item)))
    lines = [INTRODUCTION, f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    absent = [f"| {component} | {variable} | {why} |" for (component, variable), why in sorted(ABSENT.items())]
    return "\n".join([*lines, *map(_line, ordered), ABSENCE, *absent]) + "\n"


def unexplained() -> list[str]:
    """Standard variables of the components that are there, neither there nor explained, and explanations of others."""
    there = {(item.component.name, item.variable.name) for item in _model().variables}
    components = {component for component, _ in there}
    standard = {
        (row.component, row.variable)
        for row in STANDARD_VARIABLES
        if row.component is not None and row.component in components
    }
    wrong = (standard - there - ABSENT.keys()) | (ABSENT.keys() & there) | (ABSENT.keys() - standard)
    return sorted(f"{component}.{variable}" for component, variable in wrong)


def _model() -> DeviceModel:
    """Asked for its names only, so nothing real stands behind it."""
    nothing = SimpleNamespace(
        settings=SettingsStore(),
        station=None,
        clock=None,
        identity=NOBODY,
        evse_ids=(1,),
        monitoring=SimpleNamespace(),
        contracts=SimpleNamespace(),
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
