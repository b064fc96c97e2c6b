"""Joins the rooms into one station. Knows the rooms' classes; the edges to the machine are handed in.

`chargepoint.app.process` hands in the real ones, tests hand in a world on virtual time: what stands between is
the same.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from typing import Protocol

from chargepoint.app.contract_room import open_contracts
from chargepoint.app.customer_desk import CustomerDesk
from chargepoint.app.firmware_room import FirmwareEdge, StationParts, make_updater
from chargepoint.app.log_room import LogPlaces, Witnesses, file_transfer, open_log_desk, tell_protocols
from chargepoint.app.monitoring_desk import MonitoringParts
from chargepoint.app.monitoring_room import attach_monitoring, open_monitoring
from chargepoint.app.network_room import open_network
from chargepoint.app.own_settings import own_catalogue, phase_rotation, temperature_rules, tolerated_faults
from chargepoint.app.public_keys import PublicKeys
from chargepoint.app.security_desk import CsmsHandle
from chargepoint.app.security_room import SecurityRoom
from chargepoint.app.transfer_board import TransferBoard
from chargepoint.charging.context import EvseConfiguration
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.charging.ports import (
    DeadLetterPort,
    OutboxPort,
    Recovered,
    StoragePort,
    TokenMemory,
    TokenTracePort,
)
from chargepoint.charging.station import Station
from chargepoint.charging.supply_voltage import SupplyLimits
from chargepoint.csms.channel import Connector
from chargepoint.csms.client import CsmsClient
from chargepoint.csms.frame_log import FrameLog
from chargepoint.csms.pace import SettingsPace
from chargepoint.csms.session import Neighbours
from chargepoint.csms.v16.dialect import make_dialect as make_1_6
from chargepoint.csms.v201.dialect import make_dialect as make_2_0_1
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from chargepoint.daemon.controller import Controller
from chargepoint.daemon.former_registers import FormerRegisters, MeterPlace
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.meter_poller import FittedMeter, MeterPoller
from chargepoint.daemon.meter_signer import MeterSigner
from chargepoint.daemon.ports import DirectivePort, DisplayPort, MeterMemoryPort, RestartPort
from chargepoint.daemon.register_memory import RegisterMemory
from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.token_listener import TokenListener
from chargepoint.diagnostics.log_desk import LogDesk
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.registration import BootReason, StationIdentity
from chargepoint.panel.ports import CertificateEnd, TransferShown, no_certificates, no_transfers
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingValue
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.store import SettingsStore
from chargepoint.transfer.port import FileTransfer
from chargepoint_hal.contract import IntervalSigningMeter, SigningMeter, TokenReader
from chargepoint_hal.meters.plausibility import GatePolicy

CONNECTOR_TYPES = {"socket": "sType2", "tethered": "cType2"}
"""2.0.1 ConnectorEnumType."""
TaskMaker = Callable[[], Awaitable[None]]


class Storage(StoragePort, OutboxPort, DeadLetterPort, MeterMemoryPort, TokenTracePort, Protocol):
    """All that one database offers."""


@dataclass(frozen=True, slots=True)
class FittedReader:
    reader: TokenReader
    evse_ids: tuple[EvseId, ...]


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the station meets the machine."""

    clock: StationClock
    storage: Storage
    tokens: TokenMemory
    recovered: Recovered
    directives: DirectivePort
    connector: Callable[[LiveSettings], Connector | SecurityRoom]
    """The way to the CSMS; with a security room the CSMS can change keys and certificates, else none."""
    display: DisplayPort
    restart: RestartPort
    make_transaction_id: Callable[[], TransactionId]
    random: Callable[[], float]
    boot_reason: BootReason = BootReason.POWER_UP
    meters: tuple[FittedMeter, ...] = ()
    readers: tuple[FittedReader, ...] = ()
    firmware: FirmwareEdge | None = None
    """None: nothing can install firmware."""
    log_places: LogPlaces | None = None
    """None: this station uploads no logs."""
    iso15118: Iso15118Stack | None = None
    """None: no EV is spoken with, and nothing of plug and charge is supported; needs a security room."""
    file_transfer: FileTransfer | None = None
    """None: over the network, trusting what the security room trusts; without that room there is none."""


@dataclass(frozen=True, slots=True)
class Assembly:
    """One running station's parts."""

    controller: Controller
    settings: LiveSettings
    client: CsmsClient
    frame_log: FrameLog
    identity: StationIdentity
    tasks: Mapping[str, TaskMaker] = field(default_factory=dict)
    """What the supervisor keeps alive."""
    certificates: Callable[[], Sequence[CertificateEnd]] = no_certificates
    transfers: Callable[[], Sequence[TransferShown]] = no_transfers


