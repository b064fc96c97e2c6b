"""The local list on the 1.6 wire: what is read, what is asked of the core, what is answered."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from chargepoint.charging.commands import Refusal, UpdateLocalList, Verdict, VerdictStatus
from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode
from chargepoint.csms.v16 import local_list
from chargepoint.csms.v16.local_list import update_status
from chargepoint.model.local_list import ListEntry, ListSummary, ListUpdate
from chargepoint.model.tokens import AuthorizationStatus, IdToken, TokenKind, TokenVerdict
from unit.csms.v16.asking import ask, status_of
from unit.csms.v16.fakes import Surroundings
from unit.csms.v16.schema_check import words


def token(value: str) -> IdToken:
    return IdToken(value, TokenKind.UNTYPED)


def wire(version: int, *entries: dict[str, Any], kind: str = "Full") -> dict[str, Any]:
    return {"listVersion": version, "updateType": kind, "localAuthorizationList": list(entries)}


async def test_an_update_reaches_the_core_with_every_field(dialect: Dialect, around: Surroundings) -> None:
    info = {"status": "Accepted", "expiryDate": "2027-01-01T00:00:00+01:00", "parentIdTag": "FLEET"}
    removal = {"idTag": "B"}
    payload = wire(7, {"idTag": "a", "idTagInfo": info}, removal, kind="Differential")
    assert await status_of(dialect, "SendLocalList", payload) == "Accepted"
    until = datetime(2026, 12, 31, 23, tzinfo=UTC)
    verdict = TokenVerdict(AuthorizationStatus.ACCEPTED, token("FLEET"), until)
    entries = (ListEntry(token("a"), verdict), ListEntry(token("B"), None))
    assert around.station.commands == [UpdateLocalList(ListUpdate(7, False, entries), empty_list_has_version=False)]


async def test_a_list_may_be_left_out_or_empty(dialect: Dialect, around: Surroundings) -> None:
    await status_of(dialect, "SendLocalList", {"listVersion": 1, "updateType": "Full"})
    await status_of(dialect, "SendLocalList", wire(1))
    assert around.station.commands == [UpdateLocalList(ListUpdate(1, True), empty_list_has_version=False)] * 2


async def test_a_date_that_is_none_refuses_the_whole_update_by_name(dialect: Dialect, around: Surroundings) -> None:
    good = {"idTag": "GOOD", "idTagInfo": {"status": "Accepted"}}
    bad = {"idTag": "04A2B3C4", "idTagInfo": {"status": "Accepted", "expiryDate": "soon"}}
    with pytest.raises(CallRefusedError, match="expiryDate of …B3C4") as refused:
        await dialect.serve("SendLocalList", wire(1, good, bad))
    assert refused.value.code is ErrorCode.PROPERTY_CONSTRAINT
    assert around.station.commands == []


def test_every_verdict_has_a_word() -> None:
    said = {update_status(Verdict(status)) for status in VerdictStatus}
    said.add(update_status(Verdict(VerdictStatus.REJECTED, refusal=Refusal.VERSION_MISMATCH)))
    assert said == words("UpdateStatus") == {"Accepted", "Failed", "NotSupported", "VersionMismatch"}
    assert set(local_list.UPDATE_STATUS) == set(VerdictStatus)


@pytest.mark.parametrize(
    ("summary", "version"),
    [
        (ListSummary(True, 7, 2), 7),
        (ListSummary(True, 7, 0), 0),
        (ListSummary(True), 0),
        (ListSummary(False, 7, 2), -1),
    ],
)
async def test_the_version_of_an_empty_list_is_0_and_of_none_at_all_minus_1(
    dialect: Dialect, around: Surroundings, summary: ListSummary, version: int
) -> None:
    around.station.local_list = summary
    assert await ask(dialect, "GetLocalListVersion", {}) == {"listVersion": version}


async def test_too_many_entries_are_refused_before_they_are_read(dialect: Dialect, around: Surroundings) -> None:
    entries = [{"idTag": str(number), "idTagInfo": {"status": "Accepted"}} for number in range(6)]
    with pytest.raises(CallRefusedError, match="SendLocalListMaxLength is 5") as refused:
        await dialect.serve("SendLocalList", wire(1, *entries))
    assert refused.value.code is ErrorCode.OCCURRENCE_CONSTRAINT
    assert await status_of(dialect, "SendLocalList", wire(1, *entries[:5])) == "Accepted"


async def test_others_have_their_turn_while_a_long_list_is_read(dialect: Dialect, around: Surroundings) -> None:
    around.settings.texts["longest_update"] = "10000"
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    entries = [{"idTag": str(number), "idTagInfo": {"status": "Accepted"}} for number in range(5000)]
    await dialect.serve("SendLocalList", wire(1, *entries))
    ticking.cancel()
    assert turns >= 10
