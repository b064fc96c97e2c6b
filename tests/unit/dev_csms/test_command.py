"""The command as a process: it tells its URLs, serves, and ends cleanly on SIGTERM."""

import asyncio
import json
import signal
import sys
from pathlib import Path

from unit.dev_csms.raw_station import RawStation

FOLDER = Path(__file__).resolve().parents[3] / "tools" / "dev_csms"


async def start(*options: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, str(FOLDER), *options, stdout=pipe, stderr=pipe)


async def test_it_tells_its_urls_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    ports_file = tmp_path / "ports.json"
    process = await start("--ocpp", "1.6", "--ports-file", str(ports_file))
    assert process.stdout is not None
    told = dict([(await process.stdout.readline()).decode().strip().split(": ", 1) for _ in range(2)])
    assert json.loads(ports_file.read_text()) == told
    station = await RawStation.connect(f"{told['csms']}/CP1", "2.0.1", "1.6")
    assert station.socket.subprotocol == "ocpp1.6"
    await station.boot()
    process.send_signal(signal.SIGTERM)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    await station.socket.close()


async def test_a_port_in_use_is_said_in_one_line() -> None:
    first = await start()
    assert first.stdout is not None
    port = (await first.stdout.readline()).decode().rsplit(":", 1)[1].split("/")[0]
    second = await start("--port", port)
    _, errors = await second.communicate()
    assert second.returncode == 1
    assert errors.decode().startswith("dev_csms cannot start: ")
    assert len(errors.decode().splitlines()) == 1
    first.terminate()
    await first.communicate()
    assert first.returncode == 0
