"""The command: `python tools/dev_csms` or `python -m dev_csms`. Prints its URLs and runs until SIGTERM or Ctrl-C."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

if __package__ in (None, ""):  # started as a folder: its parent holds the package
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from dev_csms.desk import CsmsPolicy
from dev_csms.gate import GateOptions
from dev_csms.server import DevCsms
from dev_csms.wire import Version


def write_atomically(path: Path, text: str) -> None:
    """Readers see the old file or the whole new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


async def serve_until_told(csms: DevCsms, ports_file: Path | None) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with csms:
        if ports_file is not None:
            urls = json.dumps({"csms": csms.url, "control": csms.http_url})
            await asyncio.to_thread(write_atomically, ports_file, urls + "\n")
        print(f"csms: {csms.url}", flush=True)
        print(f"control: {csms.http_url}", flush=True)
        await stop.wait()


def command(
    port: Annotated[int, typer.Option(help="WebSocket port; 0 is any free one.")] = 0,
    http_port: Annotated[int, typer.Option(help="Port of the control interface; 0 is any free one.")] = 0,
    ocpp: Annotated[list[Version] | None, typer.Option(help="Versions in order of preference; both if absent.")] = None,
    basic_user: Annotated[str | None, typer.Option(help="Expected user; the station's identity if absent.")] = None,
    basic_password: Annotated[str | None, typer.Option(help="Expected password; anyone may connect if absent.")] = None,
    heartbeat_seconds: Annotated[int, typer.Option(min=1, help="Interval told to stations that boot.")] = 300,
    ports_file: Annotated[Path | None, typer.Option(help="Write the URLs here as JSON once listening.")] = None,
) -> None:
    """Run a CSMS for development: it accepts any station, remembers everything and misbehaves on request."""
    options = GateOptions(
        port=port,
        versions=tuple(ocpp) if ocpp else tuple(Version),
        prefers_own_order=bool(ocpp),
        basic_user=basic_user,
        basic_password=basic_password,
    )
    policy = CsmsPolicy(heartbeat_interval_seconds=heartbeat_seconds)
    try:
        asyncio.run(serve_until_told(DevCsms(options, policy, http_port), ports_file))
    except OSError as error:
        print(f"dev_csms cannot start: {error}. Choose another --port, --http-port or --ports-file.", file=sys.stderr)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(command)
