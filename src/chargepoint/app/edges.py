"""Where a station meets its machine: what is handed to the assembly, by the process or by a test."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chargepoint.app.firmware_room import FirmwareEdge
from chargepoint.app.log_room import LogPlaces
from chargepoint.app.security_room import SecurityRoom
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.charging.ports import (
    DeadLetterPort,
    OutboxPort,
    Recovered,
    StoragePort,
    TokenMemory,
    TokenTracePort,
)
from chargepoint.csms.channel import Connector
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.daemon.meter_poller import FittedMeter
from chargepoint.daemon.ports import DirectivePort, DisplayPort, MeterMemoryPort, RestartPort
from chargepoint.daemon.station_clock import StationClock
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.registration import BootReason
from chargepoint.transfer.port import FileTransfer
from chargepoint_hal.contract import SigningMeter, TokenReader


class Storage(StoragePort, OutboxPort, DeadLetterPort, MeterMemoryPort, TokenTracePort, Protocol):
    """All that one database offers."""


@dataclass(frozen=True, slots=True)
class FittedReader:
    reader: TokenReader
    evse_ids: tuple[EvseId, ...]
    open_again: Callable[[], TokenReader] | None = None
    """Opens the same reader anew; blocks for as long as its driver does."""


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

    @property
    def signers(self) -> dict[EvseId, SigningMeter]:
        """The meters that sign, by the EVSE that each measures."""
        return {fitted.evse_id: fitted.meter for fitted in self.meters if isinstance(fitted.meter, SigningMeter)}
