"""The controller's process: reads the file, starts what is missing, opens the disk, runs until told to stop."""

import asyncio
import logging
import os
import random
import signal
import sys
import uuid
from contextlib import suppress
from pathlib import Path

from chargepoint import system_clock
from chargepoint.app.assembly import Assembly, Edges, FittedMeter, FittedReader, assemble
from chargepoint.app.children import Children, start_children
from chargepoint.app.csms_link import connector_for
from chargepoint.app.restart import ProcessRestart, boot_reason
from chargepoint.app.safety_link import SafetyLink
from chargepoint.app.views import panel_for
from chargepoint.charging.effects import Notice
from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.supervisor import Supervisor
from chargepoint.daemon.watchdog import Watchdog
from chargepoint.model.errors import ConfigurationError
from chargepoint.model.identifiers import EvseId, TransactionId
from chargepoint.safety.client import SafetyLinkClient
from chargepoint.settings.station_config import StationConfig
from chargepoint.settings.station_file import read_station_file
from chargepoint.storage.store import open_storage
from chargepoint.system_notifier import notifier_of_this_service
from chargepoint_hal.contract import EnergyMeter
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.registry import ENERGY_METERS, TOKEN_READERS, UnknownDriverError, find_driver

log = logging.getLogger(__name__)

BENCH_PATIENCE_SECONDS = 15.0
RESTART_EXIT_CODE = 0


class LogDisplay:
    """Where no display is fitted, the log is what a person sees."""

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None:
        log.info("%s: %s", "station" if evse_id is None else f"EVSE {evse_id}", text)


def run(config_path: Path, attach: bool = False) -> int:
    """Run until SIGTERM or SIGINT; the exit code. ConfigurationError when the file is wrong.

    `attach`: start neither bench nor safety process, somebody else does.
    """
    config = read_station_file(config_path)
    logging.basicConfig(
        level=config.station.log_level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    children = Children()
    restart = ProcessRestart()
    try:
        if not attach:
            start_children(config, config_path, children)
        asyncio.run(_run(config, restart))
    finally:
        if not restart.is_wanted:
            children.stop()
    if restart.is_wanted:
        restart.execute(config_path, attach=attach or children.any_started)
    return RESTART_EXIT_CODE


async def _run(config: StationConfig, restart: ProcessRestart) -> None:
    """Open the edges in order, run the tasks, close in reverse."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    restart.attach(stop)
    notifier = notifier_of_this_service()
    state_dir = Path(config.station.state_dir)
    storage, recovered = await open_storage(state_dir / "chargepoint.db")
    client = SafetyLinkClient(Path(config.station.run_dir) / "safety.sock")
    link = SafetyLink(client)
    clock = StationClock(system_clock.utc_now, system_is_trusted=_system_clock_is_trusted())
    edges = Edges(
        clock=clock,
        storage=storage,
        tokens=storage.tokens,
        recovered=recovered,
        directives=link,
        connector=lambda settings: connector_for(config, settings),
        display=LogDisplay(),
        restart=restart,
        make_transaction_id=lambda: TransactionId(str(uuid.uuid4())),
        random=random.random,
        boot_reason=boot_reason(state_dir),
        meters=await _meters(config),
        readers=_readers(config),
    )
    assembly = assemble(config, edges)
    panel = panel_for(config, assembly, edges, link)
    watchdog = Watchdog(notifier, assembly.controller, link)
    await assembly.controller.start()
    url = await panel.start()
    log.info("local interface: %s", url)
    running = asyncio.create_task(_supervise(assembly, link, watchdog, panel.supervisor), name="tasks")
    try:
        await stop.wait()
    finally:
        notifier.stopping()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await panel.stop()
        await storage.close()
        log.info("stopped")


async def _supervise(assembly: Assembly, link: SafetyLink, watchdog: Watchdog, supervisor: Supervisor) -> None:
    tasks = dict(assembly.tasks)
    tasks["safety link"] = lambda: link.listen(assembly.controller)
    tasks["watchdog"] = watchdog.run
    await supervisor.run(tasks)


async def _meters(config: StationConfig) -> tuple[FittedMeter, ...]:
    fitted = []
    for row in config.meter:
        meter: EnergyMeter = await _open_when_ready(ENERGY_METERS, row.driver, dict(row.options), f"meter {row.name}")
        fitted.append(FittedMeter(meter, EvseId(row.evse), row.poll_seconds))
    return tuple(fitted)


def _readers(config: StationConfig) -> tuple[FittedReader, ...]:
    fitted = []
    for row in config.reader:
        evse_ids = tuple(EvseId(number) for number in config.evses_of(row))
        options = {"evses": list(evse_ids), **row.options} if row.driver == "bench" else dict(row.options)
        fitted.append(FittedReader(_open(TOKEN_READERS, row.driver, options, f"reader {row.name}"), evse_ids))
    return tuple(fitted)


async def _open_when_ready(group: str, driver: str, options: dict[str, object], what: str) -> EnergyMeter:
    """A bench that was just started needs a moment to write where its meter is."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (BENCH_PATIENCE_SECONDS if "bench_directory" in options else 0.0)
    while True:
        try:
            meter: EnergyMeter = _open(group, driver, options, what)
        except ConfigurationError:
            if loop.time() >= deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return meter


def _open(group: str, driver: str, options: dict[str, object], what: str) -> object:
    try:
        return find_driver(group, driver)(options)
    except (UnknownDriverError, ImportError, ValueError, OSError, HardwareError) as error:
        raise ConfigurationError(f"{what}: driver {driver!r} can not be opened: {error}") from error


def _system_clock_is_trusted() -> bool:
    """A time service says so (systemd-timesyncd's flag file), and the year is possible."""
    return Path("/run/systemd/timesync/synchronized").exists() and system_clock.utc_now().year >= 2024


def process_age_hint() -> int:
    """This process, for the log of a restart."""
    return os.getpid()
