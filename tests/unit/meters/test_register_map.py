import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from chargepoint_hal.meters.map_files import available_register_maps, load_register_map, parse_register_map
from chargepoint_hal.meters.read_plan import plan_reads
from chargepoint_hal.meters.register_codec import RegisterType, number_to_pattern, pattern_to_number
from chargepoint_hal.meters.register_map import QUANTITIES
from chargepoint_hal.meters.register_map_errors import RegisterMapError

A_MAP = """
name = "mine"
phases = 1
[probe]
register = { address = 0, type = "u16" }
minimum = 1
maximum = 2
[quantities]
energy_import_wh = { address = 10, type = "u32", scale = 10, not_available = [0xFFFFFFFF] }
power_watts = { address = 12, type = "i16" }
"""


def test_a_map_like_another_says_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "mine"\nlike = "eastron-sdm630"\nphases = 1\n'
        'without = ["voltage_l2_volts", "voltage_l3_volts", "current_l2_amps", "current_l3_amps", "power_l2_watts", '
        '"power_l3_watts"]\n[serial]\nbaud_rate = 2400\n'
    )
    mine, model = load_register_map(str(path)), load_register_map("eastron-sdm630")
    assert mine.quantities["power_watts"] == model.quantities["power_watts"]
    assert "power_l2_watts" not in mine.quantities
    assert (mine.serial.baud_rate, mine.serial.unit) == (2400, 1)
    path.write_text('name = "mine"\nlike = "eastron-sdm6300"\n')
    with pytest.raises(RegisterMapError, match="did you mean 'eastron-sdm630'"):
        load_register_map(str(path))


@pytest.mark.parametrize(
    ("words", "kind", "value"),
    [
        ([0xFD00, 50125], RegisterType.DECADE_U24, 50.125),
        ([0x00FF, 0xFFFF], RegisterType.DECADE_U24, 16_777_215.0),
        ([0xFFFF, 0xCF27], RegisterType.DECADE_I24, -1250.5),
        ([0x02FF, 0xFFFF], RegisterType.DECADE_I24, -100.0),
    ],
)
def test_a_number_can_carry_its_power_of_ten(words: list[int], kind: RegisterType, value: float) -> None:
    pattern = words[0] << 16 | words[1]
    assert pattern_to_number(pattern, kind, Decimal(1)) == value
    assert pattern_to_number(number_to_pattern(value, kind, Decimal(1)), kind, Decimal(1)) == value


def test_an_exponent_that_no_meter_can_mean_makes_the_value_unknown() -> None:
    sunspec = load_register_map("sunspec-203").located({1: 40002, 203: 40070})
    words = {3: {40088: 1250, 40092: 0xFFFF}}
    assert sunspec.decode(words)["power_watts"] == 125.0
    for exponent in (0x8000, 11, 0xFFF0):
        words[3][40092] = exponent
        assert sunspec.decode(words)["power_watts"] is None
    assert sunspec.decode({3: {40088: 1250}})["power_watts"] is None


def test_two_directions_in_two_registers_are_one_power_with_a_sign() -> None:
    dzg = load_register_map("dzg-dvh4013")
    assert dzg.decode({3: {0: 0, 1: 500, 2: 0, 3: 1700}})["power_watts"] == -120.0
    assert dzg.decode({3: {0: 0, 1: 500}})["power_watts"] is None


@pytest.mark.parametrize("name", available_register_maps())
def test_a_map_is_named_as_its_file_and_its_reads_fit(name: str) -> None:
    loaded = load_register_map(name)
    plan = plan_reads(loaded)
    assert loaded.name == name
    assert all(block.count <= loaded.max_registers_per_read for block in plan.cycle + plan.identity)
    assert "energy_import_wh" in plan.cycle[0].quantities
    assert plan.probe.shape != plan.cycle[0].shape
    read = set().union(*(block.quantities for block in plan.cycle + plan.identity))
    assert read == set(loaded.quantities)


def test_an_sdm630_says_what_its_manual_says() -> None:
    words = load_register_map("eastron-sdm630").encode({"voltage_l1_volts": 230.2, "energy_import_wh": 12345.0})
    assert [words[4][0], words[4][1]] == [0x4366, 0x3333]  # the manual's own example, 230.2 V
    assert [words[4][0x48], words[4][0x49]] == [0x4145, 0x851F]  # 12.345 kWh


def test_an_alternative_place_of_the_serial_number_is_judged_like_every_register() -> None:
    document = tomllib.loads(A_MAP)
    document["serial_number_alternatives"] = [{"address": 0xFFFF, "type": "u32", "adress": 1}]
    with pytest.raises(RegisterMapError, match=r"serial_number_alternatives.0.adress: .*did you mean 'address'"):
        parse_register_map(document, "mine")
    del document["serial_number_alternatives"][0]["adress"]
    with pytest.raises(RegisterMapError, match=r"serial_number_alternatives.0.address: .* end above 0xffff"):
        parse_register_map(document, "mine")


def test_an_em340_has_its_low_word_first() -> None:
    words = load_register_map("carlo-gavazzi-em340").encode({"energy_import_wh": 0x12345 * 100})
    assert [words[4][0x34], words[4][0x35]] == [0x2345, 0x0001]


