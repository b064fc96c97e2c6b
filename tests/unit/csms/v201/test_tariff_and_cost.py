"""Texts and amounts of the CSMS's answers, read leniently: what is odd is left out, and nothing is made up."""

from decimal import Decimal

import pytest

from chargepoint.csms.v201.personal_message import read_personal_message
from chargepoint.csms.v201.tariff_and_cost import read_amount, read_cost
from chargepoint.model.cost import CostAnswer, DriverText


@pytest.mark.parametrize(
    ("wire", "amount"),
    [
        (0, Decimal(0)),
        (0.1, Decimal("0.1")),
        (-3.25, Decimal("-3.25")),
        (999_999_999, Decimal(999_999_999)),
        (10**9, None),
        (1e300, None),
        (10**400, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("1.0", None),
        (None, None),
        ({}, None),
    ],
)
def test_an_amount_is_a_number_that_somebody_could_pay(wire: object, amount: Decimal | None) -> None:
    assert read_amount(wire) == amount


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ({"format": "UTF8", "content": "Grüß Gott"}, "Grüß Gott"),
        ({"format": "ASCII", "content": "a\nb"}, "a b"),
        ({"content": "no format"}, "no format"),
        ({"format": "UTF8", "content": "x" * 600}, "x" * 512),
        ({"format": "HTML", "content": "<b>bold</b>"}, None),
        ({"format": "URI", "content": "https://x.example"}, None),
        ({"format": ["UTF8"], "content": "odd"}, None),
        ({"format": "UTF8", "content": "  "}, None),
        ({"format": "UTF8", "content": 7}, None),
        ({"format": "UTF8"}, None),
        ("text", None),
        (None, None),
    ],
)
def test_a_text_is_one_that_can_be_read(wire: object, text: str | None) -> None:
    assert read_personal_message(wire) == text


def test_an_answer_without_a_cost_says_none_which_is_not_free_of_charge() -> None:
    assert read_cost({}, is_final=True, is_late=False) == CostAnswer(is_final=True)
    assert read_cost({"totalCost": 0.0}, is_final=True, is_late=True) == CostAnswer(
        Decimal("0.0"), is_final=True, is_late=True
    )
    said = {"totalCost": "much", "updatedPersonalMessage": {"format": "UTF8", "content": "0.55 per kWh"}}
    assert read_cost(said, is_final=False, is_late=False) == CostAnswer(text=DriverText("0.55 per kWh"))
