"""What HTTP says, in this room's words: statuses, redirections, ranges, versions of a file."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin

from chargepoint.transfer.file_url import FileUrl, read_file_url
from chargepoint.transfer.outcomes import TransferError, TransferFault
from chargepoint.transfer.partial_file import Version

FAULT_OF_STATUS: Mapping[int, TransferFault] = {
    400: TransferFault.NOT_UNDERSTOOD,
    401: TransferFault.PERMISSION_DENIED,
    403: TransferFault.PERMISSION_DENIED,
    404: TransferFault.NOT_FOUND,
    405: TransferFault.NOT_SUPPORTED,
    407: TransferFault.PERMISSION_DENIED,
    408: TransferFault.SERVER_BUSY,
    410: TransferFault.NOT_FOUND,
    411: TransferFault.NOT_UNDERSTOOD,
    415: TransferFault.NOT_UNDERSTOOD,
    425: TransferFault.SERVER_BUSY,
    429: TransferFault.SERVER_BUSY,
    501: TransferFault.NOT_SUPPORTED,
    505: TransferFault.NOT_SUPPORTED,
}
"""Any other of 500 and more is SERVER_BUSY, any other at all REFUSED."""
REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD = frozenset({301, 302, 307, 308})
"""303 would have a file that is brought become a question."""


def refused(status: int, url: FileUrl) -> TransferError:
    fault = FAULT_OF_STATUS.get(status, TransferFault.SERVER_BUSY if status >= 500 else TransferFault.REFUSED)
    return TransferError(fault, f"{url} answered HTTP {status} ({fault.value}): check the location and its permissions")


def redirected(url: FileUrl, location: str | None) -> FileUrl:
    """Where it goes on. Credentials go along to the same host and port only, and never from https to http."""
    if not location:
        raise TransferError(TransferFault.BAD_ADDRESS, f"{url} redirects to nowhere: give the final URL")
    target = read_file_url(urljoin(url.address, location))
    if target.scheme not in {"http", "https"} or (url.is_secured and not target.is_secured):
        raise TransferError(
            TransferFault.BAD_ADDRESS, f"{url} redirects to {target}, which is not followed: give the final URL"
        )
    if target.user is None and _place(target) == _place(url):
        return replace(target, user=url.user, password=url.password)
    return target


def version_of(headers: Mapping[str, str], total_bytes: int | None) -> Version:
    """A weak ETag cannot promise equal bytes."""
    etag = headers.get("ETag", "")
    validator = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified", "")
    return Version(validator, total_bytes)


def is_another(status: int, headers: Mapping[str, str], kept: Version) -> bool:
    """What is kept cannot be gone on with: more than there is, or (from a server that does not know If-Range by ETag)
    the rest of a changed file."""
    shown = version_of(headers, None).validator
    return status == 416 or (status == 206 and bool(shown) and shown != kept.validator)


def length_of(headers: Mapping[str, str]) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() else None


def range_of(headers: Mapping[str, str]) -> tuple[int, int | None] | None:
    """(first byte, whole size or unknown) of `bytes 5-9/10`; None where it makes no sense."""
    unit, _, rest = headers.get("Content-Range", "").partition(" ")
    span, _, total = rest.partition("/")
    first, _, _ = span.partition("-")
    if unit.lower() != "bytes" or not _is_number(first) or not (_is_number(total) or total == "*"):
        return None
    return int(first), None if total == "*" else int(total)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _place(url: FileUrl) -> tuple[str, int]:
    return url.host.lower(), url.port or (443 if url.is_secured else 80)
