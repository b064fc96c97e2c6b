"""The controller's process: reads the file, starts what is missing, opens the disk, runs until told to stop."""

import asyncio
import logging
import random
import signal
import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from chargepoint import system_clock
from chargepoint.app.assembly import Assembly, TaskMaker, assemble
from chargepoint.app.child_watch import ChildWatch
from chargepoint.app.children import Children, start_children, start_safety
from chargepoint.app.configuration_check import checked_station
from chargepoint.app.displays import Displays, LogDisplay
from chargepoint.app.drivers import open_meters, open_readers, open_stack
from chargepoint.app.edges import Edges
from chargepoint.app.firmware_room import open_firmware
from chargepoint.app.hal_tap import RecordingWish, note_board, open_recorder, tapped_meters, tapped_readers
from chargepoint.app.instance_lock import InstanceLock
from chargepoint.app.log_room import LogPlaces
from chargepoint.app.restart import NoReboot, ProcessRestart, take_boot_reason
from chargepoint.app.safety_link import SafetyLink
from chargepoint.app.security_room import SecuritySources, open_security
from chargepoint.daemon.station_clock import StationClock
from chargepoint.daemon.supervisor import Supervisor
from chargepoint.daemon.watchdog import Watchdog
from chargepoint.diagnostics.log_files import log_file_handler
from chargepoint.model.errors import ChargePointError
from chargepoint.model.identifiers import TransactionId
from chargepoint.panel.notices import NoticeBoard
from chargepoint.panel.ports import PanelSources, StationFacts
from chargepoint.panel.server import Panel
from chargepoint.safety.client import SafetyLinkClient
from chargepoint.settings.station_config import StationConfig
from chargepoint.storage.store import open_storage
from chargepoint.storage.writer import ThreadWriter
from chargepoint.system_notifier import notifier_of_this_service
from chargepoint_hal.recording.recorder import Recorder

log = logging.getLogger(__name__)

TIME_IS_SET = Path("/run/systemd/timesync/synchronized")
DATABASE = "chargepoint.db"
LOGS, UPLOADS = "logs", "uploads"


