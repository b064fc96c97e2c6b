"""The table of who may say and serve what."""

from dataclasses import replace

import pytest

from chargepoint.csms.registration import MAY_SAY, SERVICE, Registration, Said, is_served
from chargepoint.model.registration import BootReason, RegistrationAnswer, RegistrationStatus
from unit.csms.few_words import TRAITS

PENDING, REJECTED, ACCEPTED = RegistrationStatus.PENDING, RegistrationStatus.REJECTED, RegistrationStatus.ACCEPTED


def test_the_tables_are_total() -> None:
    assert set(MAY_SAY) == set(SERVICE) == {None, *RegistrationStatus}


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (None, {Said.BOOT}),
        (PENDING, {Said.BOOT, Said.INSTRUCTED}),
        (REJECTED, {Said.BOOT}),
        (ACCEPTED, {Said.BOOT, Said.INSTRUCTED, Said.HEARTBEAT, Said.REPORT}),
    ],
)
def test_what_may_be_said(status: RegistrationStatus | None, allowed: set[Said]) -> None:
    registration = Registration(BootReason.POWER_UP)
    if status is not None:
        registration.boot_answered(RegistrationAnswer(status, 10, None), 0)
    assert {what for what in Said if registration.may_say(what)} == allowed


def test_what_is_served() -> None:
    traits = replace(TRAITS, served_while_pending=frozenset({"GetReport"}), served_while_rejected=frozenset({"Reset"}))
    assert is_served("GetReport", PENDING, traits)
    assert not is_served("Reset", PENDING, traits)
    assert not is_served("Reset", None, traits)
    assert is_served("Reset", REJECTED, traits)
    assert not is_served("GetReport", REJECTED, traits)
    assert is_served("Anything", ACCEPTED, traits)
    assert is_served("Anything", PENDING, TRAITS)


def test_an_interval_given_before_the_link_broke_still_counts() -> None:
    registration = Registration(BootReason.WATCHDOG)
    registration.link_opened("ocpp1.6", 5)
    assert registration.boot_due_at() == 5
    registration.boot_answered(RegistrationAnswer(REJECTED, 100, None), 6)
    registration.link_opened("ocpp1.6", 20)
    assert registration.boot_due_at() == 106
    registration.link_opened("ocpp2.0.1", 21)
    assert registration.boot_due_at() == 21


def test_a_triggered_boot_is_due_at_once_and_says_so() -> None:
    registration = Registration(BootReason.POWER_UP)
    registration.boot_answered(RegistrationAnswer(ACCEPTED, 100, None), 6)
    assert registration.boot_due_at() is None
    registration.boot_asked()
    assert registration.boot_due_at() == 0
    assert registration.next_boot_reason() is BootReason.TRIGGERED
    registration.boot_failed(10)
    assert registration.boot_due_at() is None
    assert registration.next_boot_reason() is BootReason.POWER_UP
