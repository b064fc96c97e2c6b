"""What a meter's registers mean: a frozen value that turns words into quantities and back. Pure.

It plans no reads, knows no bus and reads no file (see `map_files`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as checked_dataclass

from chargepoint_hal.meters import sunspec
from chargepoint_hal.meters.register import EXPONENTS, FILE, FunctionCode, Register, WholeNumber
from chargepoint_hal.meters.register_codec import WordOrder
from chargepoint_hal.meters.register_map_errors import nearest

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
TOLD_OF_A_PHASE = ("current_l{}_amps", "power_l{}_watts")
"""Either shows what a phase bears."""

Words = Mapping[int, Mapping[int, int]]
"""function code → address → word"""
Quantities = Mapping[str, float | str | None]


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
    phases: Literal[1, 2, 3]
    quantities: Mapping[str, Register]
    probe: Probe
    models: str = ""
    """Which devices it is for, in words."""
    doubts: tuple[str, ...] = ()
    """What no device or no second source has confirmed: shown to whoever sets the meter up."""
    serial: SerialDefaults = SerialDefaults()
    function_code: FunctionCode = 4
    """Where a register names none."""
    word_order: WordOrder = "big"
    """Where a register names none."""
    sunspec_model: Annotated[WholeNumber, Field(ge=1, le=65534)] | None = None
    """Where a register names none: the SunSpec model that the addresses count from. Such a map must be `located`."""
    max_registers_per_read: Annotated[WholeNumber, Field(ge=1, le=125)] = 60
    max_gap_registers: Annotated[WholeNumber, Field(ge=0, le=124)] = 8
    """Unwanted registers that one read may span."""
    inter_frame_seconds: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Silence that the bus keeps before a request to this meter."""
    serial_number_alternatives: tuple[Register, ...] = ()
    """Where other editions of the model keep it, in the order to try; the first that has one is the serial number."""

    @property
    def sunspec_models(self) -> frozenset[int]:
        """Models whose headers must be found before anything can be read; empty for a meter with fixed addresses."""
        return frozenset(register.model for register in self._registers() if register.model is not None)

    def blind_spot(self, phases: int | None = None) -> str:
        """What of an over-current nobody sees by this meter, by an EVSE of so many phases; empty: nothing."""
        used = self.phases if phases is None else min(phases, self.phases)
        if all(any(name.format(phase) in self.quantities for name in TOLD_OF_A_PHASE) for phase in PHASES[:used]):
            return ""
        if "power_watts" not in self.quantities:
            return "it tells neither currents nor power: over-current is not seen"
        share = f"an EV that draws by one of {used} phases may take {used} times its offer unseen"
        return f"it tells no currents: over-current is judged by its total power{f', {share}' if used > 1 else ''}"

    def located(self, headers: Mapping[int, int]) -> "RegisterMap":
        """The map with real addresses, by the header of each model; KeyError for a model that is not there."""

        def moved(register: Register) -> Register:
            return register if register.model is None else register.moved(headers[register.model])

        return replace(
            self,
            quantities={name: moved(register) for name, register in self.quantities.items()},
            probe=replace(self.probe, register=moved(self.probe.register)),
            serial_number_alternatives=tuple(map(moved, self.serial_number_alternatives)),
            sunspec_model=None,
        )

    def encode(self, quantities: Quantities) -> dict[int, dict[int, int]]:
        """Words of a meter with these values, and the probe's: {function code: {address: word}}.

        Quantities that this model lacks are left out; a name that no map knows is a ValueError. A SunSpec meter has
        its models one behind the other from the usual place.
        """
        if models := self.sunspec_models:
            words = self.located(sunspec.usual_headers(models)).encode(quantities)
            return {**words, self.function_code: sunspec.chain_of(models) | words.get(self.function_code, {})}
        words = {}
        probe = self.probe.register
        _place(words, probe, probe.encode(self.probe.minimum))
        unknown_first = sorted(quantities.items(), key=lambda entry: entry[1] is not None)
        known = [(name, value) for name, value in unknown_first if name in QUANTITIES]
        if len(known) < len(quantities):
            name = next(iter(quantities.keys() - QUANTITIES))
            raise ValueError(f"no quantity {name!r}{nearest(name, QUANTITIES)}")
        placed = [(self.quantities[name], value) for name, value in known if name in self.quantities]
        exponents = _exponents_for(placed)
        for register, value in placed:  # two names may share a register: what is known wins
            exponent = exponents.get((register.function_code, register.exponent_address), 0)
            _place(words, register, register.encode(value, exponent))
            if register.exponent_address is not None:
                _place(words, register, {register.exponent_address: exponent % 0x10000})
        return words

    def decode(self, words: Words) -> dict[str, float | str | None]:
        """Every quantity of this model; None for what is not available or not among the words."""
        values = {name: _decoded(name, register, words) for name, register in self.quantities.items()}
        for register in self.serial_number_alternatives:
            if values.get("serial_number") is None:
                values["serial_number"] = _decoded("serial_number", register, words)
        return values

    def _registers(self) -> Iterable[Register]:
        return (*self.quantities.values(), *self.serial_number_alternatives, self.probe.register)


def _decoded(name: str, register: Register, words: Words) -> float | str | None:
    value = register.value_in(words.get(register.function_code, {}))
    if name in TEXT_QUANTITIES and isinstance(value, float):
        return str(int(value)) if value else None
    return value


def _exponents_for(placed: Iterable[tuple[Register, float | str | None]]) -> dict[tuple[int, int | None], int]:
    """The finest power of ten in which every value that shares it fits."""
    sharing: dict[tuple[int, int | None], list[tuple[Register, float | str | None]]] = {}
    for register, value in placed:
        if register.exponent_address is not None:
            sharing.setdefault((register.function_code, register.exponent_address), []).append((register, value))
    return {
        place: next(
            (e for e in EXPONENTS if all(register.fits(value, e) for register, value in together)), EXPONENTS[-1]
        )
        for place, together in sharing.items()
    }


def _place(words: dict[int, dict[int, int]], register: Register, placed: Mapping[int, int]) -> None:
    words.setdefault(register.function_code, {}).update(placed)
