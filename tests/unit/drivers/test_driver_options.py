"""Rules of options: everything that is wrong is told at once, and the driver is opened by the same rules."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chargepoint_hal.driver_options import Kind, Option, OptionRules, OptionsError, Way, takes
from chargepoint_hal.registry import BOARDS, ENERGY_METERS, TOKEN_READERS, driver_names, find_driver, option_rules


def even(value: int) -> Iterator[str]:
    if value % 2:
        yield f"{value} is odd: give an even one"


RULES = OptionRules(
    {
        "name": Option("What it is called.", Kind.TEXT),
        "file": Option("A file.", Kind.PATH),
        "volts": Option("The supply.", Kind.NUMBER, 100, 300, "V", required=True),
        "pin": Option("Where.", Kind.WHOLE_NUMBER, 0, 53, check=even),
        "pins": Option("Where all.", Kind.WHOLE_NUMBERS, 0, 53),
        "inverted": Option("Which way round.", Kind.BOOLEAN),
        "colour": Option("Of the light.", Kind.TEXT, choices=("red", "green")),
        "phases": Option("How many.", Kind.WHOLE_NUMBER, choices=(1, 3)),
    }
)
WAYS = OptionRules(
    {
        "host": Option("Where.", Kind.TEXT),
        "port": Option("There.", Kind.WHOLE_NUMBER, 1, 65535),
        "serial_port": Option("The port.", Kind.PATH),
        "parity": Option("Of the line.", Kind.TEXT, choices=("N", "E")),
        "model": Option("What it is.", Kind.TEXT),
    },
    ways=(Way("host", allows=("port",), needs=("model",)), Way("serial_port", allows=("parity",))),
)


def told(rules: OptionRules, options: dict[str, Any]) -> list[str]:
    return [f"{problem.option}: {problem.what}" for problem in rules.problems(options)]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("name", ["x"]),
        ("file", ["x", Path("x")]),
        ("pin", [0, 52]),
        ("pins", [[], [0, 53]]),
        ("inverted", [True, False]),
        ("colour", ["red"]),
        ("phases", [1, 3]),
        ("volts", [100, 300.0]),
    ],
)
def test_what_fits_is_taken(name: str, right: list[object]) -> None:
    for value in right:
        assert told(RULES, {"volts": 230, name: value}) == []


@pytest.mark.parametrize(
    ("name", "wanted", "wrong"),
    [
        ("name", "a text", ["", 1, None, [], {}]),
        ("file", "a path", ["", 1, "a\0b"]),
        ("volts", "a number from 100 to 300 V", [99.9, 301, True, "230", math.nan, math.inf]),
        ("pin", "a whole number from 0 to 53", [-1, 54, 2.0, True, "2", 10**30]),
        ("pins", "a list of whole numbers, each from 0 to 53", [1, "1", [54], [True], [1, "1"]]),
        ("inverted", "true or false", [0, 1, "true"]),
        ("colour", "red or green", ["blue", 1]),
        ("phases", "1 or 3", [2, True, 3.0, "3"]),
    ],
)
def test_what_does_not_fit_is_told_with_what_is_wanted(name: str, wanted: str, wrong: list[object]) -> None:
    for value in wrong:
        (line,) = told(RULES, {"volts": 230, name: value})
        assert line.startswith(f"{name}: {wanted} is wanted, got ")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert told(RULES, {"nmae": "x", "zzz": 1, "pin": 3, "colour": "gren", "inverted": "x" * 99}) == [
        "nmae: unknown option, did you mean 'name'?",
        "zzz: unknown option, there are name, file, volts, pin, pins, inverted, colour, phases",
        "pin: 3 is odd: give an even one",
        "colour: red or green is wanted, got 'gren': did you mean 'green'?",
        f"inverted: true or false is wanted, got '{'x' * 56}…",
        "volts: is missing: The supply.",
    ]


def test_what_was_misspelt_is_not_missed_as_well() -> None:
    assert told(RULES, {"vots": 230}) == ["vots: unknown option, did you mean 'volts'?"]
    assert told(WAYS, {"hots": "x", "model": "y"}) == ["hots: unknown option, did you mean 'host'?"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"host": "x", "port": 5, "model": "y"}, []),
        ({"serial_port": "x", "parity": "N"}, []),
        ({}, [": give either 'host' or 'serial_port', got none of them"]),
        ({"host": "x", "serial_port": "y"}, [": give either 'host' or 'serial_port', got 'host' and 'serial_port'"]),
        ({"host": "x", "model": "y", "parity": "N"}, ["parity: goes with 'serial_port' only, not with 'host'"]),
        ({"host": "x"}, ["model: is missing: What it is."]),
    ],
)
def test_exactly_one_way_is_chosen(options: dict[str, Any], expected: list[str]) -> None:
    assert told(WAYS, options) == expected


def test_a_driver_is_opened_by_its_rules() -> None:
    opened: list[object] = []

    @takes(RULES)
    def opener(options: object) -> str:
        opened.append(options)
        return "open"

    with pytest.raises(OptionsError) as raised:
        opener({"pin": 99, "volt": 1})
    assert str(raised.value).count(";") == 1
    assert len(raised.value.problems) == 2
    assert opened == []
    assert opener({"volts": 230}) == "open"
    assert opened == [{"volts": 230}]


@pytest.mark.parametrize("group", [BOARDS, TOKEN_READERS, ENERGY_METERS])
def test_every_driver_of_the_project_tells_its_rules(group: str) -> None:
    for name in driver_names(group):
        opener = find_driver(group, name)
        if getattr(opener, "__module__", "").startswith("chargepoint_hal"):
            rules = option_rules(group, name)
            assert rules is not None
            assert all(option.meaning for option in rules.options.values())
            named = {key for way in rules.ways for key in (way.chosen_by, *way.allows, *way.needs)}
            assert named <= set(rules.options)