def run(config_path: Path, attach: bool = False, recording: RecordingWish | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit code. ConfigurationError when the file is wrong, another
    ChargePointError when the station can not run here and now: it says what, where and what to do.

    `attach`: start neither bench nor safety process, somebody else does.
    """
    config = checked_station(config_path, now=None).config
    logging.basicConfig(
        level=config.station.log_level, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("transitions").setLevel(logging.WARNING)
    state_dir, run_dir = Path(config.station.state_dir), Path(config.station.run_dir)
    for directory in (state_dir, run_dir):
        _make(directory)
    restart = ProcessRestart(state_dir, NoReboot())
    with InstanceLock(state_dir, run_dir):
        _keep_log(state_dir / LOGS)
        children = Children(run_dir)
        try:
            if not attach:
                start_children(config, config_path, children)
            watch = None if attach else ChildWatch(children, partial(start_safety, config_path, children))
            with ExitStack() as exits:
                recorder = None if recording is None else exits.enter_context(open_recorder(recording, config))
                asyncio.run(_run(config, restart, watch, recorder))
        finally:
            if not restart.is_wanted:
                children.stop()
    if restart.is_wanted:
        restart.execute()
    return 0


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ChargePointError(
            f"{directory}: can not be made ({error.strerror}): check station.state_dir, station.run_dir and their owner"
        ) from error


def _keep_log(directory: Path) -> None:
    """For diagnostics; a disk that does not take it keeps no station from running."""
    try:
        logging.getLogger().addHandler(log_file_handler(directory))
    except OSError as error:
        log.warning("no log is kept in %s (%s): check the disk and its owner", directory, error.strerror)


async def _run(
    config: StationConfig, restart: ProcessRestart, watch: ChildWatch | None, recorder: Recorder | None
) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    restart.attach(stop)
    storage, recovered = await open_storage(Path(config.station.state_dir) / DATABASE)
    keys, installing = ThreadWriter(), ThreadWriter()
    try:
        clock = StationClock(system_clock.utc_now, system_is_trusted=_system_clock_is_set())
        notices = NoticeBoard(lambda: clock.now().utc)
        tap = None if recorder is None else partial(note_board, recorder)
        link = SafetyLink(SafetyLinkClient(Path(config.station.run_dir) / "safety.sock"), tap)
        edges = Edges(
            clock=clock,
            storage=storage,
            tokens=storage.tokens,
            recovered=recovered,
            directives=link,
            connector=partial(open_security, SecuritySources(config, storage, clock, recovered.boot_id, keys)),
            display=Displays(LogDisplay(), notices),
            restart=restart,
            make_transaction_id=make_transaction_id,
            random=random.random,
            boot_reason=take_boot_reason(Path(config.station.state_dir)),
            meters=await open_meters(config),
            readers=await open_readers(config),
            iso15118=await open_stack(config),
            firmware=open_firmware(config, installing, restart.leave_for_update),
            log_places=LogPlaces(Path(config.station.state_dir) / UPLOADS, Path(config.station.state_dir) / LOGS),
        )
        if recorder is not None:
            meters, readers = tapped_meters(edges.meters, recorder), tapped_readers(edges.readers, recorder)
            edges = replace(edges, meters=meters, readers=readers)
        fitted = {} if watch is None else {"children": watch.run}
        around = _Surroundings(link, notices, stop, lambda: restart.is_wanted, fitted)
        await _run_station(config, edges, around)
    finally:
        await keys.close()
        await installing.close()
        await storage.close()


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What stands around the assembled station in this process."""

    link: SafetyLink
    notices: NoticeBoard
    stop: asyncio.Event
    begins_again: Callable[[], bool]
    """The end that comes is a restart in place."""
    tasks: Mapping[str, TaskMaker]


async def _run_station(config: StationConfig, edges: Edges, around: _Surroundings) -> None:
    assembly, link = assemble(config, edges), around.link
    supervisor = Supervisor()
    panel = Panel(
        replace(_panel_sources(assembly, edges, link, around.notices, supervisor), has_pin_pad=config.panel.pin_pad),
        config.panel.host,
        config.panel.port,
        Path(config.station.run_dir),
    )
    watchdog = Watchdog(
        notifier_of_this_service(),
        assembly.controller,
        link,
        partial(_describe, assembly),
        around.begins_again,
    )
    tasks = {**assembly.tasks, **around.tasks}
    tasks["safety link"] = lambda: link.listen(assembly.controller)
    tasks["panel"] = panel.run
    tasks["watchdog"] = watchdog.run
    await assembly.controller.start()
    running = asyncio.create_task(supervisor.run(tasks), name="supervisor")
    try:
        await around.stop.wait()
    finally:
        log.info("stopping")
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def _panel_sources(
    assembly: Assembly, edges: Edges, link: SafetyLink, notices: NoticeBoard, supervisor: Supervisor
) -> PanelSources:
    return PanelSources(
        station=assembly.controller,
        csms=assembly.client,
        outbox=edges.storage,
        frames=assembly.frame_log,
        notices=notices,
        clock=edges.clock,
        safety=link,
        facts=StationFacts(
            identity=assembly.identity.identity,
            version=assembly.identity.firmware_version,
            started_at=asyncio.get_running_loop().time(),
            database_set_aside=edges.recovered.set_aside,
        ),
        task_restarts=lambda: supervisor.restarts,
        certificates=assembly.certificates,
        transfers=assembly.transfers,
    )


def _describe(assembly: Assembly) -> str:
    """The service manager's status line."""
    evses = assembly.controller.snapshot().evses.values()
    states = ", ".join(f"EVSE {evse.evse_id} {evse.status}" for evse in evses)
    return f"{states}; CSMS {assembly.client.status().state}"


def _system_clock_is_set() -> bool:
    """The machine's time service says that its clock is right (systemd-timesyncd's flag file)."""
    return TIME_IS_SET.exists() and system_clock.utc_now().year >= 2024


def make_transaction_id() -> TransactionId:
    """Never the same twice, over restarts, repairs and updates too (2.0.1 E02.FR.08): it depends on nothing kept."""
    return TransactionId(str(uuid.uuid4()))
