"""A station with its real key store, its real connections and a real disk, against a CSMS on real sockets."""

import asyncio
import base64
import logging
import random
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from chargepoint import system_clock
from chargepoint.app.assembly import Assembly, assemble
from chargepoint.app.edges import Edges
from chargepoint.app.log_room import LogPlaces
from chargepoint.app.safety_link import SafetyLink
from chargepoint.app.security_room import SecuritySources, open_security
from chargepoint.charging.commands import ResetKind
from chargepoint.charging.effects import Notice
from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.supervisor import Supervisor
from chargepoint.model.display import DisplayMessage
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.model.power import PowerDirective
from chargepoint.safety.client import SafetyLinkClient
from chargepoint.settings.station_config import StationConfig
from chargepoint.storage.store import Storage, open_storage
from chargepoint.storage.writer import ThreadWriter
from dev_csms.gate import Gate, GateOptions
from dev_csms.server import DevCsms, utc_now
from dev_csms.wire import Json

IDENTITY = "CP-SEC"
SERIAL_NUMBER = "SN-0001"
PATIENCE_SECONDS = 180.0
LOOK_SECONDS = 0.02


class StrictGate(Gate):
    """Knows passwords as bytes, which may change while it is open, and remembers what was shown."""

    accepted: bytes | None = None
    """None: nobody needs a password."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.shown: list[str | None] = []
        self.client_serials: list[str] = []
        self.suites: list[tuple[str, str]] = []
        """TLS version and cipher suite of each handshake."""

    def _knows(self, station: str, request: HttpRequest) -> bool:
        header = request.headers.get("Authorization")
        self.shown.append(header)
        return self.accepted is None or header == self.header(station)

    def _judge(self, socket: ServerConnection, request: HttpRequest) -> Response | None:
        suite = socket.transport.get_extra_info("cipher")
        if suite is not None:
            self.suites.append((str(suite[1]), str(suite[0])))
        certificate = socket.transport.get_extra_info("peercert")
        if certificate:
            self.client_serials.append(str(certificate["serialNumber"]))
        return super()._judge(socket, request)

    def header(self, station: str) -> str:
        assert self.accepted is not None
        return "Basic " + base64.b64encode(station.encode() + b":" + self.accepted).decode()


def secured_csms(options: GateOptions) -> tuple[DevCsms, StrictGate]:
    csms = DevCsms(options)
    gate = StrictGate(csms.core, options, utc_now)
    gate.listeners.extend(csms.gate.listeners)
    csms.gate = gate
    return csms, gate


class NoSafety:
    """Nothing charges in these stories, and who is to restart is started again by the story."""

    def __init__(self) -> None:
        self.restarts: list[ResetKind] = []

    def send(self, directive: PowerDirective) -> None:
        logging.getLogger(__name__).debug("directive %s", directive)

    def restart(self, kind: ResetKind, retries: int) -> None:
        self.restarts.append(kind)


class SecuredStation:
    """`async with SecuredStation(path, url, security_profile=2) as station:`"""

    def __init__(self, folder: Path, url: str, settings: Mapping[str, str] | None = None, **csms: Any) -> None:
        self.folder = folder
        self.config = StationConfig.model_validate(
            {
                "station": {"state_dir": folder, "serial_number": SERIAL_NUMBER, "identity": IDENTITY},
                "csms": {"url": url, "subprotocols": ("ocpp1.6",), **csms},
                "settings": {
                    "retry_back_off_wait_minimum_seconds": "1",
                    "retry_back_off_random_range_seconds": "0",
                    **(settings or {}),
                },
            }
        )
        self.assembly: Assembly | None = None
        self._storage: Storage | None = None
        self._keys = ThreadWriter()
        self.clock = StationClock(system_clock.utc_now, system_is_trusted=True)
        self.safety_link = SafetyLink(SafetyLinkClient(folder / "safety.sock"))
        self.notices: list[str] = []
        self.machine = NoSafety()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "SecuredStation":
        self._storage, recovered = await open_storage(self.folder / "chargepoint.db")
        clock = self.clock
        sources = SecuritySources(self.config, self._storage, clock, recovered.boot_id, self._keys)
        self.assembly = assemble(
            self.config,
            Edges(
                clock=clock,
                storage=self._storage,
                tokens=self._storage.tokens,
                recovered=recovered,
                directives=self.machine,
                connector=partial(open_security, sources),
                display=self,
                restart=self.machine,
                make_transaction_id=lambda: TransactionId(str(uuid.uuid4())),
                random=random.random,
                log_places=LogPlaces(self.folder / "uploads", self.folder / "logs"),
            ),
        )
        await self.assembly.controller.start()
        self._running = asyncio.create_task(Supervisor().run(dict(self.assembly.tasks)))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self._keys.close()
        if self._storage is not None:
            await self._storage.close()

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        """To the people at the station."""
        self.notices.append(text)

    def present(self, message: DisplayMessage | None) -> None:
        """The CSMS's messages are no part of these stories."""

    @property
    def parts(self) -> Assembly:
        assert self.assembly is not None, "the station is off"
        return self.assembly


async def soon(claim: Callable[[], bool]) -> None:
    """Until it is true of the station or its files, which ring no bell; TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not claim():  # noqa: ASYNC110  # files have no bell
            await asyncio.sleep(LOOK_SECONDS)


class Talk:
    """The operator at the CSMS."""

    def __init__(self, csms: DevCsms) -> None:
        self.csms = csms

    async def connections(self, count: int) -> None:
        """Until the station was let in that often and is there now, its boot accepted."""
        await self.until(lambda: self.opened() >= count and self.is_there())

    def opened(self) -> int:
        return sum(note.refused_status is None for note in self.csms.station(IDENTITY).connections)

    def is_there(self) -> bool:
        record = self.csms.station(IDENTITY)
        return record.is_connected and record.is_boot_accepted

    async def until(self, claim: Callable[[], bool]) -> None:
        await self.csms.until(claim, timeout_seconds=PATIENCE_SECONDS)

    async def ask(self, action: str, payload: Json) -> Any:
        answer = await self.csms.call(IDENTITY, action, payload)
        return answer.payload

    async def status(self, action: str, payload: Json) -> str:
        return str((await self.ask(action, payload))["status"])

    async def change(self, key: str, value: str) -> str:
        return await self.status("ChangeConfiguration", {"key": key, "value": value})

    def told(self, action: str) -> list[Json]:
        notes = self.csms.station(IDENTITY).notifications
        return [note.payload for note in notes if note.action == action]

    def events(self) -> list[str]:
        return [str(payload["type"]) for payload in self.told("SecurityEventNotification")]