def test_a_b23_has_64_bits_and_marks_what_it_does_not_have() -> None:
    b23 = load_register_map("abb-b23")
    words = b23.encode({"energy_import_wh": 987_654_321_0.0, "energy_export_wh": None, "power_watts": -1234.56})
    assert [words[3][address] for address in range(0x5000, 0x5008)] == [0, 0, 0x3ADE, 0x68B1, *[0xFFFF] * 4]
    decoded = b23.decode(words)
    assert decoded["energy_import_wh"] == 9_876_543_210.0
    assert decoded["energy_export_wh"] is None
    assert decoded["power_watts"] == -1234.56
    assert decoded["frequency_hertz"] is None, "words that did not come are unknown and not 0"


@pytest.mark.parametrize("pattern", [0x7FC00000, 0x7F800000, 0xFF800000, 0xFFFFFFFF])
def test_a_float_that_is_no_number_is_unknown(pattern: int) -> None:
    assert pattern_to_number(pattern, RegisterType.F32, Decimal(1000)) is None


@pytest.mark.parametrize(
    ("kind", "value", "scale"),
    [
        (RegisterType.U16, 65535, "0.01"),
        (RegisterType.I16, -32768, "0.001"),
        (RegisterType.U32, 4294967295, "10"),
        (RegisterType.I32, -2147483648, "0.1"),
        (RegisterType.I64, -(2**40), "1"),
        (RegisterType.U64, 2**50, "0.01"),
    ],
)
def test_the_ends_of_a_type_survive_and_one_more_is_refused(kind: RegisterType, value: int, scale: str) -> None:
    scaled = float(value * Decimal(scale))
    assert pattern_to_number(number_to_pattern(scaled, kind, Decimal(scale)), kind, Decimal(scale)) == scaled
    with pytest.raises(ValueError, match="does not fit"):
        number_to_pattern(scaled * 2**65, kind, Decimal(scale))


def test_a_floats_value_is_the_decimal_that_was_meant() -> None:
    for thousandths in range(0, 2_000_000, 1237):
        watthours = float(thousandths)
        pattern = number_to_pattern(watthours, RegisterType.F32, Decimal(1000))
        assert pattern_to_number(pattern, RegisterType.F32, Decimal(1000)) == watthours


def test_encoding_a_name_that_nobody_knows_is_an_error_but_one_that_the_model_lacks_is_not() -> None:
    sdm120 = load_register_map("eastron-sdm120")
    assert sdm120.encode({"voltage_l3_volts": 230.0}) == sdm120.encode({})
    with pytest.raises(ValueError, match="did you mean 'power_watts'"):
        sdm120.encode({"power_wats": 1.0})


def test_a_register_with_two_names_keeps_the_known_value() -> None:
    sdm120 = load_register_map("eastron-sdm120")
    decoded = sdm120.decode(sdm120.encode({"power_l1_watts": 3680.0, "power_watts": None}))
    assert decoded["power_watts"] == 3680.0


def test_a_map_of_ones_own_is_loaded_by_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(A_MAP)
    loaded = load_register_map(str(path))
    assert loaded.decode(loaded.encode({"energy_import_wh": 70_000.0, "power_watts": -5.0})) == {
        "energy_import_wh": 70_000.0,
        "power_watts": -5.0,
    }
    assert plan_reads(loaded, 2).cycle[0].count == 2


def test_every_error_of_a_map_is_named_at_once_with_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        A_MAP.replace("phases = 1", 'phases = 4\nwordorder = "big"')
        .replace("address = 10", "adress = 10")
        .replace('"i16"', '"i17"')
    )
    with pytest.raises(ValueError, match=r"mine\.toml") as error:
        load_register_map(str(path))
    text = str(error.value)
    for expected in (
        "phases: ",
        "wordorder: unknown key, did you mean 'word_order'?",
        "quantities.energy_import_wh.adress: unknown key, did you mean 'address'?",
        "quantities.energy_import_wh.address: ",
        "quantities.power_watts.type: ",
    ):
        assert expected in text


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("energy_import_wh", "energy_imported_wh", "quantities: energy_import_wh is missing"),
        ("power_watts", "power_wats", "did you mean 'power_watts'"),
        ("power_watts", "power_l2_watts", "the meter has one phase"),
        ("address = 10", "address = 65535", "end above 0xffff"),
        ("scale = 10", "scale = 0", "scale: must be"),
        ("0xFFFFFFFF", "0x1FFFFFFFF", "marker does not fit"),
        ('"i16"', '"ascii"', "length: an ascii text needs it"),
        ("minimum = 1", "minimum = 3", "probe.minimum"),
        ("phases = 1", "phases = 1\nmax_registers_per_read = 1", "one read may have 1"),
        ("phases = 1", "phases = = 1", "is not TOML"),
    ],
)
def test_a_map_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(A_MAP.replace(old, new))
    with pytest.raises(RegisterMapError, match=problem):
        load_register_map(str(path))


def test_a_map_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'eastron-sdm630'"):
        load_register_map("eastron-sdm63")
    with pytest.raises(ValueError, match="can not be read"):
        load_register_map("/nowhere/meter.toml")
    with pytest.raises(ValueError, match="quantities"):
        parse_register_map({"quantities": [1], "probe": 7}, "here")


def test_every_quantity_wears_its_unit() -> None:
    without_unit = {"power_factor", "serial_number"}
    units = ("_wh", "_watts", "_amps", "_volts", "_hertz", "_celsius")
    assert all(name.endswith(units) for name in QUANTITIES - without_unit)
