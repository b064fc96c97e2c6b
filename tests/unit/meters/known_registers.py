"""What real meters answer, written down word by word from their documents and not by the code under test.

Each model's registers hold numbers that another type, word order, scale or sign would read as something else.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

NOT_THERE_16 = [0x8000]


def f32(value: float) -> list[int]:
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def high_first(value: int, words: int = 2) -> list[int]:
    raw = value.to_bytes(2 * words, "big", signed=value < 0)
    return list(struct.unpack(f">{words}H", raw))


def low_first(value: int, words: int = 2) -> list[int]:
    return high_first(value, words)[::-1]


def text(value: str, words: int) -> list[int]:
    return list(struct.unpack(f">{words}H", value.encode().ljust(2 * words, b"\0")))


@dataclass(frozen=True)
class Known:
    """One model: what is in its registers, and what that means."""

    function_code: int
    words: Mapping[int, list[int]]
    means: Mapping[str, float | str]
    other_words: Mapping[int, list[int]] = field(default_factory=dict)
    """Read with the other function code."""
    most_registers: int = 125
    """It refuses longer reads."""

    def table(self) -> dict[int, dict[int, int]]:
        other = 7 - self.function_code
        tables = {self.function_code: spread(self.words)}
        return {**tables, other: spread(self.other_words)} if self.other_words else tables


def spread(words: Mapping[int, list[int]]) -> dict[int, int]:
    return {start + place: word for start, run in words.items() for place, word in enumerate(run)}


EXPORTING: dict[str, float | str] = {
    "energy_import_wh": 1_234_500.0,
    "energy_export_wh": 700.0,
    "power_watts": -1250.5,
    "power_l1_watts": 3680.5,
    "power_l2_watts": -4931.0,
    "power_l3_watts": 0.0,
    "voltage_l1_volts": 230.5,
    "voltage_l2_volts": 229.0,
    "voltage_l3_volts": 231.25,
    "current_l1_amps": 16.25,
    "current_l2_amps": 21.5,
    "current_l3_amps": 0.5,
    "frequency_hertz": 50.125,
    "power_factor": -0.5,
}
"""Phase 2 flows back, so that a lost sign is seen. Exact in 32-bit floats."""
VOLTS, AMPS, WATTS = (230.5, 229.0, 231.25), (16.25, 21.5, 0.5), (3680.5, -4931.0, 0.0)


def only(*names: str) -> dict[str, float | str]:
    return {name: EXPORTING[name] for name in names}


def without(*names: str) -> dict[str, float | str]:
    return {name: value for name, value in EXPORTING.items() if name not in names}


PHASES_2_AND_3 = [
    f"{what}_l{phase}_{unit}"
    for what, unit in (("voltage", "volts"), ("current", "amps"), ("power", "watts"))
    for phase in (2, 3)
]


def floats(start: int, *values: float) -> dict[int, list[int]]:
    return {start + 2 * place: f32(value) for place, value in enumerate(values)}


def one_phase(power_watts: float = -1250.5) -> dict[str, float | str]:
    """The total is the phase."""
    return {**without(*PHASES_2_AND_3), "power_watts": power_watts, "power_l1_watts": power_watts}


# Eastron

SDM_TAIL = {0x46: f32(50.125), 0x48: f32(1234.5), 0x4A: f32(0.7)}
SDM_SERIAL = {0xFC00: [0x0012, 0xD687]}
SDM630 = Known(
    4,
    floats(0x00, *VOLTS)
    | floats(0x06, *AMPS)
    | floats(0x0C, *WATTS)
    | {0x34: f32(-1250.5), 0x3E: f32(-0.5)}
    | SDM_TAIL,
    {**EXPORTING, "serial_number": "1234567"},
    SDM_SERIAL,
    80,
)
SDM120 = Known(
    4,
    {0x00: f32(230.5), 0x06: f32(16.25), 0x0C: f32(-1250.5), 0x1E: f32(-0.5)} | SDM_TAIL,
    {**one_phase(), "serial_number": "1234567"},
    SDM_SERIAL,
)
SDM72DM = Known(
    4,
    {0x34: f32(-1250.5), 0x48: f32(1234.5), 0x4A: f32(0.7)},
    {**only("power_watts", "energy_import_wh", "energy_export_wh"), "serial_number": "1234567"},
    SDM_SERIAL,
)

# ABB

ABB_ENERGY = {0x5000: [0, 0, 1, 0xE23A], 0x5004: [0, 0, 0, 70]}  # 123450 and 70 steps of 10 Wh
ABB_SERIAL = {0x8900: [0x0012, 0xD687]}


def abb_watts(*values: int) -> list[int]:
    return [word for value in values for word in high_first(value)]


def b23(model: str) -> Known:
    words = {
        0x5B00: [0, 2305, 0, 2290, 0, 2312],
        0x5B0C: [0, 1625, 0, 2150, 0, 50],
        0x5B14: abb_watts(-125050, 368050, -493100, 0),
        0x5B2C: [5012],
        0x5B3A: [0xFE0C],  # -500
        0x8960: text(model, 2),
    }
    means = {**EXPORTING, "voltage_l3_volts": 231.2, "frequency_hertz": 50.12, "serial_number": "1234567"}
    return Known(3, ABB_ENERGY | words | ABB_SERIAL, means)


B21 = Known(
    3,
    ABB_ENERGY
    | ABB_SERIAL
    | {0x5B00: [0, 2305], 0x5B0C: [0, 1625], 0x5B14: [0xFFFE, 0x1786]}  # -125050
    | {0x5B2C: [5012], 0x5B3A: [0xFE0C], 0x8960: text("B21 ", 2)},
    {**one_phase(), "frequency_hertz": 50.12, "serial_number": "1234567"},
)

# Carlo Gavazzi: low word first

CG_SERIAL = {0x5000: text("BT1234567", 7)}
CG_MEANS = {**EXPORTING, "voltage_l3_volts": 231.2, "frequency_hertz": 50.1, "serial_number": "BT1234567"}
CG_PHASES = {
    0x00: [2305, 0, 2290, 0, 2312, 0],
    0x0C: [16250, 0, 21500, 0, 500, 0],
    0x12: [36805, 0, 0x3F62, 0xFFFF, 0, 0],  # -49310
    0x28: [0xCF27, 0xFFFF],  # -12505
}


def em3xx(model: int, most_registers: int = 50) -> Known:
    words = {0x31: [0xFE0C], 0x33: [501], 0x34: [12345, 0], 0x4E: [7, 0]}
    return CarloGavazzi(4, CG_PHASES | words | CG_SERIAL, CG_MEANS, {}, most_registers, model=model)


@dataclass(frozen=True)
class CarloGavazzi(Known):
    """Its model's number is at 0x000B, but only for who asks for that register alone."""

    model: int = 0


