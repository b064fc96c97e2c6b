"""Finding meters that nobody has described: on ptys and over TCP, with what a person is told of them."""

import asyncio
import os
import termios
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chargepoint.cli.commands import application
from chargepoint.cli.meter_scan import ScanWishError, lines_of, planned
from chargepoint_hal.contract import MeterReading
from chargepoint_hal.driver_options import OptionRules
from chargepoint_hal.meters.lines import SerialLine, TcpLine
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.meter_options import RULES
from chargepoint_hal.meters.scan.decodings import plausible_decodings
from chargepoint_hal.meters.scan.recognition import Match
from chargepoint_hal.meters.scan.scanner import Found, Looking, Plan, Unreachable, scan, usual_lines
from chargepoint_hal.meters.scan.wiring_doubts import doubts_about
from chargepoint_hal.meters.scan.written import AlreadyDescribedError, meter_tables, write_meters
from chargepoint_hal.meters.signing.signing_meter import RULES as SIGNING_RULES
from unit.meters.known_registers import KNOWN
from unit.meters.rtu_slave import RtuLine, rtu_line
from unit.meters.tcp_meter import device, tcp_server
from unit.meters.test_known_registers import manners_of

SPEEDS = {2400: termios.B2400, 9600: termios.B9600, 19200: termios.B19200}


async def found_by(plan: Plan) -> list[Found]:
    return [sighting async for sighting in scan(plan) if isinstance(sighting, Found)]


def tcp_plan(port: int, *units: int) -> Plan:
    return Plan((TcpLine("127.0.0.1", port),), units, timeout_seconds=2.0)


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("abb-b21", {"abb-b21"}),
        ("abb-b23", {"abb-b23"}),
        ("bauer-bsm-ws36a", {"bauer-bsm-ws36a"}),
        ("carlo-gavazzi-em24", {"carlo-gavazzi-em24"}),
        ("carlo-gavazzi-em111", {"carlo-gavazzi-em111", "carlo-gavazzi-em112"}),
        ("carlo-gavazzi-em340", {"carlo-gavazzi-em330", "carlo-gavazzi-em340"}),
        ("dzg-dvh4013", {"dzg-dvh4013"}),
        ("eastron-sdm630", {"eastron-sdm630", "eastron-sdm72dm-2"}),
        ("inepro-pro380", {"inepro-pro380", "klefr-6934", "wago-879-3000"}),
        ("iskra-wm3m4", {"iskra-wm3m4"}),
        ("janitza-b23", {"janitza-b23"}),
        ("orno-we514", {"orno-we514", "orno-we515"}),
        ("schneider-iem3155", {"schneider-iem3155", "schneider-iem3255"}),
        ("sunspec-203", {"sunspec-203"}),
        ("sunspec-211", {"sunspec-211"}),
    ],
)
async def test_a_meter_is_recognised_among_all_maps(name: str, fits: set[str]) -> None:
    known = KNOWN[name]
    async with tcp_server(device(7, known.table(), manners_of(known))) as port:
        (found,) = await found_by(tcp_plan(port, 7))
    assert {match.register_map.name for match in found.matches} == fits
    assert found.matches[0].reading.energy_import_wh == known.means["energy_import_wh"]


async def test_a_meter_that_no_map_fits_shows_what_its_registers_could_be() -> None:
    words = {3: {0x1000: 0x4366, 0x1001: 0x3333, 0x4A38: 0x3333, 0x4A39: 0x4366, 0x0000: 2302, 0x000A: 5001}}
    async with tcp_server(device(1, words)) as port:
        (found,) = await found_by(tcp_plan(port, 1))
    assert found.matches == ()
    shown = [str(decoding) for decoding in found.decodings]
    assert "0x4a38 (function 3): 230.2 V as f32, little word first" in shown
    assert "0x0000 (function 3): 230.2 V as u16 × 0.1" in shown
    assert "no map fits" in lines_of(found)[0]


