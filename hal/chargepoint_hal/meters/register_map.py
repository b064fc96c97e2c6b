"""What a meter's registers mean: a frozen value read from a TOML file, which turns words into quantities and back.

Pure but for `load_register_map`, which reads one file. It plans no reads and knows no bus.
Addresses are the ones on the wire, counted from zero.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from chargepoint_hal.meters.register_codec import (
    F32_NAN,
    WORDS_OF,
    RegisterType,
    WordOrder,
    number_to_pattern,
    pattern_to_number,
    pattern_to_words,
    text_to_words,
    words_to_pattern,
    words_to_text,
)
from chargepoint_hal.meters.register_map_errors import RegisterMapError, nearest, problem_lines

PHASES = (1, 2, 3)
TEXT_QUANTITIES = frozenset({"serial_number"})
QUANTITIES = frozenset(
    {
        "energy_import_wh",
        "energy_export_wh",
        "power_watts",
        "frequency_hertz",
        "power_factor",
        "temperature_celsius",
        *TEXT_QUANTITIES,
        *(f"current_l{phase}_amps" for phase in PHASES),
        *(f"voltage_l{phase}_volts" for phase in PHASES),
        *(f"power_l{phase}_watts" for phase in PHASES),
    }
)
"""Every name that a map may give to a register."""

Words = Mapping[int, Mapping[int, int]]
"""function code → address → word"""

FILE = ConfigDict(extra="forbid")
WholeNumber = Annotated[int, Field(strict=True)]
Address = Annotated[WholeNumber, Field(ge=0, le=0xFFFF)]
FunctionCode = Literal[3, 4]


@checked_dataclass(frozen=True, slots=True, config=FILE)
class Register:
    """Where one value is and how it is written there."""

    address: Address
    type: RegisterType
    function_code: FunctionCode
    word_order: WordOrder
    scale: Decimal = Decimal(1)
    """Multiply the raw number by this to get the unit of the quantity's name."""
    not_available: tuple[WholeNumber, ...] = ()
    """Patterns, high word first, with which the meter says that it has no value."""
    length: Annotated[WholeNumber, Field(ge=1, le=125)] | None = None
    """Registers of an ascii text; not allowed for numbers."""

    @property
    def count(self) -> int:
        """Registers that it takes."""
        return self.length or WORDS_OF.get(self.type, 1)

    def decode(self, words: list[int]) -> float | str | None:
        """The value; None where the meter marks it as not available."""
        if self.type is RegisterType.ASCII:
            return words_to_text(words)
        pattern = words_to_pattern(words, self.word_order)
        if pattern in self.not_available:
            return None
        return pattern_to_number(pattern, self.type, self.scale)

    def encode(self, value: float | str | None) -> list[int] | None:
        """Its words; None where the value is unknown and the map has no marker for that. ValueError if unfit."""
        if self.type is RegisterType.ASCII:
            return None if value is None else text_to_words(str(value), self.count)
        if value is not None:
            pattern = number_to_pattern(float(value), self.type, self.scale)
        elif self.not_available:
            pattern = self.not_available[0]
        elif self.type is RegisterType.F32:
            pattern = F32_NAN
        else:
            return None
        return pattern_to_words(pattern, self.count, self.word_order)


@checked_dataclass(frozen=True, slots=True, config=FILE)
class Probe:
    """A register that is always read alone and tells whether a meter of this model answers."""

    register: Register
    minimum: float
    maximum: float
    accepts_zero: bool = False
    """Zero says nothing about the model: the supply may be off."""

    def accepts(self, value: float | str | None) -> bool:
        if not isinstance(value, float):
            return False
        return self.minimum <= value <= self.maximum or (self.accepts_zero and value == 0)


