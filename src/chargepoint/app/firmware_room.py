"""Puts together what updates the firmware: the installer that the file names, and the station around it."""

import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509

from chargepoint.app.security_room import SecurityRoom
from chargepoint.app.transfer_board import TransferBoard
from chargepoint.charging.effects import Enqueue
from chargepoint.charging.ports import Clock, Recovered, StoragePort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.daemon.controller import Controller
from chargepoint.firmware.file_installer import FileInstaller, SlotRules
from chargepoint.firmware.ports import (
    Installer,
    SecurityWitness,
    UpdatePorts,
    UpdateRules,
    Worker,
    no_revocation_lists,
)
from chargepoint.firmware.rauc import RaucInstaller
from chargepoint.firmware.updater import Updater
from chargepoint.model.errors import ConfigurationError, StorageError
from chargepoint.model.moment import Stamp
from chargepoint.model.reports import SecurityReport
from chargepoint.security.certificates import CertificateError, read_chain
from chargepoint.security.provisioned_files import read_revocation_file
from chargepoint.security.root_store import RootUse
from chargepoint.security.security_events import CRITICALITY, SecurityEvent
from chargepoint.security.tls import Trust, trusting_context
from chargepoint.settings import catalogue
from chargepoint.settings.setting import SettingsView
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_sections import FirmwareSection
from chargepoint.transfer.network_transfer import NetworkFileTransfer
from chargepoint.transfer.port import FileTransfer

log = logging.getLogger(__name__)

DOWNLOADS = "firmware"
BYTES_PER_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class FirmwareEdge:
    """Where an update meets the machine."""

    installer: Installer
    worker: Worker
    downloads: Path
    """A directory for downloads alone."""
    leave: Callable[[], None]
    """End this process in order, to be started again."""
    transfer: FileTransfer | None = None
    """None: over the network, trusting the system's roots and those that are installed."""
    factory_roots: Sequence[x509.Certificate] = ()
    """The manufacturer's, beside those that the CSMS installs."""
    revocation_lists: Callable[[], Sequence[x509.CertificateRevocationList]] = no_revocation_lists
    """The manufacturer's; read anew for each request."""


@dataclass(frozen=True, slots=True)
class StationParts:
    """What of the station an update needs."""

    controller: Controller
    storage: StoragePort
    clock: Clock
    recovered: Recovered
    security: SecurityRoom | None
    settings: SettingsView


def open_firmware(config: StationConfig, worker: Worker, leave: Callable[[], None]) -> FirmwareEdge | None:
    """None where nothing can install; ConfigurationError where certificates can not be read."""
    section = config.firmware
    installer = make_installer(section, worker)
    if installer is None:
        return None
    roots = () if section.manufacturer_roots_file is None else _certificates(section.manufacturer_roots_file)
    downloads = Path(config.station.state_dir) / DOWNLOADS
    return FirmwareEdge(
        installer,
        worker,
        downloads,
        leave,
        factory_roots=roots,
        revocation_lists=partial(read_revocation_file, section.revocation_list_file),
    )


def make_installer(section: FirmwareSection, worker: Worker) -> Installer | None:
    """None where nothing can install; ConfigurationError where the manufacturer's certificates can not be read."""
    if section.backend == "none":
        return None
    if section.backend == "rauc":
        return RaucInstaller(section.rauc_program, section.reboot_command)
    if section.slots_dir is None or section.bundle_certificates_file is None:
        raise ConfigurationError("firmware: the file backend needs slots_dir and bundle_certificates_file")
    rules = SlotRules(
        signers=_certificates(section.bundle_certificates_file),
        product=section.product,
        most_bytes=section.maximum_megabytes * BYTES_PER_MEGABYTE,
        most_starts=section.most_starts,
    )
    return FileInstaller(section.slots_dir, rules, worker)


def _certificates(path: Path) -> Sequence[x509.Certificate]:
    try:
        return read_chain(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, CertificateError) as error:
        raise ConfigurationError(f"firmware: {path} can not be used ({error}): give a file in PEM") from error


def make_updater(config: StationConfig, edge: FirmwareEdge, parts: StationParts, board: TransferBoard) -> Updater:
    """Connected, not running."""
    section, security = config.firmware, parts.security
    witness: SecurityWitness = (
        ReportingWitness(parts.storage, parts.clock, parts.recovered.boot_id) if security is None else security.desk
    )
    ports = UpdatePorts(
        station=parts.controller,
        storage=parts.storage,
        clock=parts.clock,
        transfer=board.watching(edge.transfer or NetworkFileTransfer(_TransferTrust(security).context)),
        installer=edge.installer,
        worker=edge.worker,
        roots=AllRoots(edge.factory_roots, security),
        witness=witness,
        leave=edge.leave,
        is_healthy=lambda: is_healthy(parts.controller.snapshot()),
        boot_id=parts.recovered.boot_id,
        revocation_lists=edge.revocation_lists,
        may_sessions_begin=lambda: parts.settings.get(catalogue.ALLOW_NEW_SESSIONS_PENDING_FIRMWARE_UPDATE),
    )
    rules = UpdateRules(
        most_bytes=section.maximum_megabytes * BYTES_PER_MEGABYTE,
        plain_requests=section.plain_requests,
        prove_within_seconds=section.prove_within_seconds,
    )
    return Updater(ports, rules, edge.downloads, parts.recovered.update)


def is_healthy(station: StationSnapshot) -> bool:
    """The CSMS has accepted this start, and the safety process has been heard about every EVSE."""
    return station.is_online and all(evse.observation is not None for evse in station.evses.values())


class _TransferTrust:
    """Whom a download over TLS believes."""

    def __init__(self, security: SecurityRoom | None) -> None:
        self._security = security

    async def context(self) -> ssl.SSLContext:
        if self._security is None:
            return trusting_context(Trust())
        parts = self._security.parts
        uses = (RootUse.CSMS, RootUse.MANUFACTURER)
        return await parts.writer.run(
            lambda: trusting_context(Trust([root for use in uses for root in parts.roots.trusted(use)]))
        )


class AllRoots:
    """Implements `ManufacturerRoots`."""

    def __init__(self, factory: Sequence[x509.Certificate], security: SecurityRoom | None) -> None:
        self._factory = tuple(factory)
        self._security = security

    async def trusted(self) -> Sequence[x509.Certificate]:
        if self._security is None:
            return self._factory
        parts = self._security.parts
        return (*self._factory, *await parts.writer.run(lambda: parts.roots.trusted(RootUse.MANUFACTURER)))

    async def were_ever_known(self) -> bool:
        if self._security is None:
            return bool(self._factory)
        parts = self._security.parts
        if self._factory:
            await parts.writer.run(parts.roots.remember_manufacturer)
        return await parts.writer.run(parts.roots.was_manufacturer_known)


class ReportingWitness:
    """Implements `SecurityWitness` where no security log is kept: what is critical is told all the same."""

    def __init__(self, storage: StoragePort, clock: Clock, boot_id: int) -> None:
        self._storage = storage
        self._clock = clock
        self._boot_id = boot_id

    async def record(self, event: SecurityEvent, text: str) -> None:
        log.warning("security event %s: %s", event, text)
        if not CRITICALITY[event].is_reported:
            return
        now = self._clock.now()
        stamp = Stamp(self._boot_id, now.monotonic, now.utc, now.utc_trusted)
        try:
            await self._storage.commit([Enqueue(SecurityReport(event.value, stamp, text or None))], now)
        except StorageError as error:
            log.error("security event %s is not stored: %s", event, error)  # noqa: TRY400  # the disk's fault
