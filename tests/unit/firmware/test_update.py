"""The course of an update: its tables are whole, and no way through them installs what was not verified."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from chargepoint.firmware.activities import HOLD_IN
from chargepoint.firmware.update import MOST_INSTALLS, MOST_RESTARTS, Update, first_outcome
from chargepoint.firmware.update_table import (
    ACTIVITY_IN,
    BEYOND_RECALL,
    OVER,
    STATUS_OF,
    TRANSITIONS,
    Activity,
    Outcome,
    update_diagram,
)
from chargepoint.model.firmware import FirmwareRequest, FirmwareStatus, UpdateRecord, UpdateState
from chargepoint.model.moment import Moment
from chargepoint.storage import codec

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PLAIN = FirmwareRequest("https://files.example/x", NOON, attempts=2)
SIGNED = replace(PLAIN, request_id=7, signing_certificate_pem="-", signature_base64="AAAA")


def follow(request: FirmwareRequest, *outcomes: Outcome) -> Update:
    update = Update(UpdateRecord(1, request))
    for outcome in outcomes:
        update.take(outcome)
    return update


def test_the_tables_are_total() -> None:
    assert set(ACTIVITY_IN) == set(STATUS_OF) == set(UpdateState)
    assert set(HOLD_IN) == set(Activity)
    assert {row["trigger"] for row in TRANSITIONS} == set(Outcome)
    told = {status for status in STATUS_OF.values() if status}
    assert told == set(FirmwareStatus) - {FirmwareStatus.IDLE, FirmwareStatus.DOWNLOAD_PAUSED}
    sources = {
        state
        for row in TRANSITIONS
        for state in (row["source"] if isinstance(row["source"], list) else [row["source"]])
    }
    assert sources == set(UpdateState) - OVER, "all that is not over leads somewhere"
    assert not BEYOND_RECALL & OVER
    assert update_diagram().count("-->") > len(TRANSITIONS)


@pytest.mark.parametrize("outcome", [Outcome.STATION_FREE, Outcome.STATION_BUSY, Outcome.INSTALL_LATER])
def test_a_signed_file_is_not_installed_before_its_signature_is_good(outcome: Outcome) -> None:
    update = follow(SIGNED, Outcome.RETRIEVE_TIME_CAME, Outcome.FETCHED)
    assert update.activity is Activity.CHECK_SIGNATURE
    with pytest.raises(ValueError, match="not allowed"):
        update.take(outcome)
    update.take(Outcome.SIGNATURE_GOOD)
    update.take(outcome)


def test_what_nobody_has_signed_is_never_called_verified() -> None:
    update = follow(PLAIN, Outcome.RETRIEVE_TIME_CAME, Outcome.FETCHED)
    assert update.activity is Activity.PLAN_INSTALLATION
    with pytest.raises(ValueError, match="not allowed"):
        update.take(Outcome.SIGNATURE_GOOD)


@given(st.lists(st.sampled_from(list(Outcome)), max_size=40), st.booleans())
def test_whatever_comes_a_signed_update_installs_only_verified_files_and_ends(
    outcomes: list[Outcome], power_goes: bool
) -> None:
    update = Update(UpdateRecord(1, SIGNED))
    verified = False
    for outcome in outcomes:
        if update.is_over:
            break
        try:
            step = update.take(outcome, "mark")
        except (MachineError, ValueError):
            continue
        verified = (verified and outcome is not Outcome.FILE_LOST) or outcome is Outcome.SIGNATURE_GOOD
        if update.state in (UpdateState.INSTALLING, UpdateState.RESTARTING, UpdateState.INSTALLED):
            assert verified
        assert step.record.downloads <= SIGNED.attempts
        assert step.record.installs <= MOST_INSTALLS
        if power_goes:
            stored = codec.UPDATE_RECORD.decode(codec.UPDATE_RECORD.encode(step.record))
            assert stored == step.record
            update = Update(stored)


def test_an_installation_that_takes_the_station_down_each_time_is_given_up() -> None:
    update = follow(PLAIN, Outcome.RETRIEVE_TIME_CAME, Outcome.FETCHED, Outcome.STATION_FREE)
    for _ in range(MOST_INSTALLS - 1):
        update = Update(update.record)
        assert update.resumed() is not None
        update.take(Outcome.STATION_FREE)
    update = Update(update.record)
    step = update.resumed()
    assert step is not None
    assert step.told is FirmwareStatus.INSTALLATION_FAILED


def test_new_firmware_that_is_never_reached_is_not_started_for_ever() -> None:
    update = follow(PLAIN, Outcome.RETRIEVE_TIME_CAME, Outcome.FETCHED, Outcome.STATION_FREE, Outcome.PLACED)
    for _ in range(MOST_RESTARTS):
        assert update.may_restart
        update = Update(update.restart_ordered().record)
        assert update.resumed() is None
    assert not update.may_restart


def test_a_status_is_told_once() -> None:
    update = follow(SIGNED, Outcome.RETRIEVE_TIME_CAME, Outcome.FETCHED, Outcome.SIGNATURE_GOOD, Outcome.INSTALL_LATER)
    assert update.record.told is FirmwareStatus.INSTALL_SCHEDULED
    assert update.take(Outcome.INSTALL_TIME_CAME).told is None


def test_no_time_comes_while_the_clock_is_not_to_be_trusted() -> None:
    late = NOON + timedelta(days=1)
    assert first_outcome(PLAIN, Moment(0.0, late, True)) is Outcome.RETRIEVE_TIME_CAME
    assert first_outcome(PLAIN, Moment(0.0, late, False)) is Outcome.RETRIEVE_LATER
    assert first_outcome(PLAIN, Moment(0.0, NOON - timedelta(seconds=1), True)) is Outcome.RETRIEVE_LATER
