"""Charging that a contract pays for, and an EV that says when it is done."""

from dataclasses import replace

import pytest

from chargepoint.charging.commands import EndByEv, StartWithContract, Verdict, VerdictStatus
from chargepoint.charging.events import CsmsLost
from chargepoint.model.status import SessionState
from chargepoint.model.tokens import IdToken, TokenKind, TokenVerdict
from chargepoint.model.transactions import Cause, StopReason
from chargepoint.settings import catalogue
from unit.charging.driver import ACCEPTED, ALICE, BLOCKED, ONE, TWO, Driver

CONTRACT = IdToken("DE8AAC1234567", TokenKind.EMAID)
NOT_HERE = replace(ACCEPTED, evse_ids=(TWO,))


def show(driver: Driver, verdict: TokenVerdict | None = ACCEPTED) -> Verdict:
    return driver.order(StartWithContract(CONTRACT, ONE, verdict))


def test_a_contract_starts_as_a_card_does() -> None:
    driver = Driver()
    driver.plug_in()
    assert show(driver).status is VerdictStatus.ACCEPTED
    driver.advance(10)
    assert driver.started()[0].id_token == CONTRACT
    assert driver.is_charging()
    assert driver.order(StartWithContract(CONTRACT, TWO, ACCEPTED)).status is VerdictStatus.UNKNOWN_TARGET


@pytest.mark.parametrize("verdict", [BLOCKED, NOT_HERE])
def test_a_contract_that_is_refused_or_meant_for_elsewhere_does_not(verdict: TokenVerdict) -> None:
    driver = Driver()
    driver.plug_in()
    assert show(driver, verdict).status is VerdictStatus.REJECTED
    driver.advance(10)
    assert not driver.started()


@pytest.mark.parametrize(("asks_nobody", "status"), [(True, VerdictStatus.ACCEPTED), (False, VerdictStatus.REJECTED)])
def test_without_a_word_of_the_csms_the_local_rules_decide(asks_nobody: bool, status: VerdictStatus) -> None:
    """Online they do only where nobody may be asked."""
    driver = Driver()
    driver.change(catalogue.DISABLE_REMOTE_AUTHORIZATION, asks_nobody)
    driver.change(catalogue.LOCAL_AUTH_LIST_ENABLED, True)
    driver.change(catalogue.LOCAL_PRE_AUTHORIZE, asks_nobody)
    driver.change(catalogue.LOCAL_AUTHORIZE_OFFLINE, asks_nobody)
    driver.list_tokens({CONTRACT: ACCEPTED})
    driver.plug_in()
    assert show(driver, None).status is status


def test_offline_what_the_csms_has_refused_before_is_refused() -> None:
    driver = Driver()
    driver.plug_in()
    driver.change(catalogue.ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID, True)
    show(driver, BLOCKED)
    driver.tell(CsmsLost("gone"))
    assert show(driver, None).status is VerdictStatus.REJECTED


@pytest.mark.requirement("E15.FR.04")
def test_an_ev_that_is_done_ends_what_was_authorised_once() -> None:
    driver = Driver()
    assert driver.order(EndByEv(ONE)).status is VerdictStatus.REJECTED
    assert driver.order(EndByEv(TWO)).status is VerdictStatus.UNKNOWN_TARGET
    driver.charge(ALICE)
    assert driver.order(EndByEv(ONE)).status is VerdictStatus.ACCEPTED
    driver.advance(20)
    (ended,) = driver.ended()
    assert (ended.stop_reason, ended.cause) == (StopReason.STOPPED_BY_EV, Cause.STOP_AUTHORIZED)
    assert ended.id_token is None or ended.id_token == ALICE
    assert driver.order(EndByEv(ONE)).status is VerdictStatus.REJECTED
    assert driver.state() is SessionState.FINISHED


def test_a_contract_of_the_master_pass_starts_nothing() -> None:
    """C16.FR.03"""
    driver = Driver(settings={catalogue.MASTER_PASS_GROUP_ID: "POLICE"})
    driver.plug_in()
    police = replace(ACCEPTED, group=IdToken("POLICE", TokenKind.CENTRAL))
    assert show(driver, police).status is VerdictStatus.REJECTED
    driver.advance(10)
    assert not driver.started()
