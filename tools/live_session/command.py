"""The command: prepares the run folder, plays the story, and leaves nothing behind whatever happens."""

import asyncio
import math
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from live_session.children import Children, StepFailedError
from live_session.folder import Recipe, RunFolder
from live_session.http import NO_ANSWER, Http, RefusedError
from live_session.options import Options, UsageError, read_options
from live_session.screen import screen_for
from live_session.settlement import Settlement, receipt
from live_session.stage import TOKEN, Stage
from live_session.story import play_offline, play_session

AGREED, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
LONGEST_STORY_SECONDS = 300.0
"""What everything but the charging may take."""


def main(arguments: Sequence[str] | None = None) -> int:
    """0: bill and meter agree; 1: they do not, or a step failed (the text says which); 2: wrong arguments."""
    try:
        options = read_options(arguments)
    except UsageError as error:
        print(error, file=sys.stderr)
        return USAGE
    except SystemExit as helped:  # argparse ends this way after --help
        return int(helped.code or 0)
    root = Path(tempfile.mkdtemp(prefix="chargepoint-run-"))
    try:
        return asyncio.run(_run_interruptibly(options, RunFolder(root), Console()))
    finally:
        if options.keeps_folder:
            print(f"the run folder is kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


async def _run_interruptibly(options: Options, folder: RunFolder, console: Console) -> int:
    """SIGINT, SIGTERM and SIGHUP end the story like an ordinary end: every child is stopped."""
    playing = asyncio.create_task(_run(options, folder, console), name="demonstration")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with suppress(RuntimeError, ValueError):  # not in the main thread: whoever started the thread minds signals
            loop.add_signal_handler(number, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        console.print("interrupted", style="bold")
        return INTERRUPTED


async def _run(options: Options, folder: RunFolder, console: Console) -> int:
    folder.prepare()
    children = Children(folder.logs)
    screen = screen_for(console)
    screen.open()
    try:
        async with Http() as http:
            stage = Stage(folder, Recipe(options.ocpp), children, http, screen)
            return await _perform(stage, options, console)
    except (StepFailedError, RefusedError, *NO_ANSWER) as error:
        screen.close()
        _print(console, f"tools/run: {str(error) or 'it took too long'}")
        return FAILED
    finally:
        screen.close()
        try:
            await children.stop()
        finally:
            children.kill()


async def _perform(stage: Stage, options: Options, console: Console) -> int:
    """The world, the story, the bill; and then, if wanted, whatever a person plays."""
    seconds = LONGEST_STORY_SECONDS + options.charge_seconds
    stage.screen.say("starting the CSMS, the bench, the safety process and the controller")
    await stage.start_world()
    watching = asyncio.create_task(stage.watch.run(), name="watch")
    try:
        async with asyncio.timeout(seconds):
            await stage.open_station()
            _tell_addresses(stage)
            play = play_offline if options.offline_demo else play_session
            settlement = await play(stage, options.charge_seconds)
        verdict = AGREED if settlement.agrees else FAILED
        if not options.ends_after_session:
            await _stay(stage, settlement)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    stage.screen.close()
    for line in receipt(settlement):
        _print(console, line)
    return verdict


async def _stay(stage: Stage, settlement: Settlement) -> None:
    """Until Ctrl-C; StepFailedError when a process ends meanwhile."""
    bench = f"{stage.watch.addresses.bench}/bench"
    for line in receipt(settlement)[:4]:
        stage.screen.say(line)
    stage.screen.say(
        "play on (Ctrl-C ends):\n"
        f"  curl -X POST {bench}/evse/1/plug-in\n"
        f'  curl -X POST {bench}/token -d \'{{"uid":"{TOKEN}"}}\'\n'
        f"  curl -X POST {bench}/evse/1/plug-out"
    )
    with suppress(asyncio.CancelledError):
        await stage.let_pass(math.inf)


def _tell_addresses(stage: Stage) -> None:
    addresses = stage.watch.addresses
    stage.screen.say(f"local interface {addresses.panel}, bench {addresses.bench}/bench")
    stage.screen.say(f"CSMS control {addresses.csms_control}, stations connect to {addresses.csms}")


def _print(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
