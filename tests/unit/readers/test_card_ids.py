"""Every way to write a card's number, and `token learn`, which shows them."""

import tomllib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.cli.token_learn import lines_of, watch
from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.card_ids import Writing, forms_of
from chargepoint_hal.registry import TOKEN_READERS, option_rules

WRITTEN = ("length", "reverse")


def test_the_forms_of_a_card_of_four_bytes() -> None:
    forms = forms_of(bytes.fromhex("DEADBEEF"), WRITTEN)
    assert forms["as the reader gives it"] == "DEADBEEF"
    assert forms["reverse = true"] == "EFBEADDE"
    assert forms["decimal"] == "3735928559"
    assert forms["decimal of the bytes turned round"] == "4022250974"
    assert forms["facility and number of the last three bytes (Wiegand 26)"] == "173,48879"


def test_the_number_that_is_printed_on_a_card_of_125_khz_is_among_them() -> None:
    assert "0004086814" in forms_of(bytes.fromhex("78003E5C1E"), WRITTEN).values()


@given(st.binary(min_size=4, max_size=10), st.booleans(), st.sampled_from([None, 4]))
def test_what_an_option_gives_is_among_the_forms(raw: bytes, is_reversed: bool, length: int | None) -> None:
    assert Writing(is_reversed, length).of(raw) in forms_of(raw, WRITTEN).values()


@pytest.mark.parametrize("driver", ["keyboard", "pn532", "rdm6300", "wiegand"])
def test_every_option_that_is_named_is_one_that_the_reader_takes(driver: str) -> None:
    rules = option_rules(TOKEN_READERS, driver)
    assert rules is not None
    forms = forms_of(bytes.fromhex("78003E5C1E"), rules.options)
    named = [tomllib.loads(way.replace(", ", "\n")) for name in forms for way in name.split("; ") if "=" in way]
    assert len(named) >= 3
    for options in named:
        for name, value in options.items():
            assert list(rules.options[name].problems(value)) == []


def test_a_reader_without_options_is_advised_none() -> None:
    forms = forms_of(bytes.fromhex("78003E5C1E"), ())
    assert not any("=" in name for name in forms)
    assert {"1E5C3E0078", "003E5C1E", "78003E5C"} <= set(forms.values())


class Readings:
    """A reader whose field is written down."""

    name = "front"

    def __init__(self, seen: Sequence[str | HardwareError | None]) -> None:
        self._seen = list(seen)

    def wait_for_token(self, timeout_seconds: float) -> TokenSighting | None:
        found = self._seen.pop(0)
        if isinstance(found, HardwareError):
            raise found
        return None if found is None else TokenSighting(found, "ISO14443")

    def close(self) -> None: ...


def test_a_card_that_is_held_is_shown_once_and_a_silent_reader_is_told() -> None:
    said: list[str] = []
    silent = HardwareError(Fault.READER_SILENT, "the port is gone")
    reader = Readings([None, "DEADBEEF", "DEADBEEF", silent, "04A1B2C3D4E5F6"])
    assert watch(reader, 2, 0.0, said.append, WRITTEN) == 2
    assert [line for line in said if line.startswith("card")] == [
        "card of type ISO14443, 4 bytes",
        "card of type ISO14443, 7 bytes",
    ]
    assert "the port is gone" in said
    assert any(line.split()[0] == "F6E5D4C3B2A104" for line in said)


def test_a_text_has_one_way_to_be_written() -> None:
    assert lines_of(TokenSighting("alice", "Local"), WRITTEN) == [
        "card of type Local: alice (a text: there is one way to write it)"
    ]
