"""Everything around a firmware update in a story: the manufacturer, a file server that behaves, two real slots."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from chargepoint.app.firmware_room import FirmwareEdge
from chargepoint.firmware.bundle_maker import make_bundle
from chargepoint.firmware.file_installer import FileInstaller, SlotRules
from chargepoint.firmware.slots import Slots
from chargepoint.storage.writer import InlineWriter
from chargepoint.transfer.outcomes import Downloaded, Progress, TransferFailed, TransferFault, Uploaded
from chargepoint.transfer.port import DownloadOrder, OnProgress, UploadOrder, no_progress
from scenarios.stories import is_1_6
from support.rig import START_UTC, Rig
from unit.security.authority import Issued, Period, authority, leaf, name, revoke

PRODUCT = "chargepoint"
URL = "https://files.example/firmware.zip"
DOWNLOAD_SECONDS = 5.0
TODAY = Period(START_UTC - timedelta(days=10), START_UTC + timedelta(days=400))


@dataclass(slots=True)
class FileServer:
    """Implements `FileTransfer`: has files by URL, and is down for as many attempts as the story says."""

    files: dict[str, bytes] = field(default_factory=dict)
    failures: list[TransferFault] = field(default_factory=list)
    """Of the next attempts, one each."""
    asked: list[str] = field(default_factory=list)
    seconds: float = DOWNLOAD_SECONDS

    async def download(
        self, order: DownloadOrder, on_progress: OnProgress = no_progress
    ) -> Downloaded | TransferFailed:
        self.asked.append(order.url)
        content = self.files.get(order.url)
        await asyncio.sleep(self.seconds / 2)
        if content is not None:
            on_progress(Progress(len(content) // 2, len(content)))
        await asyncio.sleep(self.seconds / 2)
        if self.failures:
            return TransferFailed(self.failures.pop(0), "the file server is down")
        if content is None:
            return TransferFailed(TransferFault.NOT_FOUND, "no such file")
        order.path.write_bytes(content)
        return Downloaded(order.path, len(content))

    async def upload(self, order: UploadOrder, on_progress: OnProgress = no_progress) -> Uploaded | TransferFailed:
        raise AssertionError("nobody brings files in these stories")


class Workshop:
    """Old firmware runs from slot `a`; a bundle with new firmware is on the file server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = authority(period=TODAY)
        self.signer = leaf(self.root, name("Firmware signing"), period=TODAY)
        self.server = FileServer()
        self.slots_dir = folder / "slots"
        (self.slots_dir / "a").mkdir(parents=True)
        (self.slots_dir / "a" / "which").write_text("old")
        (self.slots_dir / "current").symlink_to("a")
        self.signature = self.publish(b"new")
        self.revoked: list[Issued] = []
        self.departures = 0
        self.step_watch: Callable[[str], None] = lambda step: None

    def publish(self, which: bytes, url: str = URL, product: str = PRODUCT) -> str:
        """A bundle on the file server; OCPP's signature over it."""
        tree = self.folder / f"tree-{hashlib.sha256(url.encode() + which).hexdigest()[:8]}"
        tree.mkdir(exist_ok=True)
        (tree / "which").write_bytes(which)
        key = self.signer.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        bundle = self.folder / "bundle.zip"
        signature = make_bundle(tree, bundle, key, product, "2.0.0")
        self.server.files[url] = bundle.read_bytes()
        return signature

    def edge(self, *, knows_manufacturer: bool = True) -> FirmwareEdge:
        rules = SlotRules((self.signer.certificate,), PRODUCT, 10_000_000, 3, 0)
        slots = Slots(self.slots_dir, lambda step: self.step_watch(step))
        return FirmwareEdge(
            installer=FileInstaller(self.slots_dir, rules, InlineWriter(), slots),
            transfer=self.server,
            worker=InlineWriter(),
            downloads=self.folder / "downloads",
            leave=self._leave,
            factory_roots=(self.root.certificate,) if knows_manufacturer else (),
            revocation_lists=lambda: [revoke(self.root, each) for each in self.revoked],
        )

    def _leave(self) -> None:
        self.departures += 1

    def running(self) -> str:
        return (self.slots_dir / "current" / "which").read_text()

    def left_over(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("downloads/*"))

    # The machine

    async def departs(self, rig: Rig) -> None:
        """The process ends by itself and is started again, as the service manager does."""
        seen = self.departures
        await rig.until(lambda: self.departures > seen, 60, "the process leaves for the new firmware")
        await self.restart(rig)

    async def restart(self, rig: Rig, *, wait: bool = True) -> None:
        await rig.stop_controller()
        Slots(self.slots_dir).before_start()
        await rig.start_controller()
        if wait:
            await rig.wait(15)

    async def power_cut(self, rig: Rig) -> None:
        await rig.power_cut()
        await rig.wait(5)
        Slots(self.slots_dir).before_start()
        await rig.power_up(wait=False)
        await rig.wait(20)


# The CSMS


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """2.0.1 has one request for both kinds of update."""
    if not is_1_6(rig) and action == "SignedUpdateFirmware":
        action = "UpdateFirmware"
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def refused(rig: Rig, action: str, payload: dict[str, Any]) -> str:
    """The code of the CALLERROR."""
    answer = await rig.csms.call(action, payload)
    assert answer.error is not None, answer
    return str(answer.error.code)


def at(rig: Rig, seconds: float = 0.0) -> str:
    return (rig.utc_now() + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def plain_request(rig: Rig, retrieve_in: float = -1.0, **extra: Any) -> dict[str, Any]:
    return {"location": URL, "retrieveDate": at(rig, retrieve_in), **extra}


def signed_request(rig: Rig, shop: Workshop, request_id: int = 7, **changes: Any) -> dict[str, Any]:
    firmware = {
        "location": URL,
        "retrieveDateTime": at(rig, -1),
        "signingCertificate": shop.signer.pem,
        "signature": shop.signature,
        **changes.pop("firmware", {}),
    }
    return {"requestId": request_id, "firmware": firmware, **changes}


def told(rig: Rig, action: str) -> list[dict[str, Any]]:
    return [dict(note.payload) for note in rig.csms.record.notifications if note.action == action]


def plain_statuses(rig: Rig) -> list[str]:
    return [str(payload["status"]) for payload in told(rig, "FirmwareStatusNotification")]


def signed_statuses(rig: Rig, request_id: int | None = 7) -> list[str]:
    payloads = told(rig, "SignedFirmwareStatusNotification" if is_1_6(rig) else "FirmwareStatusNotification")
    return [str(payload["status"]) for payload in payloads if payload.get("requestId") == request_id]


def security_events(rig: Rig) -> list[str]:
    return [str(payload["type"]) for payload in told(rig, "SecurityEventNotification")]


def stranger() -> Issued:
    """Signed by nobody that this station knows."""
    return leaf(authority("Stranger", period=TODAY), name("Firmware signing"), period=TODAY)
