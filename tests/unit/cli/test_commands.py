"""The commands as a person meets them: what they print and how they end."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from chargepoint.charging.commands import ImposeSiteLimit, ReleaseSiteLimit, Verdict, VerdictStatus
from chargepoint.cli.commands import application
from chargepoint.model.charging_profiles import ChargingSchedule, LimitSource, RateUnit, SchedulePeriod
from chargepoint.model.limits import Limit
from chargepoint.panel.address import URL_FILE
from chargepoint.panel.server import Panel
from chargepoint.settings.catalogue import CATALOGUE
from chargepoint.smart_charging.profile_set import ProfileSet
from unit.panel.fakes import CARD, CHARGING_EVSE, NOON, World

BROKEN = """
[station]
identitty = "CP-0001"
[[evse]]
max_current_amps = 500
[settings]
HeartbeatIntervall = 60
"""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(application, list(arguments))


@dataclass(frozen=True, slots=True)
class Ended:
    exit_code: int
    complained: str


async def command(*arguments: str, directory: Path | None = None) -> Ended:
    """`chargepoint …` in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chargepoint",
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd=directory,
    )
    _, complained = await process.communicate()
    return Ended(process.returncode or 0, complained.decode())


def config_file(directory: Path, panel: str) -> Path:
    path = directory / "station.toml"
    path.write_text(f'[station]\nrun_dir = "{directory}"\n[panel]\n{panel}\n')
    return path


