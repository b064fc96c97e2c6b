"""Joins the uploads of logs: what there is to tell of the station, and the way out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from platform import machine, platform, python_version

from chargepoint.app.security_room import SecurityRoom
from chargepoint.charging.commands import NoteUpkeep, Upkeep
from chargepoint.charging.ports import Clock, CsmsPort, OutboxPort, StationPort
from chargepoint.csms.frame_log import FrameLog
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.diagnostics.bundle import Evidence
from chargepoint.diagnostics.log_desk import LogDesk, LogSources
from chargepoint.model.errors import StorageError
from chargepoint.model.log_uploads import LogPeriod
from chargepoint.model.tokens import IdToken
from chargepoint.settings import catalogue
from chargepoint.settings.station_config import StationConfig
from chargepoint.transfer.network_transfer import NetworkFileTransfer
from chargepoint.transfer.port import FileTransfer

PROTOCOLS = "FTP,FTPS,HTTP,HTTPS"
LIBRARIES = ("chargepoint", "websockets", "ocpp", "aiohttp", "aioftp", "cryptography", "pymodbus", "pydantic")
SECRET_KEYS = ("password", "secret", "passphrase", "key", "token")


@dataclass(frozen=True, slots=True)
class LogPlaces:
    """Where uploads are put together, and where the program's log is."""

    work_dir: Path
    log_dir: Path | None


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who knows what goes into a bundle."""

    config: StationConfig
    settings: LiveSettings
    station: StationPort
    csms: CsmsPort
    outbox: OutboxPort
    frames: FrameLog
    clock: Clock


def open_log_desk(
    places: LogPlaces, transfer: FileTransfer, security: SecurityRoom | None, witnesses: Callable[[], Witnesses]
) -> LogDesk:
    """`witnesses` is asked when there is something to do: the edge to the CSMS is made after the desk."""

    async def note_upkeep(is_under_way: bool) -> None:
        await witnesses().station.execute(NoteUpkeep(Upkeep.LOG_UPLOAD, is_under_way))

    sources = LogSources(
        work_dir=places.work_dir,
        log_dir=places.log_dir,
        security_log=None if security is None else security.log,
        evidence=lambda period: gather_evidence(witnesses(), period),
        identity=lambda: witnesses().config.csms_identity,
        utc_now=lambda: witnesses().clock.now().utc,
        note_upkeep=note_upkeep,
    )
    return LogDesk(sources, transfer, lambda report: witnesses().csms.say(report))


def file_transfer(given: FileTransfer | None, security: SecurityRoom | None) -> FileTransfer | None:
    """The one that is given, else one that trusts what the security room trusts; None where there is neither."""
    if given is not None or security is None:
        return given
    return NetworkFileTransfer(security.file_tls)


def tell_protocols(settings: LiveSettings) -> None:
    settings.note_fact(catalogue.SUPPORTED_FILE_TRANSFER_PROTOCOLS, PROTOCOLS)


async def gather_evidence(witnesses: Witnesses, period: LogPeriod) -> Evidence:
    """Everything but the log itself. What cannot be had now is null, never made up."""
    moment = witnesses.clock.now()
    members = {
        "versions.json": _versions(),
        "configuration.json": {
            "station": without_secret_keys(witnesses.config.model_dump(mode="json")),
            "settings": _settings(witnesses.settings),
        },
        "status.json": {
            "utc": moment.utc,
            "clock_is_trusted": moment.utc_trusted,
            "station": witnesses.station.snapshot(),
            "csms": witnesses.csms.status(),
        },
        "queue.json": await _queue(witnesses.outbox),
        "frames.json": [
            {"number": frame.number, "direction": frame.direction, "utc": frame.utc, "text": frame.text}
            for frame in witnesses.frames.last()
            if period.holds(frame.utc)
        ],
    }
    texts = {name: json.dumps(_plain(value), indent=1, ensure_ascii=False) for name, value in members.items()}
    return Evidence(texts, _provided_secrets(witnesses.config))


def without_secret_keys(value: object) -> object:
    """Drivers' options have keys of their own, which nobody here knows."""
    if isinstance(value, Mapping):
        return {
            str(key): "***" if _is_secret(str(key)) and not isinstance(item, Mapping) else without_secret_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secret_keys(item) for item in value]
    return value


def _is_secret(key: str) -> bool:
    words = key.casefold().split("_")
    return any(word in SECRET_KEYS for word in words) and not key.endswith("_file")


def _settings(settings: LiveSettings) -> dict[str, str]:
    return {each.name: settings.text(each) for each in settings.all() if not each.is_secret}


async def _queue(outbox: OutboxPort) -> dict[str, int | None]:
    try:
        depth = await outbox.depth()
    except StorageError:
        return {"pending": None, "dead": None}
    return {"pending": depth.pending, "dead": depth.dead}


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in LIBRARIES}
    return {**found, "python": python_version(), "machine": machine(), "system": platform()}


def _provided_secrets(config: StationConfig) -> Sequence[str]:
    password = config.csms.basic_auth_password
    return () if password is None else (password.get_secret_value(),)


def _plain(value: object) -> object:
    """What JSON can hold; id tokens shortened."""
    if isinstance(value, IdToken):
        return value.redacted
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
