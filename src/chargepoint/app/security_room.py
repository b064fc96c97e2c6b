"""Joins keys, roots, credentials and the security log of one station, from station.toml and the machine."""

import os
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography import x509

from chargepoint.app.certificate_watch import CertificateWatch, Surroundings, free_bytes_at
from chargepoint.app.security_desk import SecurityDesk, SecurityParts
from chargepoint.app.security_recorder import SecurityRecorder
from chargepoint.app.trial_connector import Shell, TrialConnector
from chargepoint.charging.effects import Notice
from chargepoint.charging.ports import Clock, StoragePort
from chargepoint.csms.address import station_url
from chargepoint.csms.channel import Connector
from chargepoint.csms.link import LinkAddress
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.ports import DisplayPort
from chargepoint.model.registration import BootReason
from chargepoint.security.basic_auth import read_password
from chargepoint.security.credentials import Credentials, Provisioned
from chargepoint.security.keystore import FileKeyStore
from chargepoint.security.profile import SecurityProfile
from chargepoint.security.provisioned_files import read_certificate_file
from chargepoint.security.root_store import RootRules, RootStore, RootUse
from chargepoint.security.security_log import SecurityLog
from chargepoint.security.tls import TlsFiles, Trust, trusting_context
from chargepoint.settings import catalogue
from chargepoint.settings.station_config import StationConfig
from chargepoint.storage.writer import Writer
from chargepoint.transfer.http_transfer import MakeTls

KEYS = "keys"
SECURITY_LOG = "security-log"
SUBPROTOCOL_1_6 = "ocpp1.6"
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"


@dataclass(frozen=True, slots=True)
class SecuritySources:
    """What it is made of."""

    config: StationConfig
    storage: StoragePort
    clock: Clock
    boot_id: int
    writer: Writer
    """For the key store and the security log; closed by whoever made it."""


@dataclass(frozen=True, slots=True)
class SecurityRoom:
    desk: SecurityDesk
    connector: Connector
    watch: Callable[[DisplayPort, BootReason], CertificateWatch]
    """Made when it is known who is shown what."""
    parts: SecurityParts
    file_tls: MakeTls
    """Whom file transfers trust: the roots of the CSMS and the manufacturer, and the system's (N01.FR.15, .16)."""
    log: SecurityLog


def open_security(sources: SecuritySources, settings: LiveSettings) -> SecurityRoom:
    """ConfigurationError where the url can not be one; files are read at each attempt to connect."""
    config, clock = sources.config, sources.clock
    state_dir = Path(config.station.state_dir)
    credentials_dir = os.environ.get(CREDENTIALS_VARIABLE)
    keys = FileKeyStore(state_dir / KEYS, None if credentials_dir is None else Path(credentials_dir))
    rules = RootRules(
        most_certificates=settings.get(catalogue.CERTIFICATE_STORE_MAX_LENGTH),
        replaces_signed_only=settings.get(catalogue.ADDITIONAL_ROOT_CERTIFICATE_CHECK),
    )
    roots = RootStore(keys, rules, lambda: _provided_roots(config.csms.ca_file))
    csms = config.csms
    provisioned = Provisioned(
        profile=SecurityProfile(csms.security_profile),
        password=lambda: _provided_password(config),
        files=TlsFiles(csms.ca_file, csms.client_certificate_file, csms.client_key_file),
        password_is_text=csms.subprotocols[0] != SUBPROTOCOL_1_6,
    )
    security_log = SecurityLog(state_dir / SECURITY_LOG)
    parts = SecurityParts(
        keys=keys,
        roots=roots,
        credentials=Credentials(keys, roots, provisioned),
        recorder=SecurityRecorder(security_log, sources.storage, clock, sources.boot_id),
        writer=sources.writer,
        serial_number=config.station.serial_number,
    )
    desk = SecurityDesk(parts, settings, clock)
    address = LinkAddress(
        url=station_url(csms.url, config.csms_identity),
        subprotocols=csms.subprotocols,
        assume_version=csms.assume_version,
        proxy=csms.proxy,
    )

    def watch(display: DisplayPort, boot_reason: BootReason) -> CertificateWatch:
        show = partial(display.show, Notice.CERTIFICATE_ENDS, None)
        free_bytes = partial(free_bytes_at, state_dir)
        return CertificateWatch(desk, parts, Surroundings(clock, show, boot_reason, free_bytes))

    connector = TrialConnector(Shell(address, config.csms_identity, settings, clock), parts, desk)

    async def file_tls() -> ssl.SSLContext:
        return await sources.writer.run(lambda: trusting_context(Trust(_file_roots(roots))))

    return SecurityRoom(desk, connector, watch, parts, file_tls, security_log)


def _file_roots(roots: RootStore) -> list[x509.Certificate]:
    return [certificate for use in (RootUse.CSMS, RootUse.MANUFACTURER) for certificate in roots.trusted(use)]


def _provided_roots(ca_file: Path | None) -> Sequence[x509.Certificate]:
    return () if ca_file is None else read_certificate_file(ca_file, "ca_file")


def _provided_password(config: StationConfig) -> str | None:
    csms = config.csms
    if csms.basic_auth_password is not None:
        return csms.basic_auth_password.get_secret_value()
    return None if csms.basic_auth_password_file is None else read_password(csms.basic_auth_password_file)
