"""What station.toml and the edges say of this station, in the words of each room that asks."""

from collections.abc import Mapping
from importlib.metadata import version

from chargepoint.app.edges import Edges
from chargepoint.app.own_settings import own_catalogue, phase_rotation, temperature_rules, tolerated_faults
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.supply_voltage import SupplyLimits
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.identifiers import EvseId
from chargepoint.model.registration import StationIdentity
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingValue
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.store import SettingsStore
from chargepoint_hal.contract import IntervalSigningMeter, SigningMeter

CONNECTOR_TYPES = {"socket": "sType2", "tethered": "cType2"}
"""2.0.1 ConnectorEnumType."""


def live_settings(config: StationConfig, edges: Edges) -> LiveSettings:
    facts: dict[str, SettingValue] = {
        catalogue.NUMBER_OF_CONNECTORS.name: len(config.evse),
        catalogue.CONNECTOR_PHASE_ROTATION_MAX_LENGTH.name: len(config.evse) + 1,
        catalogue.CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED.name: switches_phases(config),
        catalogue.SECURITY_PROFILE.name: config.csms.security_profile,
        catalogue.STATION_IDENTITY.name: config.csms_identity,
    }
    if edges.firmware is not None:
        has = catalogue.SUPPORTED_FEATURE_PROFILES
        facts[has.name] = (*has.default, "FirmwareManagement")
    store = SettingsStore(
        own_catalogue(
            config,
            has_stack=edges.iso15118 is not None,
            signing=edges.signers,
            signs_between=any(isinstance(meter, IntervalSigningMeter) for meter in edges.signers.values()),
        ),
        edges.recovered.setting_texts,
        presets={catalogue.CONNECTOR_PHASE_ROTATION.name: phase_rotation(config), **config.settings},
        facts=facts,
    )
    return LiveSettings(store, edges.storage)


def switches_phases(config: StationConfig) -> bool:
    """Every EVSE with three phases can be held to one; the safety process does not start on a board that can not."""
    wide = [row for row in config.evse if row.phases == 3]
    return bool(wide) and all(row.phase_switching != "never" for row in wide)


def evse_configurations(config: StationConfig, signing: Mapping[EvseId, SigningMeter]) -> list[EvseConfiguration]:
    found = []
    for row in config.evse:
        meter = config.meter_of(row.id)
        found.append(
            EvseConfiguration(
                evse_id=EvseId(row.id),
                max_current_amps=row.max_current_amps,
                phases=row.phases,
                switches_phases=row.phase_switching != "never",
                least_amps=config.safety.minimum_current_amps,
                installer_limit_amps=row.installer_limit_amps,
                supply=SupplyLimits(
                    under_volts=config.supply.under_volts,
                    over_volts=config.supply.over_volts,
                    back_seconds=config.supply.back_seconds,
                    back_random_seconds=config.supply.back_random_seconds,
                ),
                temperature=temperature_rules(config),
                tolerated_faults=tolerated_faults(config),
                meter_required=meter is None or meter.billing == "required",
                reading_fresh_seconds=3.0 if meter is None else 2.0 * meter.poll_seconds + 1.0,
                meter_signs=EvseId(row.id) in signing,
                meter_signs_between=isinstance(signing.get(EvseId(row.id)), IntervalSigningMeter),
                connector_type=CONNECTOR_TYPES[row.outlet or config.safety.outlet],
            )
        )
    return found


def ratings_of(config: StationConfig) -> Ratings:
    evses = {
        row.id: EvseRating(
            phases=row.phases,
            maximum_amps=row.max_current_amps,
            connector_type=CONNECTOR_TYPES[row.outlet or config.safety.outlet],
            has_meter=config.meter_of(row.id) is not None,
        )
        for row in config.evse
    }
    return Ratings(evses, readers=tuple(row.name for row in config.reader))


def identity_of(config: StationConfig) -> StationIdentity:
    station = config.station
    return StationIdentity(
        identity=config.csms_identity,
        vendor=station.vendor,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=version("chargepoint"),
    )
