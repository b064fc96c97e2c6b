"""One update with nothing simulated but the wallbox: a file server, a bundle, two slots, processes that restart."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chargepoint.firmware import slots as slots_module
from chargepoint.firmware.bundle_maker import make_bundle
from dev_csms.gate import GateOptions
from dev_csms.server import DevCsms
from scenarios.secured_station import IDENTITY, PATIENCE_SECONDS, Talk, soon
from support.http_server import http_file_server
from unit.security.authority import Period, authority, leaf, name

pytestmark = pytest.mark.real_processes

TODAY = Period(datetime.now(UTC) - timedelta(days=1), datetime.now(UTC) + timedelta(days=400))
LAUNCHER = """#!{python}
import os, sys
open({journal!r}, "a").write({version!r} + "\\n")
os.execv(sys.executable, [sys.executable, "-m", "chargepoint", *sys.argv[1:]])
"""
BROKEN = """#!{python}
import sys
open({journal!r}, "a").write({version!r} + "\\n")
sys.exit(3)
"""


class Machine:
    """A folder as the file backend wants it, and who starts the firmware whose turn it is."""

    def __init__(self, folder: Path, csms_url: str) -> None:
        self.folder = folder
        self.slots = folder / "slots"
        self.journal = folder / "starts"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = authority("Manufacturer", period=TODAY)
        self.signer = leaf(self.root, name("Firmware signing"), self.key, TODAY)
        (folder / "signers.pem").write_text(self.signer.pem)
        (folder / "roots.pem").write_text(self.root.pem)
        self._write_tree(self.slots / "a", "old", LAUNCHER)
        (self.slots / "current").symlink_to("a")
        (folder / "bench.toml").write_text("port = 0\n")
        (folder / "station.toml").write_text(
            f"""
[station]
identity = "{IDENTITY}"
state_dir = "{folder / "state"}"
run_dir = "{folder / "run"}"
[[evse]]
[csms]
url = "{csms_url}"
subprotocols = ["ocpp1.6"]
[panel]
port = 0
[firmware]
backend = "file"
slots_dir = "{self.slots}"
bundle_certificates_file = "{folder / "signers.pem"}"
manufacturer_roots_file = "{folder / "roots.pem"}"
[settings]
RetryBackOffWaitMinimum = 1
RetryBackOffRandomRange = 0
"""
        )
        self._process: subprocess.Popen[bytes] | None = None

    def _write_tree(self, tree: Path, version: str, launcher: str) -> Path:
        (tree / "bin").mkdir(parents=True)
        program = tree / "bin" / "chargepoint"
        program.write_text(launcher.format(python=sys.executable, journal=str(self.journal), version=version))
        program.chmod(0o755)
        return tree

    def publish(self, folder: Path, version: str, launcher: str = LAUNCHER) -> str:
        """OCPP's signature over the bundle."""
        tree = self._write_tree(self.folder / f"tree-{version}", version, launcher)
        return make_bundle(tree, folder / f"{version}.zip", self.key, "chargepoint", version)

    def start(self) -> None:
        """As the service does before each start."""
        command = [sys.executable, slots_module.__file__, str(self.slots), "--", "bin/chargepoint", "run"]
        with (self.folder / "station.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--config", str(self.folder / "station.toml")], stdout=log, stderr=log, cwd=self.folder
            )

    def has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    async def is_started_again(self) -> None:
        await soon(self.has_ended)
        self.start()

    def starts(self) -> list[str]:
        return self.journal.read_text().split()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)


def request(machine: Machine, url: str, signature: str, request_id: int) -> dict[str, object]:
    firmware = {
        "location": url,
        "retrieveDateTime": "2026-01-01T00:00:00Z",
        "signingCertificate": machine.signer.pem,
        "signature": signature,
    }
    return {"requestId": request_id, "firmware": firmware}


def statuses(talk: Talk, request_id: int) -> list[str]:
    told = talk.told("SignedFirmwareStatusNotification")
    return [str(payload["status"]) for payload in told if payload["requestId"] == request_id]


async def test_a_station_updates_itself_and_comes_back_from_firmware_that_does_not_start(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    csms = DevCsms(GateOptions())
    talk = Talk(csms)
    async with csms, http_file_server(files) as server:
        machine = Machine(tmp_path, csms.url)
        good, bad = machine.publish(files, "new"), machine.publish(files, "broken", BROKEN)
        machine.start()
        try:
            await talk.connections(1)
            wanted = request(machine, server.url("new.zip"), good, 1)
            assert await talk.status("SignedUpdateFirmware", wanted) == "Accepted"
            await machine.is_started_again()
            await talk.until(lambda: statuses(talk, 1)[-1:] == ["Installed"])
            assert machine.starts() == ["old", "new"]

            wanted = request(machine, server.url("broken.zip"), bad, 2)
            assert await talk.status("SignedUpdateFirmware", wanted) == "Accepted"
            for _ in range(4):
                await machine.is_started_again()
            await talk.until(lambda: statuses(talk, 2)[-1:] == ["InstallationFailed"])
            assert machine.starts() == ["old", "new", "broken", "broken", "broken", "new"]
            assert "Installed" not in statuses(talk, 2)
            assert talk.events().count("FirmwareUpdated") == 1
        finally:
            machine.stop()