def test_check_config_says_what_the_station_would_be(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text('[station]\nidentity = "wall box 7"\n[csms]\nurl = "ws://csms.example/ocpp/"\n')
    result = invoke("check-config", str(path))
    assert result.exit_code == 0
    first, second, note = result.stdout.splitlines()
    assert note.startswith("note: evse[0]: no [[meter]] measures it")
    assert first.startswith(f"{path}: no errors: station wall box 7, board mock, 1 EVSE, no meters, no readers")
    assert second.startswith("the CSMS is asked for ws://csms.example/ocpp/wall%20box%207 (ocpp2.0.1, then ocpp1.6;")


def test_check_config_names_every_error_on_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(BROKEN)
    result = invoke("check-config", str(path))
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"{path}: ") for line in lines)
    assert "did you mean" in lines[0]
    assert "evse[0].max_current_amps" in lines[1]
    assert "HeartbeatInterval" in lines[2]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[station", b"x = " + b"[" * 5000, b"[csms]\nurl = 'ws://h:0/x'\n"])
def test_check_config_survives_any_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "station.toml"
    path.write_bytes(content)
    result = invoke("check-config", str(path))
    assert result.exit_code == 2
    assert str(path) in result.stderr


@pytest.mark.parametrize("arguments", [("check-config",), ("status", "--config")])
def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments, str(tmp_path / "missing.toml"))
    assert result.exit_code == 2
    assert "missing.toml" in result.stderr


def test_settings_lists_the_whole_catalogue() -> None:
    result = invoke("settings")
    assert result.exit_code == 0
    for setting in CATALOGUE:
        assert f"{setting.name} = " in result.stdout


def test_settings_finds_a_word_in_either_version() -> None:
    result = invoke("settings", "heartbeatinterval")
    assert result.stdout.startswith("heartbeat_interval_seconds = 300 s\n    a whole number from 1 to 86400 s\n")
    assert "also HeartbeatInterval, OCPPCommCtrlr.HeartbeatInterval" in result.stdout
    unknown = invoke("settings", "nothing like it")
    assert unknown.exit_code == 1
    assert "try a shorter word" in unknown.stderr


def test_version_and_help() -> None:
    assert invoke("version").stdout.strip() == version("chargepoint")
    assert "check-config" in invoke("--help").stdout


async def test_status_of_a_charging_station(tmp_path: Path) -> None:
    world = World()
    world.station.evse = CHARGING_EVSE
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    by_url = await asyncio.to_thread(invoke, "status", "--url", url)
    by_file = await asyncio.to_thread(invoke, "status", "--config", str(config_file(tmp_path, "port = 0")))
    await panel.stop()
    assert (by_url.exit_code, by_url.stderr) == (0, "")
    for expected in ("CP-0001", "EVSE 1", "closed, commanded closed", "32.0 A, set by cable", "3 waiting", "…E6F7"):
        assert expected in by_url.stdout
    assert CARD.value not in by_url.stdout
    assert by_file.stdout == by_url.stdout


async def test_dead_letters_are_listed_and_sent_again(tmp_path: Path) -> None:
    world = World()
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    shown = await asyncio.to_thread(invoke, "status", "--url", url)
    listed = await asyncio.to_thread(invoke, "dead-letters", "--url", url)
    sent = await asyncio.to_thread(invoke, "dead-letters", "--resend", "7", "--url", url)
    again = await asyncio.to_thread(invoke, "dead-letters", "--resend", "7", "--url", url)
    none_left = await asyncio.to_thread(invoke, "dead-letters", "--url", url)
    await panel.stop()
    assert "undeliverable reports" in shown.stdout
    assert "Ended" in listed.stdout
    assert "04A2B3C4" not in listed.stdout
    assert sent.stdout.strip() == "back in the queue: rows 7"
    assert (again.exit_code, "no dead letter 7" in again.stderr) == (1, True)
    assert none_left.stdout.strip() == "no report is undeliverable"


async def test_the_site_limits_the_station_and_everybody_sees_who_lowers_the_current(tmp_path: Path) -> None:
    world = World()
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    ordered = await asyncio.to_thread(
        invoke, "site-limit", "set", "11000", *("--unit", "W", "--source", "SO", "--seconds", "600", "--url", url)
    )
    narrow = await asyncio.to_thread(invoke, "site-limit", "set", "9", "--phases", "1", "--url", url)
    released = await asyncio.to_thread(invoke, "site-limit", "release", "--source", "SO", "--url", url)
    limit = ChargingSchedule(RateUnit.AMPS, (SchedulePeriod(0, 10.0, phases=1),))
    world.station.profiles = ProfileSet().impose(limit, LimitSource.EMS, NOON).installed
    world.station.evse = replace(CHARGING_EVSE, limit=Limit(10.0, "site"))
    shown = await asyncio.to_thread(invoke, "site-limit", "show", "--url", url)
    status = await asyncio.to_thread(invoke, "status", "--url", url)
    await panel.stop()
    assert (ordered.exit_code, ordered.stderr) == (0, "")
    imposed, on_one_phase, given_back = world.station.commands
    assert narrow.exit_code == 0
    assert isinstance(on_one_phase, ImposeSiteLimit)
    assert on_one_phase.schedule.periods == (SchedulePeriod(0, 9.0, phases=1),)
    assert isinstance(imposed, ImposeSiteLimit)
    assert imposed.source is LimitSource.SYSTEM_OPERATOR
    assert imposed.schedule.periods == (SchedulePeriod(0, 11000.0),)
    assert imposed.schedule.duration_seconds == 600
    assert given_back == ReleaseSiteLimit(LimitSource.SYSTEM_OPERATOR)
    assert "the site sets no limit" in released.stdout
    assert "EMS: 10 A per phase, by one phase until it is released" in shown.stdout
    assert "EVSE 1: 10.0 A, set by site: the building or the grid's operator has limited the site" in shown.stdout
    assert "EMS: 10 A per phase, by one phase until it is released" in status.stdout


async def test_a_site_limit_that_is_refused_or_meets_no_station_says_so(tmp_path: Path) -> None:
    nobody = await asyncio.to_thread(invoke, "site-limit", "set", "16", "--url", "http://127.0.0.1:9")
    assert (nobody.exit_code, "no station answers" in nobody.stderr) == (1, True)
    negative = invoke("site-limit", "set", "--", "-1")
    assert negative.exit_code == 2
    world = World()
    world.station.verdict = Verdict(VerdictStatus.REJECTED, "the clock is not set")
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    refused = await asyncio.to_thread(invoke, "site-limit", "set", "16", "--seconds", "60", "--url", url)
    await panel.stop()
    assert (refused.exit_code, "the clock is not set" in refused.stderr) == (1, True)


async def test_a_vendor_s_message_is_sent_and_its_answer_printed(tmp_path: Path) -> None:
    world = World()
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    sent = await asyncio.to_thread(invoke, "data-transfer", "com.example", "Hello", "world", "--url", url)
    world.csms.is_held = True
    offline = await asyncio.to_thread(invoke, "data-transfer", "com.example", "--url", url)
    await panel.stop()
    assert (sent.exit_code, sent.stdout.strip()) == (0, "Accepted: thanks")
    assert (offline.exit_code, "no link to the CSMS" in offline.stderr) == (1, True)


async def test_status_without_a_station_says_what_to_do(tmp_path: Path) -> None:
    world = World()
    panel = Panel(world.sources(), "127.0.0.1", 0, tmp_path)
    url = await panel.start()
    path = config_file(tmp_path, f"port = {url.rsplit(':', 1)[1]}")
    await panel.stop()
    ended = await asyncio.to_thread(invoke, "status", "--config", str(path))
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert url in ended.stderr
    assert "start it with `chargepoint run`" in ended.stderr


def test_status_with_any_free_port_and_no_station_says_what_to_do(tmp_path: Path) -> None:
    result = invoke("status", "--config", str(config_file(tmp_path, "port = 0")))
    assert result.exit_code == 2
    assert URL_FILE in result.stderr
    assert "--url" in result.stderr


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://", "http://[::1", "ftp://host", "http://a b", "-x:y"])
def test_status_of_what_is_no_address(url: str) -> None:
    result = invoke("status", f"--url={url}")
    assert result.exit_code == 1
    assert "write it like http://127.0.0.1:8080" in result.stderr


@pytest.fixture
async def stranger() -> AsyncIterator[Callable[[web.Response], Awaitable[str]]]:
    """Something else listens where a station was expected."""
    runners: list[web.AppRunner] = []

    async def listen(response: web.Response) -> str:
        async def answer(_request: web.Request) -> web.Response:
            return response

        application = web.Application()
        application.router.add_get("/api/status", answer)
        runner = web.AppRunner(application)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield listen
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"evses": 3}', "[" * 100_000, "null", ""])
async def test_status_of_a_stranger(stranger: Callable[[web.Response], Awaitable[str]], body: str) -> None:
    ended = await asyncio.to_thread(invoke, "status", "--url", await stranger(web.Response(text=body)))
    assert ended.exit_code == 1
    assert ended.stderr.endswith("is no charge point: give another --url\n")