def test_every_plausible_way_to_read_a_register_is_told() -> None:
    shown = [str(decoding) for decoding in plausible_decodings(4, {8: 0x0000, 9: 5000, 10: 0x4248, 11: 0})]
    assert "0x0009 (function 4): 50 Hz as u16 × 0.01" in shown
    assert "0x0008 (function 4): 50 Hz as u32 × 0.01, big word first" in shown
    assert "0x000a (function 4): 50 Hz as f32, big word first" in shown


class SpeedyLine(RtuLine):
    """Hears nothing but noise at any other speed than its own."""

    speed = 0

    def hear(self) -> None:
        if termios.tcgetattr(self.far_end)[4] != self.speed:
            os.read(self.master, 1024)
            return
        super().hear()

    far_end = -1


@pytest.fixture
async def line() -> AsyncIterator[SpeedyLine]:
    """A pty whose devices run at 19200 baud."""
    meters = {3: KNOWN["eastron-sdm630"].table()}
    master, far_end = os.openpty()
    made = SpeedyLine(master, os.ttyname(far_end), meters)
    made.far_end, made.speed = far_end, SPEEDS[19200]
    loop = asyncio.get_running_loop()
    loop.add_reader(master, made.hear)
    yield made
    loop.remove_reader(master)
    os.close(far_end)
    os.close(master)


async def test_speeds_and_numbers_are_walked_until_somebody_answers(line: SpeedyLine) -> None:
    speeds = (2400, 9600, 19200, 38400)
    lines = tuple(SerialLine(line.path, speed, "N", 1) for speed in speeds)
    seen = [sighting async for sighting in scan(Plan(lines, (1, 3), timeout_seconds=0.1))]
    looked = [sighting.line for sighting in seen if isinstance(sighting, Looking)]
    assert looked == list(lines[:3]), "where somebody was found no other speed is tried"
    (found,) = [sighting for sighting in seen if isinstance(sighting, Found)]
    assert (found.unit, found.line) == (3, lines[2])
    assert found.matches[0].register_map.name == "eastron-sdm630"


async def test_several_units_on_one_line_are_all_found() -> None:
    async with rtu_line({1: KNOWN["eastron-sdm630"].table(), 2: KNOWN["abb-b23"].table()}) as far:
        plan = Plan((SerialLine(far.path, 19200, "N", 1),), (1, 2, 5), timeout_seconds=0.1)
        found = await found_by(plan)
    assert [(each.unit, each.matches[0].register_map.name) for each in found] == [
        (1, "eastron-sdm630"),
        (2, "abb-b23"),
    ]


async def test_a_line_that_is_not_there_is_told() -> None:
    sightings = [sighting async for sighting in scan(Plan((TcpLine("127.0.0.1", 1),), (1, 2)))]
    assert [type(sighting) for sighting in sightings] == [Looking, Unreachable]


def reading(volts: float, amps: float, *watts: float, total: float | None = None) -> MeterReading:
    count = len(watts)
    power = sum(watts) if total is None else total
    return MeterReading(0.0, 1.0, None, power, (amps,) * count, (volts,) * count, watts)


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        (reading(230, 10, 2300, -2290, 2280), "current of L2 flows backwards"),
        (reading(230, 10, -2300, -2290, -2280), "set reversed = true"),
        (reading(230, 10, 2300, -1150, -1150), "order of the phases"),
        (reading(230, 10, 23.0, 22.9, 22.8), "about 0.01 times"),
        (reading(230, 10, 23000, 22900, 22800), "a scale is wrong"),
        (reading(230, 10, 2300, 2290, 2280, total=2300), "not the sum of the phases"),
    ],
)
def test_wrong_wiring_is_told_with_what_to_do(seen: MeterReading, word: str) -> None:
    assert any(word in doubt for doubt in doubts_about(seen))


@pytest.mark.parametrize("seen", [reading(230, 10, 2300, 2290, 2200), reading(230, 0.0, 0, 0, 0), reading(0, 0, 0)])
def test_right_wiring_and_an_idle_meter_raise_no_doubt(seen: MeterReading) -> None:
    assert doubts_about(seen) == []