EM24 = CarloGavazzi(
    4,
    CG_PHASES
    | {0x35: [0xFE0C], 0x37: [501], 0x3E: [12345, 0], 0x42: [99, 0], 0x5C: [7, 0], 0x1300: text("BT1234567", 7)},
    CG_MEANS,
    {},
    11,
    model=71,
)
EM111 = CarloGavazzi(
    4,
    {0x00: [2305, 0, 16250, 0, 0xCF27, 0xFFFF], 0x0E: [0xFE0C, 501, 12345, 0], 0x20: [7, 0]} | CG_SERIAL,
    {**one_phase(), "frequency_hertz": 50.1, "serial_number": "BT1234567"},
    {},
    11,
    model=102,
)
EM580 = Known(
    4,
    CG_PHASES | {0x31: [0xFE0C], 0x33: [501], 0x0500: [0xD644, 0x0012, 0, 0], 0x051C: [700, 0, 0, 0]} | CG_SERIAL,
    CG_MEANS,
)

# Power in kW

IEM = Known(
    3,
    floats(0x0BD3, *VOLTS)
    | floats(0x0BB7, *AMPS)
    | floats(0x0BED, 3.6805, -4.931, 0.0, -1.2505)
    | {0x0C25: f32(50.125), 0x0C83: [0, 0, 0x0012, 0xD644], 0x0C87: [0, 0, 0, 700], 0x0081: [0x0012, 0xD687]},
    {**without("power_factor"), "serial_number": "1234567"},
)
PRO380 = Known(
    3,
    floats(0x5002, *VOLTS, 50.125)
    | floats(0x500C, *AMPS, -1.2505, 3.6805, -4.931, 0.0)
    | {0x502A: f32(-0.5), 0x600C: f32(1234.5), 0x6018: f32(0.7), 0x4000: [0x1808, 0x0042]},
    {**EXPORTING, "serial_number": "18080042"},
)
PRO1 = Known(
    3,
    {0x5002: f32(230.5), 0x5008: f32(50.125), 0x500C: f32(16.25), 0x5012: f32(-1.2505), 0x5014: f32(-1.2505)}
    | {0x502A: f32(-0.5), 0x600C: f32(1234.5), 0x6018: f32(0.7), 0x4000: [0x1808, 0x0042]},
    {**one_phase(), "serial_number": "18080042"},
)
WE517 = Known(
    3,
    floats(0x0E, *VOLTS, 50.125, *AMPS, -1.2505, 3.6805, -4.931, 0.0)
    | {0x34: f32(-0.5), 0x0108: f32(1234.5), 0x0110: f32(0.7), 0x0000: [0x0000, 0x9042]},
    {**EXPORTING, "serial_number": "9042"},
)
WE514 = Known(
    3,
    {0x0130: [5012, 23050], 0x0139: [0, 16250], 0x0140: [0, 3680], 0x0158: [987], 0xA000: [1, 0xE23A]},
    {
        "energy_import_wh": 1_234_500.0,
        "power_watts": 3680.0,
        "power_l1_watts": 3680.0,
        "voltage_l1_volts": 230.5,
        "current_l1_amps": 16.25,
        "frequency_hertz": 50.12,
        "power_factor": 0.987,
    },
)

