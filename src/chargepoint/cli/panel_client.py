"""Asks a running station's local interface. The standard library is enough, and starts fast."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

PATIENCE_SECONDS = 5.0
CSMS_PATIENCE_SECONDS = 120.0
"""The CSMS has its message time-out."""
LARGEST_ANSWER_BYTES = 4_000_000

Json = dict[str, Any]


class PanelUnreachableError(Exception):
    """No status came, why, and what to do."""


def fetch_status(url: str) -> Json:
    """The body of `GET /api/status`."""
    answer = _asked(url, "/api/status")
    if not isinstance(answer.get("evses"), dict):
        raise _stranger(_address(url))
    return answer


def fetch_dead_letters(url: str) -> list[Json]:
    """What the CSMS never took, the youngest first."""
    letters = _asked(url, "/api/dead-letters").get("dead_letters")
    if not isinstance(letters, list):
        raise _stranger(_address(url))
    return [letter for letter in letters if isinstance(letter, dict)]


def send_again(url: str, row: int) -> list[int]:
    """Order it; the rows that are back in the queue."""
    return list(_asked(url, f"/api/dead-letters/{row}/send-again", b"").get("rows", []))


def transfer_data(url: str, fields: Json) -> Json:
    """Have a vendor's message sent; the CSMS's status and data."""
    return _asked(url, "/api/csms/data-transfer", json.dumps(fields).encode(), CSMS_PATIENCE_SECONDS)


def impose_site_limit(url: str, fields: Json) -> Json:
    """Set the site's limit; the station's verdict."""
    return _asked(url, "/api/site-limit", json.dumps(fields).encode())


def release_site_limit(url: str, source: str | None) -> Json:
    """Take the limit of one source away, or those of all."""
    return _asked(url, "/api/site-limit" + ("" if source is None else f"?source={quote(source)}"), method="DELETE")


def _asked(
    url: str,
    path: str,
    body: bytes | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    method: str | None = None,
) -> Json:
    """The JSON object that came back; an order when there is a body."""
    address = _address(url)
    opener = build_opener(ProxyHandler({}))  # loopback is never behind a proxy
    try:
        request = Request(f"{address}{path}", data=body, method=method)
        with opener.open(request, timeout=patience_seconds) as response:
            answer = json.loads(response.read(LARGEST_ANSWER_BYTES))
    except HTTPError as error:
        with error:
            raise PanelUnreachableError(f"{address}: refused the question: {_said(error)}") from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise PanelUnreachableError(
            f"{address}: no station answers ({reason}): start it with `chargepoint run`, "
            "or give --url (it is in panel.url in the station's run directory)"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _stranger(address) from error
    if not isinstance(answer, dict):
        raise _stranger(address)
    return answer


def _stranger(address: str) -> PanelUnreachableError:
    return PanelUnreachableError(f"{address}: what answers there is no charge point: give another --url")


def _address(url: str) -> str:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or not url.isprintable() or " " in url:
        raise PanelUnreachableError(f"{url!r} is no address of a local interface: write it like http://127.0.0.1:8080")
    return f"{parts.scheme}://{parts.netloc}"


def _said(error: HTTPError) -> str:
    """The interface's own words where it has any."""
    try:
        body = json.loads(error.read(LARGEST_ANSWER_BYTES))
        return f"{body['error']}: {body['what_to_do']}"
    except (ValueError, RecursionError, KeyError, TypeError, OSError):
        return f"HTTP {error.code}: is this a charge point? Give its address with --url"
