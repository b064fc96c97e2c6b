"""Block D: SendLocalList and GetLocalListVersion, and what the device model says of the list."""

import asyncio
from datetime import datetime

from chargepoint.charging.commands import Refusal, UpdateLocalList, Verdict, VerdictStatus
from chargepoint.charging.ports import SettingsPort, StationPort
from chargepoint.charging.snapshot import StationSnapshot
from chargepoint.csms.dialect import CallRefusedError, ErrorCode, JsonObject
from chargepoint.csms.v201.answers import answer
from chargepoint.csms.v201.authorization import read_token, read_token_verdict
from chargepoint.csms.v201.device_model import (
    Attribute,
    Characteristics,
    Component,
    DataType,
    DeviceModel,
    LiveReader,
    ModelVariable,
    Mutability,
    Variable,
)
from chargepoint.csms.v201.message_limits import refuse_beyond
from chargepoint.csms.v201.wire_time import read_time
from chargepoint.model.local_list import ListEntry, ListUpdate
from chargepoint.model.tokens import IdToken
from chargepoint.settings import catalogue

CONTROLLER = "LocalAuthListCtrlr"
ENTRIES_AT_ONCE = 500
"""Read between two turns of the event loop: some milliseconds."""
NO_LIST = 0
"""versionNumber where there is no list, or where it is turned off (D02.FR.02, D02.FR.03)."""

UPDATE_REASON: dict[VerdictStatus, str | None] = {
    **dict.fromkeys(VerdictStatus, "Unspecified"),
    VerdictStatus.ACCEPTED: None,
    VerdictStatus.REJECTED: "InvalidValue",
    VerdictStatus.NOT_SUPPORTED: "NotEnabled",
}


class LocalListBlock:
    """Requests of the CSMS about the local authorisation list."""

    def __init__(self, station: StationPort, model: DeviceModel) -> None:
        self._station = station
        self._model = model

    async def send_local_list(self, payload: JsonObject) -> JsonObject:
        """D01. What is too long is a CALLERROR: the same message would fail again (D01.FR.11)."""
        wires: list[JsonObject] = payload.get("localAuthorizationList") or []
        refuse_beyond(self._model, (CONTROLLER, None), payload, len(wires))
        entries: list[ListEntry] = []
        for start in range(0, len(wires), ENTRIES_AT_ONCE):
            entries += [read_entry(wire) for wire in wires[start : start + ENTRIES_AT_ONCE]]
            await asyncio.sleep(0)
        update = ListUpdate(payload["versionNumber"], payload["updateType"] == "Full", tuple(entries))
        return update_answer(await self._station.execute(UpdateLocalList(update)))

    async def get_local_list_version(self, _payload: JsonObject) -> JsonObject:
        """D02: an empty list that the CSMS has sent has a version too (D01.FR.04)."""
        summary = self._station.snapshot().local_list
        return {"versionNumber": summary.version if summary.is_enabled else NO_LIST}


def update_answer(verdict: Verdict) -> JsonObject:
    if verdict.refusal is Refusal.VERSION_MISMATCH:
        return answer("VersionMismatch", "InvalidValue", verdict.reason)
    if verdict.status is VerdictStatus.ACCEPTED:
        return answer("Accepted")
    return answer("Failed", UPDATE_REASON[verdict.status], verdict.reason)


def read_entry(wire: JsonObject) -> ListEntry:
    """A schema-valid AuthorizationData; CallRefusedError for a date that is none: a list never knows half."""
    token = read_token(wire["idToken"])
    if token is None or not token.value:
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, "idToken.idToken: an entry needs one")
    info = wire.get("idTokenInfo")
    if info is None:
        return ListEntry(token, None)
    _check_time(token, info.get("cacheExpiryDateTime"))
    return ListEntry(token, read_token_verdict(info))


def _check_time(token: IdToken, text: object) -> None:
    try:
        if text is not None:
            read_time(text)
    except ValueError as error:
        what = f"cacheExpiryDateTime of {token.redacted}: {error}"
        raise CallRefusedError(ErrorCode.PROPERTY_CONSTRAINT, what) from error


def list_variables(settings: SettingsPort) -> tuple[ModelVariable, ...]:
    """What is no setting: that there is a list, that its entries expire (C13.FR.05), how long it is (D01.FR.12)."""
    longest = settings.get(catalogue.LOCAL_AUTH_LIST_MAX_LENGTH)
    boolean = Characteristics(DataType.BOOLEAN)
    length = Characteristics(DataType.INTEGER, minimum=0, maximum=longest)
    return (
        _variable("Available", boolean, _is_true),
        _variable("SupportsExpiryDateTime", boolean, _is_true),
        _variable("Entries", length, lambda snapshot, _utc: str(snapshot.local_list.length)),
    )


def _variable(name: str, characteristics: Characteristics, read: LiveReader) -> ModelVariable:
    attributes = {"Actual": Attribute(Mutability.READ_ONLY, read)}
    return ModelVariable(Component(CONTROLLER), Variable(name), characteristics, attributes)


def _is_true(_snapshot: StationSnapshot, _utc: datetime) -> str:
    return "true"
