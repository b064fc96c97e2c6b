"""Every form of time that peers send is read; one form is written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chargepoint.csms.v16.wire_time import parse_time, read_time, write_time

UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FORMS = {
    "2026-05-01T12:00:00Z": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "2026-05-01T12:00:00.5Z": datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC),
    "2026-05-01T12:00:00.123456789Z": datetime(2026, 5, 1, 12, 0, 0, 123_456, tzinfo=UTC),
    "2026-05-01T12:00:00+02:00": datetime(2026, 5, 1, 10, tzinfo=UTC),
    "2026-05-01T12:00:00+0200": datetime(2026, 5, 1, 10, tzinfo=UTC),
    "2026-05-01T12:00:00+02": datetime(2026, 5, 1, 10, tzinfo=UTC),
    "2026-05-01T12:00:00-05:30": datetime(2026, 5, 1, 17, 30, tzinfo=UTC),
    "2026-05-01T12:00:00": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "2026-05-01 12:00:00": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "2026-05-01t12:00:00z": datetime(2026, 5, 1, 12, tzinfo=UTC),
    " 2026-05-01T12:00Z ": datetime(2026, 5, 1, 12, tzinfo=UTC),
    "20260501T120000Z": datetime(2026, 5, 1, 12, tzinfo=UTC),
}


@pytest.mark.parametrize("text", FORMS)
def test_reads_what_peers_send(text: str) -> None:
    assert parse_time(text) == FORMS[text]


@pytest.mark.parametrize(
    "text", ["", "noon", "2026-05-01", "2026-13-01T12:00:00Z", "0001-01-01T00:00:00+02:00", "1714564800"]
)
def test_refuses_what_is_no_time_and_quotes_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"got ") as refusal:
        parse_time(text)
    assert repr(text) in str(refusal.value)


@pytest.mark.parametrize("value", [None, 1714564800, ["2026-05-01T12:00:00Z"], "soon"])
def test_a_senseless_time_in_an_answer_is_left_out(value: object) -> None:
    assert read_time(value) is None


def test_writes_utc_with_milliseconds_and_z() -> None:
    berlin = timezone(timedelta(hours=2))
    assert write_time(datetime(2026, 5, 1, 14, 0, 0, 9_999, tzinfo=berlin)) == "2026-05-01T12:00:00.009Z"
    assert write_time(datetime(2026, 5, 1, 12, tzinfo=UTC)) == "2026-05-01T12:00:00.000Z"


@UNTIMED
@given(st.datetimes(timezones=st.just(UTC)))
def test_what_is_written_is_read_back_to_the_millisecond(utc: datetime) -> None:
    assert timedelta(0) <= utc - parse_time(write_time(utc)) < timedelta(milliseconds=1)


@UNTIMED
@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_writing_keeps_the_order(one: datetime, other: datetime) -> None:
    first, second = sorted([one, other])
    assert write_time(first) <= write_time(second)
