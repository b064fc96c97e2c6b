"""All that is wrong with a station.toml and with what it names is told in one go, and nothing is started before."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

from chargepoint import system_clock
from chargepoint.app.configuration_check import checked_station
from chargepoint.cli.commands import application
from chargepoint.model.errors import ConfigurationError
from chargepoint.safety.__main__ import main as safety_process
from chargepoint_hal.meters.map_files import available_register_maps
from chargepoint_hal.registry import ENERGY_METERS, TOKEN_READERS, driver_names
from support.pi_options import PI_BOARD
from unit.security.authority import Period, authority

NOW = system_clock.utc_now()


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "station.toml") -> Path:
    path = Path(name)
    path.write_text(dedent(text), encoding="utf-8")
    return path


def problems(text: str) -> list[str]:
    """What `chargepoint check-config` prints: one line for each error, exit code 2."""
    result = CliRunner().invoke(application, ["check-config", str(write(text))])
    assert result.exit_code == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert all(line.startswith("station.toml: ") for line in lines)
    return [line.removeprefix("station.toml: ") for line in lines]


MAPS = ", ".join(available_register_maps())
METERS, READERS = (", ".join(driver_names(group)) for group in (ENERGY_METERS, TOKEN_READERS))


def test_errors_of_every_kind_are_told_in_one_run() -> None:
    write("supply_volts = 1000\n[[evse]]\nphasse = 1\n", "mine.toml")
    found = problems(
        """
        [station]
        idenity = "x"
        [board]
        options = { bogus = 1, wait_seconds = 9999 }
        [[evse]]
        id = 3
        max_current_amps = 500
        [[meter]]
        evse = 7
        driver = "modbuss"
        options = { anything = 1 }
        [[meter]]
        name = "two"
        options = { map = "eastron-sdm", unit = 999, foo = 2, hots = "10.0.0.1" }
        [[meter]]
        name = "three"
        options = { host = "x", parity = "X", map = "maps/none.toml" }
        [[reader]]
        driver = "rdm630"
        [[reader]]
        name = "r2"
        evses = [4]
        options = { prt = 5 }
        [[reader]]
        name = "r3"
        driver = "rdm6300"
        options = { kind = "Locl", digits = 9 }
        [csms]
        url = "wss://csms.example/x"
        security_profile = 2
        ca_file = "nope.pem"
        [firmware]
        backend = "rauc"
        manufacturer_roots_file = "roots.pem"
        [bench]
        config = "mine.toml"
        [settings]
        HeartbeatIntervl = 5
        """
    )
    assert found == [
        "station.idenity: unknown key: did you mean identity?",
        "evse[0].max_current_amps: a number from 6 to 80 A is wanted, got 500",
        "settings.HeartbeatIntervl: no such setting: did you mean HeartbeatInterval?",
        "evse: the ids must be 1 to 1, each once, got 3",
        "meter[0].evse: there is no [[evse]] with id 7",
        "reader[1].evses: there is no [[evse]] with id 4",
        "csms.basic_auth_password_file: security profile 2 needs a password: name its file",
        f"meter[0].driver: there is no meter driver 'modbuss': did you mean modbus? installed are {METERS}",
        f"reader[0].driver: there is no reader driver 'rdm630': did you mean rdm6300? installed are {READERS}",
        "board.options.bogus: unknown option, there are wires, wait_seconds",
        "board.options.wait_seconds: a number from 0 to 600 s is wanted, got 9999",
        f"meter[1].options.map: eastron-sdm: no such register map, did you mean 'eastron-sdm630'?; there are {MAPS}",
        "meter[1].options.unit: a whole number from 0 to 255 is wanted, got 999",
        "meter[1].options.foo: unknown option, there are map, unit, host, port, rtu_over_tcp, serial_port, baud_rate, "
        "parity, stop_bits, timeout_seconds, inter_frame_seconds, max_registers_per_read, reversed, bench_directory, "
        "evse",
        "meter[1].options.hots: unknown option, did you mean 'host'?",
        "meter[2].options.parity: N or E or O is wanted, got 'X'",
        "meter[2].options.map: maps/none.toml: can not be read: No such file or directory",
        "meter[2].options.parity: goes with 'serial_port' only, not with 'host'",
        "reader[1].options.prt: unknown option, did you mean 'port'?",
        "reader[2].options.kind: Local or ISO14443 or ISO15693 or KeyCode or Central or eMAID or MacAddress is wanted, "
        "got 'Locl': did you mean 'Local'?",
        "reader[2].options.digits: 8 or 10 is wanted, got 9",
        "reader[2].options.serial_port: is missing: The port, such as a link in /dev/serial/by-id.",
        "csms.ca_file: ca_file nope.pem cannot be used ([Errno 2] No such file or directory: 'nope.pem'): "
        "give a PEM file",
        "firmware.manufacturer_roots_file: manufacturer_roots_file roots.pem cannot be used ([Errno 2] No such file or "
        "directory: 'roots.pem'): give a PEM file",
        "bench.config: mine.toml.supply_volts: expected a number from 80 to 300, got '1000'",
        "bench.config: mine.toml.evse[1].'phasse': unknown, did you mean 'phases'?",
    ]


METER = "[[meter]]\noptions = { bench_directory = 'run' }\n"
EXTERNAL = "[bench]\nstart = 'external'\n"


@pytest.mark.parametrize(
    ("text", "only"),
    [
        (f"[[evse]]\nid = 'x'\n[[evse]]\nid = 2\n{METER}evse = 2\n{EXTERNAL}", "evse[0].id"),
        (f"evse = [7]\n{METER}evse = 3", "evse[0]"),
        (f"evze = 1\n{METER}evse = 2", "evze"),
        (f"evse = []\n{METER}evse = 5", "evse"),
        (f"{METER}name = ''\n{METER}", "meter[0].name"),
        (f"{METER}name = ''\n[[evse]]\nmeter = 'x'", "meter[0].name"),
        ("[[meter]]\noptions = 3", "meter[0].options"),
        ("[[meter]]\noption = {}", "meter[0].option"),
        ("[[reader]]\ndriver = 3\noptions = { x = 1 }", "reader[0].driver"),
        ("[board]\ndriver = 3\n[bench]\nconfig = 'nowhere.toml'", "board.driver"),
        ("[bench]\nconfig = 3", "bench.config"),
        ("[csms]\nsecurity_profile = 1\nbasic_auth_password_fil = 'x'", "csms.basic_auth_password_fil"),
        ("[csms]\nsecurity_profile = 2\nurl = 'http://x'\nbasic_auth_password = 'xxxxxxxx'", "csms.url"),
        ("[station]\nstate_dir = 3\n[csms]\nsecurity_profile = 1", "station.state_dir"),
        ("[firmware]\nbackend = 'fiel'\nslots_dir = 'x'", "firmware.backend"),
    ],
)
def test_what_only_follows_from_another_error_is_not_told(text: str, only: str) -> None:
    assert [line.split(": ")[0] for line in problems(text)] == [only]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[bench]\nconfig = 'nowhere.toml'", "bench.config: nowhere.toml is not there: give the path of a bench.toml"),
        ("[[evse]]\n[[evse]]", "bench.config: 2 EVSEs need as many on the bench, without bench.toml it has 1"),
        (
            "[csms]\nbasic_auth_password_file = 'secret'",
            "csms.basic_auth_password_file: can not be read: [Errno 2] No such file or directory: 'secret'",
        ),
        (
            "[[meter]]\noptions = { host = 'x', map = './own.toml' }",
            "meter[0].options.map: ./own.toml: quantities: Field required",
        ),
        (
            "[firmware]\nbackend = 'file'\nslots_dir = 'x'\nbundle_certificates_file = 'own.toml'",
            "firmware.bundle_certificates_file: bundle_certificates_file own.toml cannot be used",
        ),
        (
            "[firmware]\nbackend = 'rauc'\nrevocation_list_file = 'own.toml'",
            "firmware.revocation_list_file: this is no revocation list in PEM or DER",
        ),
        (
            "[firmware]\nbackend = 'rauc'\nrevocation_list_file = 'none.crl'",
            "firmware.revocation_list_file: revocation_list_file none.crl cannot be read",
        ),
    ],
)
def test_files_that_are_named_are_read(text: str, said: str) -> None:
    write("name = 'mine'\nphases = 1\n", "own.toml")
    assert any(line.startswith(said) for line in problems(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[board]\ndriver = 'mock'\noptions = { wires = 'run/wires', wait_seconds = 20 }",
        "[bench]\nconfig = 'nowhere.toml'\nstart = 'external'",
        "[[meter]]\noptions = { bench_directory = 'run', evse = 1 }\n[[reader]]\noptions = { bench_directory = 'run' }",
        "[[meter]]\noptions = { serial_port = '/dev/ttyUSB0', map = 'abb-b23', baud_rate = 19200, parity = 'E' }",
        "[[reader]]\ndriver = 'rdm6300'\noptions = { serial_port = '/dev/ttyS0', digits = 8, reverse = true }",
    ],
)
def test_what_is_right_passes(text: str) -> None:
    result = CliRunner().invoke(application, ["check-config", str(write(text))])
    assert (result.exit_code, result.stderr) == (0, "")


def third_party(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """An installed package that brings the meter driver `theirs`."""
    (folder / "their_meter.py").write_text(dedent(module))
    (folder / "their_meter-1.0.dist-info").mkdir()
    (folder / "their_meter-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: their-meter\nVersion: 1\n"
    )
    (folder / "their_meter-1.0.dist-info" / "entry_points.txt").write_text(
        "[chargepoint.energy_meters]\ntheirs = their_meter:open_meter\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "their_meter", raising=False)


THEIRS = "[[meter]]\ndriver = 'theirs'\noptions = { whatever = 1, pin = 99 }"


def test_a_driver_of_others_without_rules_is_taken_and_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    third_party(tmp_path, monkeypatch, "def open_meter(options): ...")
    station = checked_station(write(THEIRS), NOW)
    assert station.notes == ("meter[0].options: theirs does not tell its rules; it judges them when it opens",)


def test_a_driver_of_others_with_rules_is_judged_by_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    third_party(
        tmp_path,
        monkeypatch,
        """
        from chargepoint_hal.driver_options import Kind, Option, OptionRules, takes

        @takes(OptionRules({"pin": Option("Of its pulses.", Kind.WHOLE_NUMBER, 0, 53)}))
        def open_meter(options): ...
        """,
    )
    assert problems(THEIRS) == [
        "meter[0].options.whatever: unknown option, there are pin",
        "meter[0].options.pin: a whole number from 0 to 53 is wanted, got 99",
    ]


@pytest.mark.parametrize("module", ["import no_such_library", "open_meters = 1"])
def test_a_driver_that_can_not_be_loaded_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    third_party(tmp_path, monkeypatch, module)
    (line,) = problems(THEIRS)
    assert line.startswith("meter[0].driver: 'theirs' can not be loaded (")


WRONG = """
[station]
state_dir = "state"
run_dir = "run"
[board]
options = { bogus = 1 }
[[meter]]
options = { map = "eastron-sdm", host = "x", foo = 2 }
"""


async def test_run_refuses_with_the_same_list_before_it_starts_anything() -> None:
    expected = problems(WRONG)
    assert len(expected) == 3
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chargepoint", "run", "--config", "station.toml"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complained = await process.communicate()
    assert process.returncode == 2
    assert printed == b""
    assert complained.decode().splitlines() == [f"station.toml: {line}" for line in expected]
    assert sorted(os.listdir()) == ["station.toml"]  # no state, no run directory, and so no child


def test_the_safety_process_refuses_the_same_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert safety_process(["--config", str(write(WRONG))]) == 2
    assert "board.options: option 'bogus': unknown option, there are wires, wait_seconds" in capsys.readouterr().err


def test_a_certificate_out_of_date_keeps_no_station_from_starting() -> None:
    """The clock of a station without power may be years off, and it charges without its CSMS too."""
    Path("ca.pem").write_text(authority(period=Period(NOW - timedelta(days=9), NOW - timedelta(days=1))).pem)
    path = write("[csms]\nca_file = 'ca.pem'")
    assert checked_station(path, now=None).config.csms.ca_file == Path("ca.pem")
    with pytest.raises(ConfigurationError, match="has expired"):
        checked_station(path, NOW)


def test_who_has_no_meter_or_one_without_currents_hears_which_over_current_nobody_sees() -> None:
    text = """
    [[evse]]
    [[evse]]
    id = 2
    phases = {phases}
    [[meter]]
    name = "two"
    evse = 2
    options = {{ host = "x", map = "eastron-sdm72dm" }}
    """
    write("[[evse]]\n[[evse]]\n", "bench.toml")
    unseen = "evse[0]: no [[meter]] measures it: the station sees no over-current, a fuse must end it"
    judged = "meter[0].options.map: eastron-sdm72dm: it tells no currents: over-current is judged by its total power"
    share = ", an EV that draws by one of 3 phases may take 3 times its offer unseen"
    assert checked_station(write(text.format(phases=3)), NOW).notes == (unseen, judged + share)
    assert checked_station(write(text.format(phases=1)), NOW).notes == (unseen, judged)


PI = (
    """
[[evse]]
outlet = "tethered"
[safety]
period_ms = {period_ms}
"""
    + PI_BOARD
)


def test_a_loop_that_is_too_slow_for_its_board_is_refused_here_and_by_the_safety_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    checked_station(write(PI.format(period_ms=17)), NOW)
    told = problems(PI.format(period_ms=20))
    assert len(told) == 1
    assert told[0].startswith("safety.period_ms: with this board's options 17.5 ms at most is wanted, got 20:")
    assert safety_process(["--config", "station.toml"]) == 2
    assert told[0] in capsys.readouterr().err
