"""Which options a driver takes, as data: the driver is opened by them, and a configuration is checked by them before.

Pure, but for what an option's own `check` reads, such as the file that it names. It opens no driver and knows none.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Any, Generic, TypeVar

Options = Mapping[str, Any]
Opened = TypeVar("Opened", covariant=True)

SHOWN_CHARACTERS = 60
ROUNDING_SECONDS = 1e-9


class Kind(Enum):
    """What an option's value must be, in the types of TOML."""

    TEXT = "a text"
    PATH = "a path"
    NUMBER = "a number"
    WHOLE_NUMBER = "a whole number"
    WHOLE_NUMBERS = "a list of whole numbers"
    NUMBERS = "a list of numbers"
    TABLES = "a list of tables"
    BOOLEAN = "true or false"


LISTS = frozenset({Kind.WHOLE_NUMBERS, Kind.NUMBERS})


def nothing_more(_value: Any) -> Iterable[str]:
    """The check of an option whose kind says everything."""
    return ()


@dataclass(frozen=True, slots=True)
class Option:
    """One option; texts are never empty, numbers are finite and from `low` to `high`, both included."""

    meaning: str
    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""
    choices: tuple[str | int, ...] = ()
    default: str = ""
    """In words; empty: there is none, or the meaning says it."""
    required: bool = False
    rules: "OptionRules | None" = None
    """Of each table in a list of tables."""
    check: Callable[[Any], Iterable[str]] = nothing_more
    """What is wrong with a value that fits otherwise, one text each; it may read the file that the value names."""

    def wanted(self) -> str:
        """What may be written, with range and unit."""
        if self.choices:
            return " or ".join(str(choice) for choice in self.choices)
        text = self.kind.value
        if math.isfinite(self.low) and math.isfinite(self.high):
            text += f"{', each' if self.kind in LISTS else ''} from {self.low:g} to {self.high:g}"
        return f"{text} {self.unit}".rstrip()

    def problems(self, value: object) -> Iterator[str]:
        if self._fits(value):
            yield from self._nested_problems(value)
            yield from self.check(value)
            return
        near = _nearest(str(value), map(str, self.choices)) if isinstance(value, str) else ""
        yield f"{self.wanted()} is wanted, got {_shown(value)}{near}"

    def _nested_problems(self, value: Any) -> Iterator[str]:
        for number, table in enumerate(value if self.rules is not None else (), start=1):
            if self.rules is not None:
                yield from (f"table {number}: {problem}" for problem in self.rules.problems(table))

    def _fits(self, value: object) -> bool:
        if self.choices:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        match self.kind:
            case Kind.TEXT:
                return isinstance(value, str) and bool(value)
            case Kind.PATH:
                return isinstance(value, str | os.PathLike) and bool(str(value)) and "\0" not in str(value)
            case Kind.BOOLEAN:
                return isinstance(value, bool)
            case Kind.NUMBER:
                return self._is_number_within(value)
            case Kind.WHOLE_NUMBER:
                return self._is_whole_within(value)
            case Kind.WHOLE_NUMBERS:
                return isinstance(value, list | tuple) and all(map(self._is_whole_within, value))
            case Kind.NUMBERS:
                return isinstance(value, list | tuple) and all(map(self._is_number_within, value))
            case Kind.TABLES:
                return (
                    isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)
                )

    def _is_number_within(self, value: object) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self._is_within(value)

    def _is_whole_within(self, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and self._is_within(value)

    def _is_within(self, value: float) -> bool:
        return self.low <= value <= self.high and abs(value) < math.inf


@dataclass(frozen=True, slots=True)
class Way:
    """One of several ways to reach the hardware: the option that chooses it, what goes with that alone, and what it
    can not do without."""

    chosen_by: str
    allows: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionProblem:
    """`option` is empty where no single one is wrong."""

    option: str
    what: str

    def __str__(self) -> str:
        return f"option {self.option!r}: {self.what}" if self.option else self.what


@dataclass(frozen=True, slots=True)
class Place:
    """One place of the machine that a driver needs for itself, such as a serial port."""

    name: str
    """The same for everybody who needs it: a path is resolved."""
    option: str
    """Which option names it, or what it is needed for."""
    shared_by: str = ""
    """Drivers that give the same words here can have it together."""


def serial_port_places(given: Options) -> Iterator[Place]:
    """Of a driver with a serial port of its own in the option `serial_port`."""
    if "serial_port" in given:
        yield Place(os.path.realpath(given["serial_port"]), "serial_port")


def gpio_place(chip: int, number: int, option: str) -> Place:
    """One line of a GPIO chip; two names of one chip are the same."""
    return Place(f"pin {number} of {os.path.realpath(f'/dev/gpiochip{chip}')}", option)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the options of a board bring to one EVSE, as far as a station.toml has to fit it."""

    has_proximity: bool = False
    """Without one the station must not call its outlet a socket."""
    switches_phases: bool = False
    """Without it the station must not change between one phase and three."""


@dataclass(frozen=True, slots=True)
class OptionRules:
    """A driver's options by name. Where there are `ways`, exactly one is chosen."""

    options: Mapping[str, Option]
    ways: tuple[Way, ...] = ()
    check: "Callable[[Options], Iterable[OptionProblem]]" = lambda _given: ()
    """What is wrong between options that are right each by itself."""
    longest_period_seconds: "Callable[[Options], float]" = lambda _given: math.inf
    """Of a board with these options: the longest time between two ticks of the loop that still opens in time."""
    shortest_period_seconds: "Callable[[Options], float]" = lambda _given: 0.0
    """Of a board with these options: the shortest time between two ticks in which it can answer."""
    places: "Callable[[Options], Iterable[Place]]" = lambda _given: ()
    """What a driver with right options needs for itself."""
    pilot_lag_seconds: "Callable[[Options, float], float]" = lambda _given, period_seconds: period_seconds
    """Of a board with these options and so long a period: how old a lost pilot may be when a sample first shows it."""
    fitted: "Callable[[Options], tuple[Fitted, ...] | None]" = lambda _given: None
    """Of a board with right options: each EVSE's parts, from number 1 on. None: only the opened board tells them."""

    def problems(self, given: Options) -> tuple[OptionProblem, ...]:
        """Everything that keeps these options from being right, at once."""
        return tuple(self._problems(given)) or tuple(self.check(given))

    def period_problem(self, given: Options, period_seconds: float) -> str:
        """Why a board with these options must be asked more often, or can not be asked so often; empty: neither, or
        they are wrong anyway."""
        if self.problems(given):
            return ""
        longest_seconds, shortest_seconds = self.longest_period_seconds(given), self.shortest_period_seconds(given)
        if period_seconds < shortest_seconds - ROUNDING_SECONDS:
            shortest_ms = math.ceil((shortest_seconds - ROUNDING_SECONDS) * 10_000) / 10
            return (
                f"with this board's options {shortest_ms:g} ms at least is wanted, got {period_seconds * 1000:g}: what "
                "it samples in one tick takes longer; lengthen it, or have the board sample less at a time"
            )
        if period_seconds <= longest_seconds:
            return ""
        longest_ms = math.floor(longest_seconds * 10_000) / 10
        return (
            f"with this board's options {longest_ms:g} ms at most is wanted, got {period_seconds * 1000:g}: a lost "
            "pilot would open the contactor too late; shorten it, or have the board sample more at a time"
        )

    def _problems(self, given: Options) -> Iterator[OptionProblem]:
        meant = {*given}
        for name, value in given.items():
            option = self.options.get(name)
            if option is None:
                near = get_close_matches(name, sorted(self.options), n=1)
                meant.update(near)  # what was misspelt is not missed as well
                hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.options) or 'none'}"
                yield OptionProblem(name, f"unknown option, {hint}")
            else:
                yield from (OptionProblem(name, what) for what in option.problems(value))
        needed = [name for name, option in self.options.items() if option.required]
        chosen = [way for way in self.ways if way.chosen_by in meant]
        if len(chosen) == 1:
            needed += chosen[0].needs
            yield from self._misplaced(given, chosen[0])
        elif self.ways:
            names = " or ".join(repr(way.chosen_by) for way in self.ways)
            got = " and ".join(repr(way.chosen_by) for way in chosen) or "none of them"
            yield OptionProblem("", f"give either {names}, got {got}")
        for name in needed:
            if name not in meant:
                yield OptionProblem(name, f"is missing: {self.options[name].meaning}")

    def _misplaced(self, given: Options, chosen: Way) -> Iterator[OptionProblem]:
        """What belongs to ways that were not chosen."""
        for way in self.ways:
            for name in way.allows:
                if name in given and name not in chosen.allows:
                    yield OptionProblem(name, f"goes with {way.chosen_by!r} only, not with {chosen.chosen_by!r}")


class OptionsError(ValueError):
    """A driver's options can not be right; `problems` has all that is wrong with them."""

    def __init__(self, problems: tuple[OptionProblem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Driver(Generic[Opened]):
    """An opener that tells its rules and judges its options by them before it opens anything."""

    rules: OptionRules
    open: Callable[[Options], Opened]

    def __call__(self, options: Options) -> Opened:
        """OptionsError, a ValueError, with everything that is wrong; else whatever the opener gives or raises."""
        if problems := self.rules.problems(options):
            raise OptionsError(problems)
        return self.open(options)


def takes(rules: OptionRules) -> Callable[[Callable[[Options], Opened]], Driver[Opened]]:
    """For the function that an entry point names: `@takes(RULES)`."""
    return lambda opener: Driver(rules, opener)


def _nearest(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), n=1)
    return f": did you mean {found[0]!r}?" if found else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "…"
