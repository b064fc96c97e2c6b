"""Which settings this station has: a key is honoured or absent, some parts are not fitted everywhere, and the rest of
station.toml tells of the wiring."""

from collections.abc import Collection
from dataclasses import replace

from chargepoint.charging.meter_sampling import asked_phase
from chargepoint.charging.temperature_limit import TemperatureRules
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import Phase
from chargepoint.settings.catalogue import (
    CATALOGUE,
    CERT_SIGNING,
    CONNECTOR_PHASE_ROTATION,
    COST_AND_PRICE,
    COST_AVAILABLE,
    CUSTOM_DISPLAY_COST_AND_PRICE,
    DISPLAY_MESSAGES,
    DISPLAY_MESSAGES_AVAILABLE,
    ISO15118_CONTROLLER,
    MAXIMUM_CURRENT_AMPS,
    PLUG_AND_CHARGE,
    SIGNED_BETWEEN,
    SIGNED_VALUES,
    TARIFF_AND_COST,
    TARIFF_AVAILABLE,
    UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT,
    meter_public_key,
)
from chargepoint.settings.phase_rotation import check_phase_rotation
from chargepoint.settings.setting import Access, AnySetting, Setting
from chargepoint.settings.station_config import StationConfig

ROTATION_OF_PHASES = {1: "NotApplicable", 3: "Unknown"}
"""1.6 section 9.1.7: how three phases are wired only an installer knows, and says it in [settings]."""
FIXED_UNLOCK = replace(UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT, default=False, is_fact=True)
"""Fixed cables alone are never unlocked, and nobody can ask for it (1.6 errata 3.84)."""


def own_catalogue(
    config: StationConfig, *, has_stack: bool, signing: Collection[EvseId] = (), signs_between: bool = False
) -> tuple[AnySetting, ...]:
    """Of a display for costs or messages that is not there only that. Without an ISO 15118 stack there is nothing of
    plug and charge, but for what 2.0.1 has for the station's own certificate too. Without a meter that signs nothing of
    signed values; `signing` are the EVSEs that have one, `signs_between` that one of them signs between its begin and
    its end."""
    absent: set[str] = set()
    if not _has(config, CUSTOM_DISPLAY_COST_AND_PRICE):
        absent |= {setting.name for setting in COST_AND_PRICE} - {CUSTOM_DISPLAY_COST_AND_PRICE.name}
    if not _has(config, TARIFF_AVAILABLE) and not _has(config, COST_AVAILABLE):
        absent |= {setting.name for setting in TARIFF_AND_COST} - {TARIFF_AVAILABLE.name, COST_AVAILABLE.name}
    if not _has(config, DISPLAY_MESSAGES_AVAILABLE):
        absent |= {setting.name for setting in DISPLAY_MESSAGES} - {DISPLAY_MESSAGES_AVAILABLE.name}
    changed: dict[str, AnySetting] = {
        MAXIMUM_CURRENT_AMPS.name: _maximum_current(config),
        CONNECTOR_PHASE_ROTATION.name: _wired(config),
    }
    if all(row.phases == 1 for row in config.evse):
        changed |= {each.name: _of_one_phase(each) for each in CATALOGUE if each.choices_1_6}
    if not has_stack:
        absent |= {setting.name for setting in (*PLUG_AND_CHARGE, *ISO15118_CONTROLLER)}
        absent -= {setting.name for setting in CERT_SIGNING}
        changed |= {each.name: replace(each, key_1_6=None) for each in CERT_SIGNING}
    if not signs_between:
        changed |= {each.name: replace(each, access=Access.READ_ONLY, is_fact=True) for each in SIGNED_BETWEEN}
    if not signing:
        absent |= {setting.name for setting in SIGNED_VALUES}
    if all((row.outlet or config.safety.outlet) == "tethered" for row in config.evse):
        changed[FIXED_UNLOCK.name] = FIXED_UNLOCK
    kept = (changed.get(setting.name, setting) for setting in CATALOGUE if setting.name not in absent)
    return (*kept, *(meter_public_key(evse_id) for evse_id in sorted(signing)))


def _wired(config: StationConfig) -> Setting[str]:
    """Of the connectors that are there, and of the main meter."""
    connectors = {0, *(row.id for row in config.evse)}
    return replace(CONNECTOR_PHASE_ROTATION, checked_by=lambda text: check_phase_rotation(text, connectors))


def _maximum_current(config: StationConfig) -> Setting[float]:
    """Up to what the file allows the EVSE that may have the most; the others have their own limits all the same."""
    wiring = ((row.max_current_amps, row.installer_limit_amps) for row in config.evse)
    most_amps = max(board if installer is None else min(board, installer) for board, installer in wiring)
    return replace(MAXIMUM_CURRENT_AMPS, default=most_amps, maximum=most_amps)


def _of_one_phase(setting: AnySetting) -> AnySetting:
    """A measurand may be asked of L1 alone."""
    measured = tuple(each for each in setting.choices_1_6 if asked_phase(each)[1] in (Phase.L1, Phase.L1_N))
    return replace(setting, choices_1_6=measured)


def _has(config: StationConfig, part: Setting[bool]) -> bool:
    """What station.toml says of a part, or the default where it says nothing."""
    text = config.settings.get(part.name)
    return part.default if text is None else text.strip().lower() == "true"


def temperature_rules(config: StationConfig) -> TemperatureRules:
    """As the file has it."""
    section = config.temperature
    return TemperatureRules(
        curve=tuple(zip(section.curve_celsius, section.curve_amps, strict=True)),
        hysteresis_kelvin=section.hysteresis_kelvin,
        raise_seconds=section.raise_seconds,
        stale_seconds=section.stale_seconds,
        stale_limit_amps=section.stale_limit_amps,
    )


def tolerated_faults(config: StationConfig) -> frozenset[Fault]:
    """Charging goes on without a thermometer where the file leaves enough current for that; the safety process reads
    the same keys."""
    section = config.temperature
    goes_on = section.curve_celsius and section.stale_limit_amps >= config.safety.minimum_current_amps
    return frozenset({Fault.TEMPERATURE_SENSOR}) if goes_on else frozenset()


def phase_rotation(config: StationConfig) -> str:
    """ConnectorPhaseRotation where nobody has said better."""
    return ",".join(["0.Unknown", *(f"{row.id}.{ROTATION_OF_PHASES[row.phases]}" for row in config.evse)])
