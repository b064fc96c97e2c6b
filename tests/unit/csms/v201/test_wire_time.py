"""Times on the wire: strict out, lenient in."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargepoint.csms.v201.wire_time import read_time, read_time_leniently, write_time

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HALF_PAST = datetime(2026, 5, 1, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01T10:30:00Z",
        "2026-05-01T10:30:00.000Z",
        "2026-05-01T10:30:00.0000000001Z",
        "2026-05-01T12:30:00+02:00",
        "2026-05-01T12:30:00+02",
        "2026-05-01T12:30:00+0200",
        "2026-05-01T10:30:00",
        "2026-05-01 10:30:00z",
        "2026-05-01t10:30:00-00:00",
    ],
)
def test_whatever_a_csms_means_is_understood(text: str) -> None:
    assert read_time(text) == HALF_PAST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-05-01",
        "2026-13-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "2026-05-01T25:00:00Z",
        12,
        None,
        True,
        [],
        "9" * 100_000,
        "٢٠٢٦-05-01T10:30:00Z",
    ],
)
def test_garbage_is_no_time(text: object) -> None:
    with pytest.raises(ValueError, match=r"wanted|real"):
        read_time(text)
    assert read_time_leniently(text) is None


def test_any_zone_goes_out_as_utc_with_milliseconds() -> None:
    there = datetime(2026, 5, 1, 12, 30, 0, 123999, tzinfo=timezone(timedelta(hours=2)))
    assert write_time(there) == "2026-05-01T10:30:00.123Z"


@settings(deadline=None)
@given(st.integers(0, 7_000_000_000_000_000).map(lambda each: EPOCH + timedelta(microseconds=each)))
def test_what_is_written_can_be_read_back(utc: datetime) -> None:
    assert abs(read_time(write_time(utc)) - utc) < timedelta(milliseconds=1)
