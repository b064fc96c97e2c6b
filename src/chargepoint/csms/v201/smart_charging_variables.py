"""SmartChargingCtrlr: what of it is no setting, but follows from how the station is built and what is installed."""

from datetime import datetime

from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.v201.charging_profiles import UNIT_WORD
from chargepoint.csms.v201.device_model import Characteristics, Component, DataType, ModelVariable
from chargepoint.csms.v201.live_readers import BOOLEAN, always, live
from chargepoint.model.charging_profiles import LimitSource
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint.smart_charging.rates import UNIT_OF_NAME

CONTROLLER = Component("SmartChargingCtrlr")
UNITS = Characteristics(DataType.MEMBER_LIST, choices=tuple(sorted(UNIT_WORD.values())))


def smart_charging_variables(settings: SettingsView) -> tuple[ModelVariable, ...]:
    """Which phase a single one is can not be chosen: the first contactor has L1."""
    most = settings.get(catalogue.MAX_CHARGING_PROFILES_INSTALLED)
    names = settings.get(catalogue.CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT)
    units = ",".join(sorted(UNIT_WORD[UNIT_OF_NAME[name]] for name in names))
    entries = Characteristics(DataType.INTEGER, minimum=0, maximum=most)
    return (
        live(CONTROLLER, "ACPhaseSwitchingSupported", always("false"), BOOLEAN),
        live(CONTROLLER, "Available", always("true"), BOOLEAN),
        live(CONTROLLER, "Entries", _installed, entries, instance="ChargingProfiles"),
        live(CONTROLLER, "RateUnit", always(units), UNITS),
    )


def _installed(snapshot: StationSnapshot, _utc: datetime) -> str:
    """Those of the CSMS: what the site imposes takes no place."""
    return str(sum(one.source is LimitSource.CSO for one in snapshot.profiles))
