"""Reads register maps out of TOML files: the packaged ones by name, others by path, each error with its place.

A map may be `like` a packaged one: it takes over everything that it does not say itself, but for quantities `without`.
It knows what a map may say and nothing of any bus.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from chargepoint_hal.meters.register import TEXT_TYPES, Register
from chargepoint_hal.meters.register_codec import RegisterType
from chargepoint_hal.meters.register_map import QUANTITIES, Probe, RegisterMap, SerialDefaults
from chargepoint_hal.meters.register_map_errors import RegisterMapError, nearest, problem_lines

LIKE, WITHOUT = "like", "without"
MERGED = ("quantities", "serial")
"""Tables of which a map like another one says only what differs."""


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
    else:
        source = _packaged_map(name_or_path, name_or_path)
    return parse_register_map(_document(source, name_or_path), name_or_path)


def parse_register_map(document: Mapping[str, object], where: str) -> RegisterMap:
    """The map that a TOML document (decimals as Decimal) describes; RegisterMapError with every error."""
    try:
        loaded = TypeAdapter(RegisterMap).validate_python(_with_defaults(_whole(document, where)))
    except ValidationError as error:
        raise RegisterMapError(where, problem_lines(error, KEYS)) from error
    if problems := _contradictions(loaded):
        raise RegisterMapError(where, problems)
    return loaded


def _document(source: Traversable | Path, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise RegisterMapError(where, [f"can not be read: {error.strerror}"]) from error
    except (ValueError, RecursionError) as error:
        raise RegisterMapError(where, [f"is not TOML: {error}"]) from error


def _packaged_map(name: str, where: str) -> Traversable:
    names = available_register_maps()
    if name not in names:
        raise RegisterMapError(where, [f"no such register map{nearest(name, names)}; there are {', '.join(names)}"])
    return _packaged() / f"{name}.toml"


def _whole(document: Mapping[str, object], where: str) -> dict[str, object]:
    """With everything that it takes over from the map that it is like."""
    own = {key: value for key, value in document.items() if key not in (LIKE, WITHOUT)}
    if LIKE not in document:
        return own if WITHOUT not in document else {**own, WITHOUT: document[WITHOUT]}
    source = _packaged_map(str(document[LIKE]), where)
    model = _whole(_document(source, where), where)
    merged = {**model, **own}
    for table in MERGED:
        theirs, ours = model.get(table), own.get(table, {})
        if isinstance(theirs, dict) and isinstance(ours, dict):
            merged[table] = {**theirs, **ours}
    left_out, quantities = document.get(WITHOUT, []), merged.get("quantities")
    if isinstance(left_out, list) and isinstance(quantities, dict):
        merged["quantities"] = {name: register for name, register in quantities.items() if name not in left_out}
    return merged


@dataclass(frozen=True, slots=True)
class _Inherited:
    """What a register takes from its map where it says nothing itself."""

    function_code: object
    word_order: object
    model: object

    def into(self, register: object) -> object:
        if not isinstance(register, dict):
            return register
        own = {"function_code": self.function_code, "word_order": self.word_order}
        return {**own, **({} if self.model is None else {"model": self.model}), **register}


def _with_defaults(document: Mapping[str, object]) -> dict[str, object]:
    inherited = _Inherited(
        document.get("function_code", 4), document.get("word_order", "big"), document.get("sunspec_model")
    )
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
        elif any(f"_l{phase}_" in name for phase in range(loaded.phases + 1, 4)):
            problems.append(f"quantities.{name}: the meter has {_phases(loaded.phases)}")
    others = enumerate(loaded.serial_number_alternatives)
    registers |= {f"serial_number_alternatives.{number}": register for number, register in others}
    for path, register in {**registers, "probe.register": loaded.probe.register}.items():
        problems += [f"{path}.{problem}" for problem in _unfit(register, loaded.max_registers_per_read)]
        if loaded.sunspec_model is not None and register.function_code != loaded.function_code:
            problems.append(f"{path}.function_code: all models of SunSpec are read with the map's one")
    if loaded.probe.minimum > loaded.probe.maximum:
        problems.append("probe.minimum: is above probe.maximum")
    return problems


def _phases(count: int) -> str:
    return "one phase" if count == 1 else f"{count} phases"


def _unfit(register: Register, max_registers_per_read: int) -> list[str]:
    problems = []
    if (register.type is RegisterType.ASCII) != (register.length is not None):
        problems.append("length: an ascii text needs it, a number must not have it")
    if register.end > 0x10000:
        problems.append(f"address: {register.count} registers from {register.address:#06x} end above 0xffff")
    if register.end - register.first > max_registers_per_read:
        problems.append(
            f"type: takes {register.end - register.first} registers, one read may have {max_registers_per_read}"
        )
    if register.type in TEXT_TYPES and (register.exponent_address, register.minus_address) != (None, None):
        problems.append("type: a text has no exponent and nothing to subtract")
    if not register.scale.is_finite() or register.scale == 0:
        problems.append("scale: must be a number other than 0")
    if any(not 0 <= marker < 1 << 16 * register.count for marker in register.not_available):
        problems.append(f"not_available: a marker does not fit in {register.type}")
    return problems


def _packaged() -> Traversable:
    return files("chargepoint_hal.meters") / "register_maps"


KEYS = {
    "": (*RegisterMap.__dataclass_fields__, LIKE, WITHOUT),
    "serial": tuple(SerialDefaults.__dataclass_fields__),
    "probe": tuple(Probe.__dataclass_fields__),
    "probe.register": tuple(Register.__dataclass_fields__),
    "serial_number_alternatives.*": tuple(Register.__dataclass_fields__),
    "quantities.*": tuple(Register.__dataclass_fields__),
}
"""Keys that each table of a map file may have."""