@checked_dataclass(frozen=True, slots=True, config=FILE)
class SerialDefaults:
    """How the meter leaves the factory."""

    baud_rate: Annotated[WholeNumber, Field(ge=300, le=115200)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    unit: Annotated[WholeNumber, Field(ge=1, le=247)] = 1


@checked_dataclass(frozen=True, slots=True, config=FILE)
class RegisterMap:
    """One meter model."""

    name: str
    phases: Literal[1, 3]
    quantities: Mapping[str, Register]
    probe: Probe
    serial: SerialDefaults = SerialDefaults()
    function_code: FunctionCode = 4
    """Where a register names none."""
    word_order: WordOrder = "big"
    """Where a register names none."""
    max_registers_per_read: Annotated[WholeNumber, Field(ge=1, le=125)] = 60
    max_gap_registers: Annotated[WholeNumber, Field(ge=0, le=124)] = 8
    """Unwanted registers that one read may span."""
    inter_frame_seconds: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Silence that the bus keeps before a request to this meter."""
    serial_number_alternatives: tuple[Register, ...] = ()
    """Where other editions of the model keep it, in the order to try; the first that has one is the serial number."""

    def encode(self, quantities: Mapping[str, float | str | None]) -> dict[int, dict[int, int]]:
        """Words of a meter with these values, and the probe's: {function code: {address: word}}.

        Quantities that this model lacks are left out; a name that no map knows is a ValueError.
        """
        words: dict[int, dict[int, int]] = {}
        probe = self.probe.register
        _place(words, probe, probe.encode(self.probe.minimum))
        unknown_first = sorted(quantities.items(), key=lambda entry: entry[1] is not None)
        for name, value in unknown_first:  # two names may share a register: what is known wins
            if name not in QUANTITIES:
                raise ValueError(f"no quantity {name!r}{nearest(name, QUANTITIES)}")
            if register := self.quantities.get(name):
                _place(words, register, register.encode(value))
        return words

    def decode(self, words: Words) -> dict[str, float | str | None]:
        """Every quantity of this model; None for what is not available or not among the words."""
        values = {name: self._decode_one(name, register, words) for name, register in self.quantities.items()}
        for register in self.serial_number_alternatives:
            if values.get("serial_number") is None:
                values["serial_number"] = self._decode_one("serial_number", register, words)
        return values

    def _decode_one(self, name: str, register: Register, words: Words) -> float | str | None:
        table = words.get(register.function_code, {})
        addresses = range(register.address, register.address + register.count)
        if not all(address in table for address in addresses):
            return None
        value = register.decode([table[address] for address in addresses])
        if name in TEXT_QUANTITIES and isinstance(value, float):
            return str(int(value)) if value else None
        return value


def available_register_maps() -> list[str]:
    """Names of the maps that come with this package, sorted."""
    return sorted(entry.name.removesuffix(".toml") for entry in _packaged().iterdir() if entry.name.endswith(".toml"))


def load_register_map(name_or_path: str) -> RegisterMap:
    """A packaged map by its name, or a file by its path (it has a `/` or ends in `.toml`).

    RegisterMapError, a ValueError, names every error of the file with its path.
    """
    source: Traversable | Path
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        source = Path(name_or_path)
    elif name_or_path in (names := available_register_maps()):
        source = _packaged() / f"{name_or_path}.toml"
    else:
        hint = nearest(name_or_path, names)
        raise RegisterMapError(name_or_path, [f"no such register map{hint}; there are {', '.join(names)}"])
    try:
        document = tomllib.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise RegisterMapError(name_or_path, [f"can not be read: {error.strerror}"]) from error
    except (ValueError, RecursionError) as error:
        raise RegisterMapError(name_or_path, [f"is not TOML: {error}"]) from error
    return parse_register_map(document, name_or_path)


def parse_register_map(document: Mapping[str, object], where: str) -> RegisterMap:
    """The map that a TOML document (decimals as Decimal) describes; RegisterMapError with every error."""
    try:
        loaded = TypeAdapter(RegisterMap).validate_python(_with_defaults(document))
    except ValidationError as error:
        raise RegisterMapError(where, problem_lines(error, KEYS)) from error
    if problems := _contradictions(loaded):
        raise RegisterMapError(where, problems)
    return loaded


@dataclass(frozen=True, slots=True)
class _Inherited:
    """What a register takes from its map where it says nothing itself."""

    function_code: object
    word_order: object

    def into(self, register: object) -> object:
        if not isinstance(register, dict):
            return register
        return {"function_code": self.function_code, "word_order": self.word_order, **register}


def _with_defaults(document: Mapping[str, object]) -> dict[str, object]:
    inherited = _Inherited(document.get("function_code", 4), document.get("word_order", "big"))
    filled = dict(document)
    if isinstance(quantities := document.get("quantities"), dict):
        filled["quantities"] = {name: inherited.into(register) for name, register in quantities.items()}
    if isinstance(probe := document.get("probe"), dict) and "register" in probe:
        filled["probe"] = {**probe, "register": inherited.into(probe["register"])}
    if isinstance(alternatives := document.get("serial_number_alternatives"), list):
        filled["serial_number_alternatives"] = tuple(inherited.into(register) for register in alternatives)
    return filled


def _contradictions(loaded: RegisterMap) -> list[str]:
    problems = [] if "energy_import_wh" in loaded.quantities else ["quantities: energy_import_wh is missing"]
    registers = {f"quantities.{name}": register for name, register in loaded.quantities.items()}
    for name in loaded.quantities:
        if name not in QUANTITIES:
            problems.append(f"quantities.{name}: no such quantity{nearest(name, QUANTITIES)}")
        elif loaded.phases == 1 and ("_l2_" in name or "_l3_" in name):
            problems.append(f"quantities.{name}: the meter has one phase")
    others = enumerate(loaded.serial_number_alternatives)
    registers |= {f"serial_number_alternatives.{number}": register for number, register in others}
    for path, register in {**registers, "probe.register": loaded.probe.register}.items():
        problems += [f"{path}.{problem}" for problem in _unfit(register, loaded.max_registers_per_read)]
    if loaded.probe.minimum > loaded.probe.maximum:
        problems.append("probe.minimum: is above probe.maximum")
    return problems


def _unfit(register: Register, max_registers_per_read: int) -> list[str]:
    problems = []
    if (register.type is RegisterType.ASCII) != (register.length is not None):
        problems.append("length: an ascii text needs it, a number must not have it")
    if register.address + register.count > 0x10000:
        problems.append(f"address: {register.count} registers from {register.address:#06x} end above 0xffff")
    if register.count > max_registers_per_read:
        problems.append(f"type: takes {register.count} registers, one read may have {max_registers_per_read}")
    if not register.scale.is_finite() or register.scale == 0:
        problems.append("scale: must be a number other than 0")
    if any(not 0 <= marker < 1 << 16 * register.count for marker in register.not_available):
        problems.append(f"not_available: a marker does not fit in {register.type}")
    return problems


def _place(words: dict[int, dict[int, int]], register: Register, value: list[int] | None) -> None:
    if value is not None:
        table = words.setdefault(register.function_code, {})
        table.update({register.address + place: word for place, word in enumerate(value)})


def _packaged() -> Traversable:
    return files("chargepoint_hal.meters") / "register_maps"


KEYS = {
    "": tuple(RegisterMap.__dataclass_fields__),
    "serial": tuple(SerialDefaults.__dataclass_fields__),
    "probe": tuple(Probe.__dataclass_fields__),
    "probe.register": tuple(Register.__dataclass_fields__),
    "serial_number_alternatives.*": tuple(Register.__dataclass_fields__),
    "quantities.*": tuple(Register.__dataclass_fields__),
}
"""Keys that each table of a map file may have."""
