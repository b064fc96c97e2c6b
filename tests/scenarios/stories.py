"""What the stories share: telling one under both dialects, the CSMS operator's orders, and what must hold at the end.

The measure is what the CSMS has in its books beside what really happened on the wires; never the station's own word.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargepoint.csms.v16.vocabulary import STOP_REASON
from chargepoint.model.transactions import StopReason
from chargepoint.settings.setting import AnySetting
from dev_csms.outcomes import CallAnswer
from dev_csms.records import AnomalyKind
from dev_csms.transactions import CsmsTransaction
from dev_csms.wire import Version
from support.rig import START_WH, Rig
from support.virtual_time import run_virtual

VERSIONS = ("1.6", "2.0.1")
under_both = pytest.mark.parametrize("version", VERSIONS)

ENERGY_TOLERANCE_WH = 1.0
"""1.6 bills whole Wh."""
TIME_TOLERANCE = timedelta(seconds=1)

UNKNOWN_CARDS = {"allow_offline_tx_for_unknown_id": "true"}

Story = Callable[[Rig], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Account:
    """One transaction as both versions can tell it."""

    evse_id: int | None
    id_token: str | None
    start_at: datetime | None
    stop_at: datetime | None
    energy_wh: float | None
    stop_reason: str | None
    """In 1.6's words."""


def tell(
    directory: Path, version: str, story: Story, *, provoked: Collection[AnomalyKind] = (), **options: Any
) -> None:
    """Run a story under one version; the books must be clean at its end, but for what the story provokes."""

    async def whole() -> None:
        async with Rig(directory, version, **options) as rig:
            await at_rest(rig)
            await story(rig)
            assert_clean(rig, provoked)

    run_virtual(whole())


def tell_twice(directory: Path, story: Story, *, provoked: Collection[AnomalyKind] = (), **options: Any) -> None:
    """Run a story under both versions: clean books, every Wh billed, and both CSMSs have the same in theirs."""
    accounts: dict[str, list[Account]] = {}

    async def whole(version: str) -> None:
        home = directory / version
        home.mkdir()
        async with Rig(home, version, **options) as rig:
            await at_rest(rig)
            await story(rig)
            await all_told(rig)
            assert_clean(rig, provoked)
            assert_all_billed(rig)
            accounts[version] = [account_of(transaction) for transaction in rig.csms.core.transactions]

    for version in VERSIONS:
        run_virtual(whole(version))
    assert_agreement(accounts["1.6"], accounts["2.0.1"])


async def at_rest(rig: Rig) -> None:
    """Wait until the station has said that it is free."""
    await rig.until(lambda: rig.csms.record.status(len(rig.config.evse)) is not None, 10, "the first status")


async def all_told(rig: Rig) -> None:
    """Wait until no transaction is open any more and the CSMS knows everything."""
    await rig.until(lambda: all(rig.snapshot(row.id).transaction is None for row in rig.config.evse), 60, "all ended")
    await rig.drained()
    await rig.wait(1)


async def start_offline(rig: Rig) -> None:
    """The network goes, then somebody plugs in and swipes."""
    rig.csms.go_offline()
    await rig.wait(2)
    rig.plug_in()
    await rig.wait(2)
    await rig.swipe()


async def reconnect(rig: Rig) -> None:
    """The network is back, and somebody presses connect instead of waiting for the back-off."""
    rig.csms.come_back()
    assert rig.assembly is not None
    rig.assembly.client.open_now()
    await rig.until(lambda: rig.csms.channel is not None, 5, "the link")


def assert_agreement(in_1_6: list[Account], in_2_0_1: list[Account]) -> None:
    """Energy, times, reasons, tokens and places are the same."""
    assert len(in_1_6) == len(in_2_0_1), f"1.6: {in_1_6}\n2.0.1: {in_2_0_1}"
    for old, new in zip(in_1_6, in_2_0_1, strict=True):
        pair = f"\n1.6:   {old}\n2.0.1: {new}"
        assert (old.evse_id, old.id_token) == (new.evse_id, new.id_token), pair
        assert old.stop_reason == new.stop_reason, pair
        assert old.energy_wh == pytest.approx(new.energy_wh, abs=2 * ENERGY_TOLERANCE_WH), pair
        for earlier, later in ((old.start_at, new.start_at), (old.stop_at, new.stop_at)):
            assert earlier is not None, pair
            assert later is not None, pair
            assert abs(earlier - later) <= TIME_TOLERANCE, pair


def account_of(transaction: CsmsTransaction) -> Account:
    reason = transaction.stop_reason
    if reason is not None and transaction.version is Version.V201:
        reason = STOP_REASON[StopReason(reason)]
    return Account(
        transaction.evse_id,
        transaction.id_token,
        transaction.start_at,
        transaction.stop_at,
        transaction.energy_wh,
        reason,
    )


def assert_clean(rig: Rig, provoked: Collection[AnomalyKind] = ()) -> None:
    """Nothing left its schema, and nothing was said that a correct station never says."""
    record = rig.csms.record
    assert record.schema_errors == [], record.schema_errors
    surprising = [anomaly for anomaly in record.anomalies if anomaly.kind not in provoked]
    assert surprising == [], surprising


def assert_all_billed(rig: Rig) -> None:
    """Every Wh that flowed is on a bill, and no other."""
    flowed_wh = sum(rig.energy_wh(row.id) - START_WH for row in rig.config.evse)
    bill = rig.csms.core.bill()
    assert bill.unknown == []
    tolerance = ENERGY_TOLERANCE_WH * max(1, len(rig.csms.core.transactions))
    assert bill.energy_wh == pytest.approx(flowed_wh, abs=tolerance)
    assert not any(transaction.is_running for transaction in rig.csms.core.transactions)


