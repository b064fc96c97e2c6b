"""PINs: tokens that are typed, and that nobody may try out."""

from dataclasses import replace

import pytest

from chargepoint.charging.commands import EnterPin, Verdict, VerdictStatus
from chargepoint.charging.pin_pad import FIRST_WAIT_SECONDS, FREE_TRIES, LONGEST_WAIT_SECONDS
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from unit.charging.driver import ACCEPTED, ALICE, ONE, TWO, Driver

PIN = IdToken("1234", TokenKind.KEY_CODE)
WRONG = TokenVerdict(AuthorizationStatus.INVALID)


def type_pin(driver: Driver, text: str = PIN.value) -> Verdict:
    return driver.order(EnterPin(text, ONE))


def wrong_pins(driver: Driver, count: int = FREE_TRIES) -> None:
    for number in range(count):
        assert type_pin(driver, f"{number:04}").status is VerdictStatus.ACCEPTED
        driver.judge(WRONG)


def is_open_after(driver: Driver, seconds: float) -> None:
    """The pad takes nothing until then."""
    driver.advance(seconds - 1)
    assert type_pin(driver).status is VerdictStatus.REJECTED
    assert not driver.questions
    driver.advance(2)


def test_a_pin_starts_and_stops_like_a_card() -> None:
    driver = Driver()
    driver.plug_in()
    assert type_pin(driver).status is VerdictStatus.ACCEPTED
    assert driver.questions[0].token == PIN
    driver.judge(ACCEPTED)
    driver.advance(10)
    assert driver.started()[0].id_token == PIN
    assert type_pin(driver).status is VerdictStatus.ACCEPTED
    assert len(driver.ended()) == 1


def test_a_pad_beside_no_evse() -> None:
    assert Driver().order(EnterPin("1234", TWO)).status is VerdictStatus.UNKNOWN_TARGET


@pytest.mark.requirement("C04.FR.06")
def test_wrong_pins_close_the_pad_for_longer_and_longer() -> None:
    driver = Driver()
    driver.plug_in()
    wrong_pins(driver)
    wait = FIRST_WAIT_SECONDS
    for _ in range(3):
        is_open_after(driver, wait)
        wrong_pins(driver, 1)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    is_open_after(driver, wait)
    type_pin(driver)
    driver.judge(ACCEPTED)
    assert driver.state() is SessionState.TRANSACTION


@pytest.mark.requirement("C04.FR.06")
def test_a_right_pin_forgives_the_wrong_ones() -> None:
    driver = Driver()
    wrong_pins(driver, FREE_TRIES - 1)
    type_pin(driver)
    driver.judge(ACCEPTED)
    driver.advance(300)
    wrong_pins(driver, FREE_TRIES)
    assert type_pin(driver).status is VerdictStatus.REJECTED


@pytest.mark.requirement("C04.FR.06")
def test_no_second_pin_while_the_csms_is_asked() -> None:
    driver = Driver()
    type_pin(driver)
    assert type_pin(driver, "0001").status is VerdictStatus.REJECTED
    assert len(driver.questions) == 1


@pytest.mark.requirement("C04.FR.06")
def test_nobody_finds_out_how_to_stop_somebody_else() -> None:
    driver = Driver()
    driver.plug_in()
    type_pin(driver)
    driver.judge(ACCEPTED)
    driver.advance(10)
    for number in range(FREE_TRIES):
        assert type_pin(driver, f"{number:04}").status is VerdictStatus.ACCEPTED
    assert type_pin(driver).status is VerdictStatus.REJECTED
    assert driver.state() is SessionState.TRANSACTION


@pytest.mark.requirement("C01.FR.25")
def test_the_number_of_a_card_is_no_card() -> None:
    driver = Driver()
    driver.plug_in()
    type_pin(driver, ALICE.value)
    driver.judge(WRONG)
    assert driver.state() is SessionState.PLUGGED
    driver.swipe(ALICE)
    driver.advance(10)
    type_pin(driver, ALICE.value)
    assert driver.state() is SessionState.TRANSACTION
    assert not ALICE.is_same_as(replace(ALICE, kind=TokenKind.KEY_CODE))


@pytest.mark.requirement("C04.FR.04")
def test_what_was_typed_is_not_in_logs() -> None:
    assert "1234" not in repr(EnterPin("1234", ONE)) + repr(PIN)