async def test_a_meter_without_currents_is_told_with_what_the_station_does_not_see() -> None:
    async with tcp_server(device(1, KNOWN["eastron-sdm72dm"].table())) as port:
        (found,) = await found_by(tcp_plan(port, 1))
    assert found.matches[0].register_map.name == "eastron-sdm72dm"
    assert found.doubts[-1] == (
        "it tells no currents: over-current is judged by its total power, "
        "an EV that draws by one of 3 phases may take 3 times its offer unseen"
    )


async def test_what_was_found_is_written_as_a_configuration(tmp_path: Path) -> None:
    path, units = tmp_path / "meters.toml", {1: "eastron-sdm630", 33: "iskra-wm3m4"}
    async with tcp_server(*(device(unit, KNOWN[name].table()) for unit, name in units.items())) as port:
        found = await found_by(tcp_plan(port, *units))
    write_meters(path, found)
    first, second = tomllib.loads(path.read_text())["meter"]
    assert (first["driver"], first["evse"], first["options"]["map"]) == ("modbus", 1, "eastron-sdm630")
    assert (second["driver"], second["evse"]) == ("iskra-wm3m4", 2)
    rules: dict[str, OptionRules] = {"modbus": RULES, "iskra-wm3m4": SIGNING_RULES}
    for table in (first, second):
        assert rules[table["driver"]].problems(table["options"]) == ()
    with pytest.raises(AlreadyDescribedError, match="take them out"):
        write_meters(path, found)
    assert "also fits: eastron-sdm72dm-2" in meter_tables(found)


@pytest.mark.parametrize(("took_seconds", "polled"), [(0.4, None), (1.0, None), (2.7, 3.0), (3.2, 3.5)])
def test_a_meter_whose_cycle_takes_longer_than_a_second_is_written_with_its_own(
    took_seconds: float, polled: float | None
) -> None:
    reading = MeterReading(10.0, energy_import_wh=1000.0, read_seconds=took_seconds)
    found = Found(TcpLine("10.0.0.5", 502), 1, (Match(load_register_map("carlo-gavazzi-em24"), reading, 1),))
    (table,) = tomllib.loads(meter_tables([found]))["meter"]
    assert table.get("poll_seconds") == polled
    assert RULES.problems(table["options"]) == ()


def test_the_usual_settings_have_those_of_every_map() -> None:
    settings = {(line.baud_rate, line.parity) for line in usual_lines("/dev/ttyS0")}
    for name in KNOWN:
        serial = load_register_map(name).serial
        assert (serial.baud_rate, serial.parity) in settings


@pytest.mark.parametrize(
    ("ports", "tcp", "units", "lines"),
    [(["a"], [], "1-300", []), (["a"], [], "one", []), (["a"], [], None, ["9600"]), ([], ["host:x"], None, [])],
)
def test_a_wish_that_can_not_be_walked_is_refused(
    ports: list[str], tcp: list[str], units: str | None, lines: list[str]
) -> None:
    with pytest.raises(ScanWishError, match=r"wanted|numbers on the bus"):
        planned(ports, tcp, units, lines, 0.1)


def test_a_plan_follows_the_wishes() -> None:
    plan = planned(["/dev/ttyS0"], ["10.0.0.5:1502"], "1-3,33", ["9600-8N1", "19200 8e1"], 0.1)
    assert plan.units == (1, 2, 3, 33)
    assert plan.lines == (
        TcpLine("10.0.0.5", 1502),
        SerialLine("/dev/ttyS0", 9600, "N", 1),
        SerialLine("/dev/ttyS0", 19200, "E", 1),
    )


def test_the_command_says_that_nothing_was_found() -> None:
    result = CliRunner().invoke(application, ["meter", "scan", "--tcp", "127.0.0.1:1", "--units", "1"])
    assert result.exit_code == 1
    assert "no connection" in result.stdout
    assert "nobody answers" in result.stdout