def only_transaction(rig: Rig) -> CsmsTransaction:
    """The CSMS's one transaction."""
    transactions: list[CsmsTransaction] = rig.csms.core.transactions
    assert len(transactions) == 1, f"{len(transactions)} transactions\n{rig.describe()}"
    return transactions[0]


def is_1_6(rig: Rig) -> bool:
    return bool(rig.csms.record.version is Version.V16)


def told_statuses(rig: Rig, evse: int = 1) -> list[str]:
    """What the CSMS was told about an EVSE, repeats in a row left out."""
    words = [note.status for note in rig.csms.record.statuses if note.evse_id == evse]
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1]]


def calls_of_station(rig: Rig, action: str | None = None) -> list[dict[str, Any]]:
    """Payloads of the station's CALLs, in order."""
    frames = [json.loads(frame.text) for frame in rig.csms.core.frames if frame.direction == "from_station"]
    return [frame[3] for frame in frames if frame[0] == 2 and action in (None, frame[2])]


def charging_states(rig: Rig) -> list[str]:
    """The charging states of 2.0.1's transaction events, repeats in a row left out."""
    infos = [payload["transactionInfo"] for payload in calls_of_station(rig, "TransactionEvent")]
    words = [str(info["chargingState"]) for info in infos if "chargingState" in info]
    return [word for index, word in enumerate(words) if index == 0 or word != words[index - 1]]


async def ask(rig: Rig, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request of the CSMS, which must be one and of its schema."""
    answer = await rig.csms.call(action, payload)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


class Operator:
    """Somebody at the CSMS's desk: the same order in the words of the version that is spoken."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    async def ask(self, action_1_6: str, payload_1_6: Mapping[str, Any], action_2_0_1: str, payload: Any) -> CallAnswer:
        if is_1_6(self._rig):
            return await self._rig.csms.call(action_1_6, dict(payload_1_6))
        return await self._rig.csms.call(action_2_0_1, dict(payload))

    async def start(self, evse: int | None = 1, token: str = "REMOTE01") -> str:
        place_1_6 = {} if evse is None else {"connectorId": evse}
        place = {} if evse is None else {"evseId": evse}
        id_token = {"idToken": token, "type": "ISO14443"}
        answer = await self.ask(
            "RemoteStartTransaction",
            {"idTag": token, **place_1_6},
            "RequestStartTransaction",
            {"idToken": id_token, "remoteStartId": 7, **place},
        )
        return status_of(answer)

    async def stop(self, transaction_id: int | str) -> str:
        payload = {"transactionId": transaction_id}
        return status_of(await self.ask("RemoteStopTransaction", payload, "RequestStopTransaction", payload))

    async def make(self, word: str, evse: int | None = None) -> str:
        """`word`: Operative or Inoperative."""
        place = {} if evse is None else {"evse": {"id": evse}}
        answer = await self.ask(
            "ChangeAvailability",
            {"connectorId": evse or 0, "type": word},
            "ChangeAvailability",
            {"operationalStatus": word, **place},
        )
        return status_of(answer)

    async def unlock(self, evse: int = 1) -> str:
        answer = await self.ask(
            "UnlockConnector", {"connectorId": evse}, "UnlockConnector", {"evseId": evse, "connectorId": 1}
        )
        return status_of(answer)

    async def reset(self, kind_1_6: str, kind_2_0_1: str) -> str:
        return status_of(await self.ask("Reset", {"type": kind_1_6}, "Reset", {"type": kind_2_0_1}))

    async def clear_cache(self) -> str:
        return status_of(await self.ask("ClearCache", {}, "ClearCache", {}))

    async def trigger(self, message: str, evse: int | None = None) -> str:
        place_1_6 = {} if evse is None else {"connectorId": evse}
        place = {} if evse is None else {"evse": {"id": evse}}
        payload = {"requestedMessage": message}
        answer = await self.ask("TriggerMessage", payload | place_1_6, "TriggerMessage", payload | place)
        return status_of(answer)

    async def change(self, setting: AnySetting, value: str) -> str:
        """Change a setting by its name in this version."""
        place = setting.variable_2_0_1
        assert place is not None, f"{setting.name} is not known to 2.0.1"
        variable = {"name": place.variable} | ({"instance": place.instance} if place.instance else {})
        wanted = {"component": {"name": place.component}, "variable": variable, "attributeValue": value}
        answer = await self.ask(
            "ChangeConfiguration",
            {"key": setting.key_1_6, "value": value},
            "SetVariables",
            {"setVariableData": [wanted]},
        )
        assert answer.payload is not None
        if is_1_6(self._rig):
            return str(answer.payload["status"])
        return str(answer.payload["setVariableResult"][0]["attributeStatus"])

    async def read(self, setting: AnySetting) -> str | None:
        """The value of a setting as this version tells it."""
        place = setting.variable_2_0_1
        assert place is not None, f"{setting.name} is not known to 2.0.1"
        variable = {"name": place.variable} | ({"instance": place.instance} if place.instance else {})
        wanted = {"component": {"name": place.component}, "variable": variable}
        answer = await self.ask(
            "GetConfiguration", {"key": [setting.key_1_6]}, "GetVariables", {"getVariableData": [wanted]}
        )
        assert answer.payload is not None
        if is_1_6(self._rig):
            value = answer.payload["configurationKey"][0].get("value")
        else:
            value = answer.payload["getVariableResult"][0].get("attributeValue")
        return None if value is None else str(value)


def status_of(answer: CallAnswer) -> str:
    """The status word of an answer; an error is told whole."""
    assert answer.payload is not None, f"refused: {answer.error}"
    return str(answer.payload["status"])