# Others

DZG = Known(
    3,
    {0x0000: [0, 0, 0, 12505], 0x0004: [0, 23050, 0, 22900, 0, 23125, 0, 16250, 0, 21500, 0, 500, 0, 987, 0, 50125]}
    | {0x4000: [0x0012, 0xD644], 0x4100: [0, 700]},
    {**without("power_l1_watts", "power_l2_watts", "power_l3_watts"), "power_factor": 0.987},
)
FINDER_TAIL = {2560: f32(-0.5), 2584: f32(50.125), 2752: f32(1_234_500), 2756: f32(700)}
FINDER_7M38 = Known(
    4,
    floats(2500, *VOLTS) | floats(2516, *AMPS) | floats(2530, *WATTS, -1250.5) | FINDER_TAIL,
    EXPORTING,
)
FINDER_7M24 = Known(4, {2500: f32(230.5), 2516: f32(16.25), 2536: f32(-1250.5)} | FINDER_TAIL, one_phase())
FINDER_7E78 = Known(
    4,
    {0x1000: f32(230.5), 0x1026: f32(-1250.5), 0x1106: f32(1_234_500), 0x110E: f32(700)} | floats(0x100E, *AMPS),
    only(
        "voltage_l1_volts",
        "current_l1_amps",
        "current_l2_amps",
        "current_l3_amps",
        "power_watts",
        "energy_import_wh",
        "energy_export_wh",
    ),
)
JANITZA = Known(
    3,
    floats(19000, *VOLTS)
    | floats(19012, *AMPS)
    | floats(19020, *WATTS, -1250.5)
    | {19050: f32(50.125), 19068: f32(1_234_500), 19076: f32(700)},
    without("power_factor"),
)
MPM3PM = Known(
    4,
    {0x02: [1, 0xE23A, 0, 70], 0x08: [0, 2305, 0, 2290, 0, 2312, 0, 1625, 0, 2150, 0, 50]}
    | {0x14: abb_watts(368050, -493100, 0), 0x26: [0xFFFE, 0x1786], 0x2C: [0, 5012], 0x33: [0x0012, 0xD687]},
    {
        **without("power_factor"),
        "voltage_l3_volts": 231.2,
        "frequency_hertz": 50.12,
        "serial_number": "1234567",
    },
)
DTSU666 = Known(
    3,
    floats(0x2000, 4000, 3990, 3995, 2305, 2290, 2312.5, 16250, 21500, 500, -12505)
    | {0x202A: f32(-500), 0x2044: f32(5012.5), 0x101E: f32(1234.5), 0x1028: f32(0.7)},
    without("power_l1_watts", "power_l2_watts", "power_l3_watts"),
)

# A power of ten in the value, or beside it

WM3M4 = Known(
    4,
    {
        1: text("WM3M4C", 8),
        9: text("12345678", 4),
        105: [0xFD00, 50125],  # 50125 · 10^-3
        107: [0xFF00, 2305, 0xFF00, 2290, 0xFE00, 23125],
        126: [0xFE00, 1625, 0xFF00, 215, 0xFF00, 5],
        140: [0xFFFF, 0xCF27],  # -12505 · 10^-1
        142: [0xFF00, 36805, 0x00FF, 0xECBD, 0, 0],  # 3680.5, -4931, 0
        414: [1, 2],
        418: [1, 0xE23A, 0, 7],  # 123450 · 10 and 7 · 100
    },
    {**without("power_factor"), "serial_number": "12345678"},
    {},
    46,
)


def sunspec_20x(header: int) -> dict[int, list[int]]:
    """The points of model 203; PF is in percent, watts are in units of 10^-1 and energy in units of 10^2."""
    return {
        header + 2: [3825, 1625, 2150, 50, 0xFFFE],
        header + 7: [*NOT_THERE_16, 2305, 2290, 2312, *[0x8000] * 4, 0xFFFF],
        header + 16: [5012, 0xFFFE],
        header + 18: [0xCF27, 0x7FFF, 0x8000, 0, 0xFFFF],
        header + 33: [0xFFCE, *[0x8000] * 3, 0],
        header + 38: [0, 7, *[0] * 6, 0, 12345, *[0] * 6, 2],
    }


