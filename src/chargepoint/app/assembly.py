"""Joins the rooms into one station. Knows the rooms' classes; the edges to the machine are handed in.

`chargepoint.app.process` hands in the real ones, tests hand in a world on virtual time: what stands between is
the same.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from chargepoint.app.certificate_watch import CertificateWatch
from chargepoint.app.contract_room import ContractRoom, open_contracts
from chargepoint.app.customer_desk import CustomerDesk
from chargepoint.app.edges import Edges
from chargepoint.app.firmware_room import StationParts, make_updater
from chargepoint.app.log_room import Witnesses, file_transfer, open_log_desk, tell_protocols
from chargepoint.app.monitoring_desk import MonitoringDesk, MonitoringParts
from chargepoint.app.monitoring_room import attach_monitoring, open_monitoring
from chargepoint.app.network_desk import NetworkDesk
from chargepoint.app.network_room import open_network
from chargepoint.app.public_keys import PublicKeys
from chargepoint.app.security_desk import CsmsHandle
from chargepoint.app.security_room import SecurityRoom
from chargepoint.app.station_facts import evse_configurations, identity_of, live_settings, ratings_of
from chargepoint.app.transfer_board import TransferBoard
from chargepoint.charging.station import Station
from chargepoint.csms.channel import Connector
from chargepoint.csms.client import CsmsClient
from chargepoint.csms.frame_log import FrameLog
from chargepoint.csms.pace import SettingsPace
from chargepoint.csms.session import Neighbours
from chargepoint.csms.v16.dialect import make_dialect as make_1_6
from chargepoint.csms.v201.dialect import make_dialect as make_2_0_1
from chargepoint.csms.v201.live_variables import Ratings
from chargepoint.daemon.controller import Controller
from chargepoint.daemon.former_registers import FormerRegisters, MeterPlace
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.meter_poller import MeterPoller
from chargepoint.daemon.meter_signer import MeterSigner
from chargepoint.daemon.register_memory import RegisterMemory
from chargepoint.daemon.token_listener import TokenListener
from chargepoint.diagnostics.log_desk import LogDesk
from chargepoint.firmware.updater import Updater
from chargepoint.model.registration import StationIdentity
from chargepoint.panel.ports import CertificateEnd, TransferShown, no_certificates, no_transfers
from chargepoint.settings.station_config import StationConfig
from chargepoint_hal.meters.plausibility import GatePolicy

TaskMaker = Callable[[], Awaitable[None]]


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


@dataclass(frozen=True, slots=True)
class _Core:
    """What every other part may lean on."""

    config: StationConfig
    edges: Edges
    settings: LiveSettings
    controller: Controller


@dataclass(frozen=True, slots=True)
class _Rooms:
    """What is not in every station, and the ways out."""

    connector: Connector
    network: NetworkDesk | None
    security: SecurityRoom | None
    logs: LogDesk | None
    contracts: ContractRoom | None
    updater: Updater | None
    monitoring: MonitoringDesk | None
    transfers: TransferBoard


def assemble(config: StationConfig, edges: Edges) -> Assembly:
    """Everything connected, nothing running."""
    core = _open_core(config, edges)
    frame_log = FrameLog(lambda: edges.clock.now().utc)
    rooms = _open_rooms(
        core,
        lambda: Witnesses(config, core.settings, core.controller, client, edges.storage, frame_log, edges.clock),
    )
    identity, ratings = identity_of(config), ratings_of(config)
    neighbours = _neighbours(core, rooms, frame_log, identity, ratings)
    client = CsmsClient(rooms.connector, neighbours, edges.boot_reason, edges.random)
    core.controller.attach_csms(client)
    if rooms.monitoring is not None:
        told = MonitoringParts(
            core.controller, edges.storage, core.settings, edges.clock, client, edges.recovered.boot_id
        )
        attach_monitoring(rooms.monitoring, told, neighbours, ratings, core.settings)
        core.controller.note_step = rooms.monitoring.note_step
    if rooms.contracts is not None:
        rooms.contracts.late_ask.ask = client.ask
    watch: CertificateWatch | None = None
    if rooms.security is not None:
        rooms.security.desk.attach_csms(CsmsHandle(client.reopen, client.say, client.status))
        edges.clock.note_step = rooms.security.desk.note_time_step
        watch = rooms.security.watch(edges.display, edges.boot_reason)
    tasks = _core_tasks(core, client) | _room_tasks(rooms, watch) | _meter_tasks(core) | _reader_tasks(core)
    return Assembly(
        core.controller,
        core.settings,
        client,
        frame_log,
        identity,
        tasks,
        no_certificates if watch is None else watch.ends,
        rooms.transfers.shown,
    )


def _open_core(config: StationConfig, edges: Edges) -> _Core:
    settings = live_settings(config, edges)
    station = Station(
        evses=evse_configurations(config, edges.signers),
        settings=settings,
        tokens=edges.tokens,
        recovered=edges.recovered,
        make_transaction_id=edges.make_transaction_id,
        lease_seconds=config.safety.lease_seconds,
        random=edges.random,
    )
    controller = Controller(station, edges.clock, edges.storage, edges.directives, edges.display, edges.restart)
    settings.attach_station(controller)
    return _Core(config, edges, settings, controller)


def _open_rooms(core: _Core, witnesses: Callable[[], Witnesses]) -> _Rooms:
    config, edges, settings = core.config, core.edges, core.settings
    way = edges.connector(settings)
    security = way if isinstance(way, SecurityRoom) else None
    connector, network = open_network(
        config, settings, way.connector if isinstance(way, SecurityRoom) else way, security, edges.clock
    )
    board = TransferBoard()
    transfer = file_transfer(edges.file_transfer, security)
    logs: LogDesk | None = None
    if transfer is not None and edges.log_places is not None:
        tell_protocols(settings)
        logs = open_log_desk(edges.log_places, board.watching(transfer), security, witnesses)
    contracts = open_contracts(edges.iso15118, security, settings, core.controller, edges.clock)
    parts = StationParts(core.controller, edges.storage, edges.clock, edges.recovered, security, settings)
    updater = None if edges.firmware is None else make_updater(config, edges.firmware, parts, board)
    monitoring = open_monitoring(config, edges.recovered)
    return _Rooms(connector, network, security, logs, contracts, updater, monitoring, board)


def _neighbours(
    core: _Core, rooms: _Rooms, frame_log: FrameLog, identity: StationIdentity, ratings: Ratings
) -> Neighbours:
    edges, security = core.edges, rooms.security
    return Neighbours(
        dialects={"ocpp1.6": make_1_6, "ocpp2.0.1": partial(make_2_0_1, ratings=ratings)},
        settings=core.settings,
        outbox=edges.storage,
        clock=edges.clock,
        identity=identity,
        evse_ids=tuple(evse.id for evse in core.config.evse),
        pace=SettingsPace(core.settings),
        frame_log=frame_log,
        certificates=None if security is None else security.desk,
        logs=rooms.logs,
        note_malformed=(lambda reason: None) if security is None else security.desk.note_malformed,
        firmware=rooms.updater,
        network=rooms.network,
        contracts=None if rooms.contracts is None else rooms.contracts.own,
        monitoring=rooms.monitoring,
        customers=CustomerDesk(edges.storage, core.controller, edges.clock),
        boot_id=edges.recovered.boot_id,
    )


def _core_tasks(core: _Core, client: CsmsClient) -> dict[str, TaskMaker]:
    controller = core.controller
    tasks: dict[str, TaskMaker] = {
        "time": controller.keep_time,
        "directives": controller.renew_directives,
        "commits": controller.commit_steps,
        "csms": lambda: client.run(controller),
    }
    if signers := core.edges.signers:
        keys = PublicKeys(signers, core.settings)
        controller.attach_signer(MeterSigner(signers, core.edges.clock, keys.note))
        tasks["public keys of meters"] = keys.run
    return tasks


def _room_tasks(rooms: _Rooms, watch: CertificateWatch | None) -> dict[str, TaskMaker]:
    tasks: dict[str, TaskMaker] = {}
    if rooms.monitoring is not None:
        tasks["monitoring"] = rooms.monitoring.run
    if rooms.contracts is not None:
        tasks |= rooms.contracts.tasks()
    if rooms.logs is not None:
        tasks["logs"] = rooms.logs.run
    if rooms.updater is not None:
        tasks["firmware"] = rooms.updater.run
    if rooms.security is not None:
        tasks["station certificate"] = rooms.security.desk.signing.run
    if watch is not None:
        tasks["certificates"] = watch.run
    return tasks


def _meter_tasks(core: _Core) -> dict[str, TaskMaker]:
    config, edges = core.config, core.edges
    former = FormerRegisters(edges.storage.known_meters(), [fitted.name for fitted in edges.meters])
    ratings_amps = {row.id: row.max_current_amps for row in config.evse}
    tasks: dict[str, TaskMaker] = {}
    for fitted in edges.meters:
        policy = GatePolicy.of_outlet(
            ratings_amps[fitted.evse_id], config.safety.lease_seconds, cycle_seconds=max(fitted.poll_seconds, 1.0)
        )
        place = MeterPlace(fitted.name, fitted.meter.name)
        memory = RegisterMemory(place, edges.storage, edges.clock, edges.recovered, former)
        tasks[f"meter of EVSE {fitted.evse_id}"] = MeterPoller(fitted, core.controller, memory, policy).run
    return tasks


def _reader_tasks(core: _Core) -> dict[str, TaskMaker]:
    return {
        f"reader {number}": TokenListener(
            listening.reader, listening.evse_ids, core.controller, listening.open_again
        ).run
        for number, listening in enumerate(core.edges.readers, start=1)
    }
