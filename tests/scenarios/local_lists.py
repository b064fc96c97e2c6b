"""Local authorization lists in the words of OCPP 2.0.1."""

from typing import Any

from scenarios.stories import ask
from support.rig import Rig


def entry(token: str, status: str | None = "Accepted", **info: Any) -> dict[str, Any]:
    """One of the list; without a status it is one to be removed."""
    wire: dict[str, Any] = {"idToken": {"idToken": token, "type": "ISO14443"}}
    return wire if status is None else {**wire, "idTokenInfo": {"status": status, **info}}


async def send(rig: Rig, version: int, *entries: dict[str, Any], kind: str = "Full") -> dict[str, Any]:
    payload: dict[str, Any] = {"versionNumber": version, "updateType": kind}
    if entries:
        payload["localAuthorizationList"] = list(entries)
    return await ask(rig, "SendLocalList", payload)