async def test_status_tells_why_it_was_refused(stranger: Callable[[web.Response], Awaitable[str]]) -> None:
    url = await stranger(web.json_response({"error": "not this host", "what_to_do": "use localhost"}, status=403))
    ended = await asyncio.to_thread(invoke, "status", "--url", url)
    assert ended.exit_code == 1
    assert "refused the question: not this host: use localhost" in ended.stderr


@pytest.mark.parametrize("name", ["run", "safety"])
async def test_a_process_with_a_broken_configuration_ends_with_2(tmp_path: Path, name: str) -> None:
    path = tmp_path / "station.toml"
    path.write_text("[safety]\nperiod_ms = 0\n")
    ended = await command(name, "--config", str(path), directory=tmp_path)
    assert ended.exit_code == 2
    assert "safety.period_ms" in ended.complained
    assert "Traceback" not in ended.complained


async def test_a_bench_with_a_broken_configuration_ends_with_2(tmp_path: Path) -> None:
    path = tmp_path / "bench.toml"
    path.write_text("nonsense = 1\n")
    ended = await command("bench", "--config", str(path), "--directory", str(tmp_path / "run"))
    assert ended.exit_code == 2
    assert "nonsense" in ended.complained


async def test_a_command_loads_only_what_it_needs() -> None:
    """`chargepoint version` on a small board must not wait for libraries that it does not use."""
    heavy = ("aiohttp", "ocpp", "websockets", "pymodbus", "cryptography")
    program = (
        "import sys; from typer.testing import CliRunner; from chargepoint.cli.commands import application;"
        "assert CliRunner().invoke(application, ['version']).exit_code == 0;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    assert printed.decode().strip() == "[]"
