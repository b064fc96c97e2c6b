"""Locations as CSMS write them: what is refused, what is shown, and where a file goes."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargepoint.transfer.file_url import read_file_url, url_of_file
from chargepoint.transfer.outcomes import TransferError, TransferFailed, TransferFault
from unit.transfer.asking import transfer, upload


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", TransferFault.UNKNOWN_SCHEME),
        ("/tmp/x", TransferFault.UNKNOWN_SCHEME),
        ("host/dir", TransferFault.UNKNOWN_SCHEME),
        ("sftp://host/x", TransferFault.UNKNOWN_SCHEME),
        ("file:///etc/passwd", TransferFault.UNKNOWN_SCHEME),
        ("javascript:alert(1)", TransferFault.UNKNOWN_SCHEME),
        ("http://", TransferFault.BAD_ADDRESS),
        ("http:///path", TransferFault.BAD_ADDRESS),
        ("ftp://user:secret@/x", TransferFault.BAD_ADDRESS),
        ("http://host:notaport/", TransferFault.BAD_ADDRESS),
        ("http://host:99999/", TransferFault.BAD_ADDRESS),
        ("http://[::1/x", TransferFault.BAD_ADDRESS),
        ("ftp://host/a%0d%0aDELE%20b", TransferFault.BAD_ADDRESS),
    ],
)
def test_what_is_no_location_is_refused_with_a_reason(text: str, fault: TransferFault) -> None:
    with pytest.raises(TransferError) as refused:
        read_file_url(text)
    assert refused.value.failure.fault is fault
    assert "secret" not in str(refused.value)


def test_nothing_secret_is_shown() -> None:
    url = read_file_url("https://me:canary%40@host:8443/dir/file?signature=canary")
    assert (url.user, url.password) == ("me", "canary@")
    assert str(url) == "https://host:8443/dir/file?…"
    assert "canary" not in repr(url)
    assert url.address == "https://host:8443/dir/file?signature=canary"


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("https://host/logs/", "https://host/logs/a%20b.zip"),
        ("https://host/logs", "https://host/logs/a%20b.zip"),
        ("https://host", "https://host/a%20b.zip"),
        ("ftp://u:p@host:2121/logs", "ftp://u:p@host:2121/logs/a%20b.zip"),
        ("https://host/logs/mine.zip", "https://host/logs/mine.zip"),
        ("https://host/put?sig=1", "https://host/put?sig=1"),
        ("https://host/v1.2.3-logs", "https://host/v1.2.3-logs/a%20b.zip"),
        ("nonsense", "nonsense"),
        ("http://[::1/x", "http://[::1/x"),
    ],
)
def test_a_location_is_a_directory_unless_it_plainly_is_a_file(location: str, wanted: str) -> None:
    assert url_of_file(location, "a b.zip") == wanted


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    url_of_file(text, "x.zip")
    for location in (text, f"http://{text}", f"ftp://{text}/x"):
        with suppress(TransferError):
            assert read_file_url(location).host


async def test_a_transfer_gives_bad_locations_as_values() -> None:
    outcome = await transfer().upload(upload("gopher://host/x", Path("x")))
    assert isinstance(outcome, TransferFailed)
    assert "ftp, ftps, http, https" in outcome.text