SUNSPEC_INTEGER_MEANS = {
    **without("power_l2_watts"),
    "voltage_l3_volts": 231.2,
    "frequency_hertz": 50.12,
    "power_l1_watts": 3276.7,
    "serial_number": "0070223344",
}
"""Phase 2 has no watts: its register says so."""


def sunspec_21x(header: int) -> dict[int, list[int]]:
    return (
        floats(header + 2, 38.25, *AMPS, 230.25, *VOLTS)
        | floats(header + 26, 50.125, -1250.5, *WATTS)
        | {header + 52: f32(-0.5), header + 60: f32(700), header + 68: f32(1_234_500)}
    )


def sunspec(model: int, length: int, base: int, means: Mapping[str, float | str]) -> Known:
    """A meter with the common model, one of a vendor's, and the meter model behind them."""
    common, vendor = base + 2, base + 2 + 68
    header = vendor + 2 + 10
    points = sunspec_20x(header) if model < 210 else sunspec_21x(header)
    words = {
        base: [0x5375, 0x6E53],
        common: [1, 66],
        common + 50: text("0070223344", 16),
        vendor: [64001, 10],
        header: [model, length],
        header + 2 + length: [0xFFFF, 0],
    }
    return Known(3, words | points, means)


def without_phase(means: Mapping[str, float | str], phase: int) -> dict[str, float | str]:
    return {name: value for name, value in means.items() if f"_l{phase}_" not in name}


def without_volts(means: Mapping[str, float | str]) -> dict[str, float | str]:
    return {name: value for name, value in means.items() if not name.endswith("_volts")}


SUNSPEC_FLOAT_MEANS = {**EXPORTING, "serial_number": "0070223344"}
TWO_LEGS = without_phase(SUNSPEC_INTEGER_MEANS, 3)
ONE_LEG = {**without_phase(TWO_LEGS, 2), "power_l1_watts": -1250.5}
TWO_FLOAT_LEGS = without_phase(SUNSPEC_FLOAT_MEANS, 3)
ONE_FLOAT_LEG = {**without_phase(TWO_FLOAT_LEGS, 2), "power_l1_watts": -1250.5}

BSM = Known(
    3,
    {40052: text("0070223344", 16), 40090: [203, 105], 40197: [64900, 252]} | sunspec_20x(40090),
    SUNSPEC_INTEGER_MEANS,
)

KNOWN: dict[str, Known] = {
    "abb-b21": B21,
    "abb-b23": b23("B23 "),
    "abb-b24": b23("B24 "),
    "bauer-bsm-ws36a": BSM,
    "carlo-gavazzi-em111": EM111,
    "carlo-gavazzi-em112": EM111,
    "carlo-gavazzi-em24": EM24,
    "carlo-gavazzi-em24-e1": em3xx(1650),
    "carlo-gavazzi-em330": em3xx(331),
    "carlo-gavazzi-em340": em3xx(341),
    "carlo-gavazzi-em580": EM580,
    "chint-dtsu666": DTSU666,
    "dzg-dvh4013": DZG,
    "eastron-sdm120": SDM120,
    "eastron-sdm230": SDM120,
    "eastron-sdm630": SDM630,
    "eastron-sdm72dm": SDM72DM,
    "eastron-sdm72dm-2": Known(4, SDM630.words, SDM630.means, SDM_SERIAL, 60),
    "finder-7e78": FINDER_7E78,
    "finder-7m24": FINDER_7M24,
    "finder-7m38": FINDER_7M38,
    "inepro-pro1": PRO1,
    "inepro-pro380": PRO380,
    "iskra-wm3m4": WM3M4,
    "janitza-b23": JANITZA,
    "klefr-6924": PRO1,
    "klefr-6934": PRO380,
    "mpm3pm": MPM3PM,
    "orno-we514": WE514,
    "orno-we515": WE514,
    "orno-we516": WE517,
    "orno-we517": WE517,
    "schneider-iem3155": IEM,
    "schneider-iem3255": IEM,
    "sunspec-201": sunspec(201, 105, 40000, ONE_LEG),
    "sunspec-202": sunspec(202, 105, 40000, TWO_LEGS),
    "sunspec-203": sunspec(203, 105, 50000, SUNSPEC_INTEGER_MEANS),
    "sunspec-204": sunspec(204, 105, 0, without_volts(SUNSPEC_INTEGER_MEANS)),
    "sunspec-211": sunspec(211, 124, 40000, ONE_FLOAT_LEG),
    "sunspec-212": sunspec(212, 124, 40000, TWO_FLOAT_LEGS),
    "sunspec-213": sunspec(213, 124, 50000, SUNSPEC_FLOAT_MEANS),
    "sunspec-214": sunspec(214, 124, 0, without_volts(SUNSPEC_FLOAT_MEANS)),
    "wago-879-3000": PRO380,
}
