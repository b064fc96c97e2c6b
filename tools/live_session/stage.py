"""The stage: the processes of the world and of the station, and everything that a person could do to them."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from live_session.children import Child, Children
from live_session.folder import IDENTITY, Recipe, RunFolder, bench_toml, station_toml
from live_session.http import Http, Json
from live_session.picture import Addresses, Picture
from live_session.screen import Screen
from live_session.settlement import Settlement, settle
from live_session.watching import Watch

DEV_CSMS = Path(__file__).resolve().parent.parent / "dev_csms"
TOKEN = "04A2B3C4D5E6F7"
START_SECONDS = 30.0
STEP_SECONDS = 30.0
LONGEST_DELIVERY_SECONDS = 150.0
"""The back-off after an outage, and then the queue."""
STATION_PROCESSES = ("safety", "controller")


class Stage:
    """Everything in one run folder. `start_world`, then `open_station`; whoever made the children stops them."""

    def __init__(self, folder: RunFolder, recipe: Recipe, children: Children, http: Http, screen: Screen) -> None:
        self.recipe = recipe
        self.screen = screen
        self.folder = folder
        self.children = children
        self._http = http
        self.watch = Watch(http, screen, folder.run_directory / "panel.url")

    @property
    def picture(self) -> Picture:
        """What was seen last."""
        return self.watch.picture

    async def open_station(self) -> None:
        """Safety process and controller running, booted and accepted; StepFailedError."""
        csms_url = self.watch.addresses.csms or ""
        self.folder.station_config.write_text(station_toml(self.folder, self.recipe, csms_url), encoding="utf-8")
        self.start_station()
        await self.until_station_sees("the CSMS to accept the station", lambda seen: seen.csms["state"] == "accepted")
        await self.until_station_sees("the pilot to settle", lambda seen: seen.evse.get("pilot_settled") is True)

    def start_station(self) -> None:
        """Safety process and controller, as two services would be."""
        self.start_safety()
        self.start_controller()

    def start_safety(self) -> Child:
        return self.children.start("safety", "-m", "chargepoint.safety", "--config", str(self.folder.station_config))

    def start_controller(self) -> Child:
        arguments = ("-m", "chargepoint", "run", "--config", str(self.folder.station_config), "--attach")
        return self.children.start("controller", *arguments)

    def cut(self, *processes: str) -> None:
        """kill -9 to all of these at once; the hardware's monoflop opens the contactor if the safety process is cut."""
        self.children.cut(*processes)
        (self.folder.run_directory / "panel.url").unlink(missing_ok=True)

    async def plug_in(self) -> None:
        await self._tell_bench("evse/1/plug-in", {"max_current_amps": 32, "phases": 3, "ready_after_seconds": 1})

    async def plug_out(self) -> None:
        await self._tell_bench("evse/1/plug-out")

    async def swipe(self) -> None:
        await self._tell_bench("token", {"uid": TOKEN, "type": "ISO14443", "held_seconds": 0.5})

    async def cut_csms(self) -> None:
        """Refuse new connections, then cut the one that is open."""
        await self._tell_csms("listen", {"accept": False})
        await self._tell_csms("disconnect")

    async def bring_csms_back(self) -> None:
        await self._tell_csms("listen", {"accept": True})

    async def let_pass(self, seconds: float) -> None:
        """Let time go by; StepFailedError when a process ends meanwhile."""
        now = asyncio.get_running_loop().time
        ends_at = now() + seconds
        while now() < ends_at:
            self.children.require_all()
            await asyncio.sleep(min(0.2, max(0.0, ends_at - now())))

    async def until_station_sees(
        self, what: str, is_so: Callable[[Picture], bool], timeout_seconds: float = STEP_SECONDS
    ) -> None:
        """Wait for the local interface to show it; StepFailedError."""

        async def is_seen() -> bool:
            picture = await self.watch.look()
            return bool(picture.evse) and is_so(picture)

        await self.children.until(what, is_seen, timeout_seconds, concerned="controller")

    async def until_world_is(self, what: str, is_so: Callable[[Picture], bool], timeout_seconds: float = 10.0) -> None:
        """Wait for the bench's truth; StepFailedError."""

        async def is_true() -> bool:
            picture = await self.watch.look()
            return bool(picture.real) and is_so(picture)

        await self.children.until(what, is_true, timeout_seconds, concerned="bench")

    async def until_billed(self, timeout_seconds: float = LONGEST_DELIVERY_SECONDS) -> None:
        """Wait until the CSMS has the end of every transaction and the station's queue is empty; StepFailedError."""

        async def is_billed() -> bool:
            transactions = await self.transactions()
            seen = await self.watch.look()
            return bool(transactions) and all(row["has_ended"] for row in transactions) and _is_empty(seen)

        await self.children.until("the bill at the CSMS", is_billed, timeout_seconds, concerned="controller")

    async def register_wh(self) -> float:
        """The meter's truth now."""
        truth = await self._http.get(f"{self.watch.addresses.bench}/bench")
        return float(truth["evses"]["1"]["energy_import_wh"])

    async def settle(self, metered_wh: float) -> Settlement:
        """The bill at the CSMS beside what was metered."""
        return settle(await self.transactions(), await self.station_record(), metered_wh, self.recipe.ocpp)

    async def transactions(self) -> list[Json]:
        """What the CSMS was told."""
        found: list[Json] = await self._http.get(f"{self.watch.addresses.csms_control}/transactions")
        return found

    async def station_record(self) -> Json:
        """What the CSMS knows of the station; empty before it has called."""
        url = f"{self.watch.addresses.csms_control}/stations/{IDENTITY}"
        return await self._http.get_or_none(url) or {}

    async def start_world(self, csms: Path = DEV_CSMS) -> None:
        """CSMS (a program that writes its addresses like the development CSMS) and bench listening; StepFailedError."""
        folder = self.folder
        folder.bench_config.write_text(bench_toml(), encoding="utf-8")
        self.children.start("csms", str(csms), "--ports-file", str(folder.csms_ports))
        bench = ["--config", str(folder.bench_config), "--directory", str(folder.bench_directory)]
        self.children.start("bench", "-m", "chargepoint_hal.bench", *bench)
        description = folder.bench_directory / "bench.json"
        for name, file in (("csms", folder.csms_ports), ("bench", description)):

            async def has_written(file: Path = file) -> bool:
                return _is_there(file)

            await self.children.until(f"{name} to listen", has_written, START_SECONDS, concerned=name)
        ports = json.loads(folder.csms_ports.read_text(encoding="utf-8"))
        bench_url = json.loads(description.read_text(encoding="utf-8"))["url"]
        self.watch.addresses = Addresses(None, bench_url, ports["control"], ports["csms"])

    async def _tell_bench(self, path: str, body: Json | None = None) -> None:
        await self._http.post(f"{self.watch.addresses.bench}/bench/{path}", body)

    async def _tell_csms(self, path: str, body: Json | None = None) -> None:
        await self._http.post(f"{self.watch.addresses.csms_control}/{path}", body)


def _is_empty(seen: Picture) -> bool:
    return seen.outbox.get("pending") == 0


def _is_there(file: Path) -> bool:
    return file.exists()