def assemble(config: StationConfig, edges: Edges) -> Assembly:
    """Everything connected, nothing running."""
    settings = _settings(config, edges)
    station = Station(
        evses=_evses(config, _signers(edges)),
        settings=settings,
        tokens=edges.tokens,
        recovered=edges.recovered,
        make_transaction_id=edges.make_transaction_id,
        lease_seconds=config.safety.lease_seconds,
        random=edges.random,
    )
    controller = Controller(station, edges.clock, edges.storage, edges.directives, edges.display, edges.restart)
    settings.attach_station(controller)
    way = edges.connector(settings)
    security = way if isinstance(way, SecurityRoom) else None
    connector, network = open_network(
        config, settings, way.connector if isinstance(way, SecurityRoom) else way, security, edges.clock
    )
    frame_log = FrameLog(lambda: edges.clock.now().utc)
    board = TransferBoard()
    transfer = file_transfer(edges.file_transfer, security)
    logs: LogDesk | None = None
    if transfer is not None and edges.log_places is not None:
        tell_protocols(settings)
        logs = open_log_desk(
            edges.log_places,
            board.watching(transfer),
            security,
            lambda: Witnesses(config, settings, controller, client, edges.storage, frame_log, edges.clock),
        )
    contracts = open_contracts(edges.iso15118, security, settings, controller, edges.clock)
    identity = _identity(config)
    parts = StationParts(controller, edges.storage, edges.clock, edges.recovered, security, settings)
    updater = None if edges.firmware is None else make_updater(config, edges.firmware, parts, board)
    monitoring = open_monitoring(config, edges.recovered)
    ratings = _ratings(config)
    neighbours = Neighbours(
        dialects={"ocpp1.6": make_1_6, "ocpp2.0.1": partial(make_2_0_1, ratings=ratings)},
        settings=settings,
        outbox=edges.storage,
        clock=edges.clock,
        identity=identity,
        evse_ids=tuple(evse.id for evse in config.evse),
        pace=SettingsPace(settings),
        frame_log=frame_log,
        certificates=None if security is None else security.desk,
        logs=logs,
        note_malformed=(lambda reason: None) if security is None else security.desk.note_malformed,
        firmware=updater,
        network=network,
        contracts=None if contracts is None else contracts.own,
        monitoring=monitoring,
        customers=CustomerDesk(edges.storage, controller, edges.clock),
        boot_id=edges.recovered.boot_id,
    )
    client = CsmsClient(connector, neighbours, edges.boot_reason, edges.random)
    controller.attach_csms(client)
    tasks: dict[str, TaskMaker] = {
        "time": controller.keep_time,
        "directives": controller.renew_directives,
        "commits": controller.commit_steps,
        "csms": lambda: client.run(controller),
    }
    if signers := _signers(edges):
        keys = PublicKeys(signers, settings)
        controller.attach_signer(MeterSigner(signers, edges.clock, keys.note))
        tasks["public keys of meters"] = keys.run
    if monitoring is not None:
        told = MonitoringParts(controller, edges.storage, settings, edges.clock, client, edges.recovered.boot_id)
        attach_monitoring(monitoring, told, neighbours, ratings, settings)
        controller.note_step = monitoring.note_step
        tasks["monitoring"] = monitoring.run
    if contracts is not None:
        contracts.late_ask.ask = client.ask
        tasks |= contracts.tasks()
    if logs is not None:
        tasks["logs"] = logs.run
    certificates: Callable[[], Sequence[CertificateEnd]] = no_certificates
    if updater is not None:
        tasks["firmware"] = updater.run
    if security is not None:
        security.desk.attach_csms(CsmsHandle(client.reopen, client.say, client.status))
        edges.clock.note_step = security.desk.note_time_step
        watch = security.watch(edges.display, edges.boot_reason)
        certificates = watch.ends
        tasks["certificates"] = watch.run
        tasks["station certificate"] = security.desk.signing.run
    tasks |= _meter_tasks(config, edges, controller)
    for number, listening in enumerate(edges.readers, start=1):
        tasks[f"reader {number}"] = TokenListener(listening.reader, listening.evse_ids, controller).run
    return Assembly(controller, settings, client, frame_log, identity, tasks, certificates, board.shown)


def _meter_tasks(config: StationConfig, edges: Edges, controller: Controller) -> dict[str, TaskMaker]:
    former = FormerRegisters(edges.storage.known_meters(), [fitted.name for fitted in edges.meters])
    ratings_amps = {row.id: row.max_current_amps for row in config.evse}
    tasks: dict[str, TaskMaker] = {}
    for fitted in edges.meters:
        policy = GatePolicy.of_outlet(
            ratings_amps[fitted.evse_id], config.safety.lease_seconds, cycle_seconds=max(fitted.poll_seconds, 1.0)
        )
        place = MeterPlace(fitted.name, fitted.meter.name)
        memory = RegisterMemory(place, edges.storage, edges.clock, edges.recovered, former)
        tasks[f"meter of EVSE {fitted.evse_id}"] = MeterPoller(fitted, controller, memory, policy).run
    return tasks


def _settings(config: StationConfig, edges: Edges) -> LiveSettings:
    facts: dict[str, SettingValue] = {
        catalogue.NUMBER_OF_CONNECTORS.name: len(config.evse),
        catalogue.CONNECTOR_PHASE_ROTATION_MAX_LENGTH.name: len(config.evse) + 1,
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
            signing=_signers(edges),
            signs_between=any(isinstance(meter, IntervalSigningMeter) for meter in _signers(edges).values()),
        ),
        edges.recovered.setting_texts,
        presets={catalogue.CONNECTOR_PHASE_ROTATION.name: phase_rotation(config), **config.settings},
        facts=facts,
    )
    return LiveSettings(store, edges.storage)


def _signers(edges: Edges) -> dict[EvseId, SigningMeter]:
    return {fitted.evse_id: fitted.meter for fitted in edges.meters if isinstance(fitted.meter, SigningMeter)}


def _evses(config: StationConfig, signing: Mapping[EvseId, SigningMeter]) -> list[EvseConfiguration]:
    found = []
    for row in config.evse:
        meter = config.meter_of(row.id)
        found.append(
            EvseConfiguration(
                evse_id=EvseId(row.id),
                max_current_amps=row.max_current_amps,
                phases=row.phases,
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


def _ratings(config: StationConfig) -> Ratings:
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


def _identity(config: StationConfig) -> StationIdentity:
    station = config.station
    return StationIdentity(
        identity=config.csms_identity,
        vendor=station.vendor,
        model=station.model,
        serial_number=station.serial_number,
        firmware_version=version("chargepoint"),
    )
