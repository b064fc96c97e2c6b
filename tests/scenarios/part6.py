"""The reusable states of OCPP 2.0.1 part 6, with their validations: each test case puts its steps between them.

The station's TransactionEvents are taken one after the other, as the test tool does; meter values on their own are
passed over.
"""

from collections.abc import Sequence
from typing import Any

from chargepoint_hal.bench.ev import EvChange, PlugIn
from scenarios.stories import calls_of_station
from support.rig import KNOWN_TOKEN, Rig

Json = dict[str, Any]
SAMPLES = frozenset({"MeterValuePeriodic", "MeterValueClock"})
ENDS_OF_AUTHORIZATION = frozenset({"Authorized", "PowerPathClosed", "EnergyTransfer"})
STANDARD_START = ("PowerPathClosed",)
STANDARD_STOP = ("EVConnected", "Authorized")


def id_token(card: str = KNOWN_TOKEN, kind: str = "ISO14443") -> Json:
    return {"idToken": card, "type": kind}


async def ask(rig: Rig, action: str, payload: Json | None = None, *, strict: bool = True) -> Json:
    """A request of the CSMS, and the answer to it, which is in its schema."""
    answer = await rig.csms.call(action, payload or {}, strict)
    assert answer.error is None, answer
    assert answer.schema_errors == ()
    return dict(answer.payload or {})


async def put(rig: Rig, **wanted: str | bool | int) -> None:
    """Set variables by `Component__Variable` or `Component__Variable__Instance`; all are accepted."""
    data = []
    for name, value in wanted.items():
        component, variable, *instance = name.split("__")
        about = {"name": variable} | ({"instance": instance[0]} if instance else {})
        text = str(value).lower() if isinstance(value, bool) else str(value)
        data.append({"component": {"name": component}, "variable": about, "attributeValue": text})
    answer = await ask(rig, "SetVariables", {"setVariableData": data})
    statuses = [result["attributeStatus"] for result in answer["setVariableResult"]]
    assert statuses == ["Accepted"] * len(data), answer


async def read(rig: Rig, component: str, variable: str, instance: str | None = None) -> str:
    about = {"name": variable} | ({"instance": instance} if instance else {})
    wanted = {"component": {"name": component}, "variable": about}
    (result,) = (await ask(rig, "GetVariables", {"getVariableData": [wanted]}))["getVariableResult"]
    assert result["attributeStatus"] == "Accepted", result
    return str(result["attributeValue"])


class TestTool:
    """The other side of a test case: it knows where transactions start and stop, and what has been seen so far."""

    __test__ = False

    def __init__(
        self,
        rig: Rig,
        start: Sequence[str] = STANDARD_START,
        stop: Sequence[str] = STANDARD_STOP,
        *,
        card: str = KNOWN_TOKEN,
        evse: int = 1,
    ) -> None:
        self.rig = rig
        self.start, self.stop = frozenset(start), frozenset(stop)
        self.card, self.evse = card, evse
        self.transaction_id: str | None = None
        self.is_ended = False
        self.is_connected = False
        self.is_authorized = False
        self._taken = 0
        self._token_is_told = False

    async def configure(self, **more: str | bool | int) -> "TestTool":
        """Before: the points, and what the test case wants besides."""
        points = {"TxCtrlr__TxStartPoint": ",".join(self.start), "TxCtrlr__TxStopPoint": ",".join(self.stop)}
        await put(self.rig, **points, **more)
        return self

    # TransactionEvents

    def waiting(self) -> list[Json]:
        """Events that nobody has taken yet, without meter values on their own."""
        events = calls_of_station(self.rig, "TransactionEvent")[self._taken :]
        return [event for event in events if event["triggerReason"] not in SAMPLES]

    async def event(self, within_seconds: float = 30.0) -> Json:
        """The next one; its place in the transaction is right."""
        await self.rig.until(lambda: bool(self.waiting()), within_seconds, "the next TransactionEvent")
        event = self.waiting()[0]
        self._taken = calls_of_station(self.rig, "TransactionEvent").index(event, self._taken) + 1
        about = event["transactionInfo"]
        if event["eventType"] == "Started":
            assert self.transaction_id is None, event
            self.transaction_id, self.is_ended, self._token_is_told = about["transactionId"], False, False
        assert about["transactionId"] == self.transaction_id, event
        if event["eventType"] == "Ended":
            self.is_ended, self.transaction_id = True, None
        return event

    async def nothing(self, seconds: float = 10.0) -> None:
        """No TransactionEvent comes but for samples."""
        await self.rig.wait(seconds)
        assert self.waiting() == []

    def forget(self) -> None:
        """Take everything that has come."""
        self._taken = len(calls_of_station(self.rig, "TransactionEvent"))

    @property
    def is_started(self) -> bool:
        return self.transaction_id is not None

    async def status(self, word: str) -> None:
        await self.rig.until(lambda: self.rig.csms.record.status(self.evse) == word, 15, f"the status {word}")

    def has_token(self, event: Json) -> None:
        assert event["idToken"]["idToken"] == self.card, event
        self._token_is_told = True

    # Reusable states

    async def ev_connected_pre_session(self, plug: PlugIn | None = None) -> None:
        """EVConnectedPreSession; also part 1 of EnergyTransferStarted."""
        self.rig.plug_in(self.evse, plug)
        await self.status("Occupied")
        self.is_connected = True
        was_started = self.is_started
        is_point = "EVConnected" in self.start or ("PowerPathClosed" in self.start and self.is_authorized)
        if not was_started and not is_point:
            return
        event = await self.event()
        assert event["eventType"] == ("Updated" if was_started else "Started"), event
        assert event["triggerReason"] in ("CablePluggedIn", "ChargingStateChanged", "RemoteStart"), event
        assert event["transactionInfo"]["chargingState"] in ("EVConnected", "SuspendedEVSE", "Charging"), event
        assert event["evse"] == {"id": self.evse, "connectorId": 1}, event
        if self.is_authorized and not self._token_is_told:
            self.has_token(event)

    async def authorized(self, *, remote: bool = False, asks: bool = True) -> Json | None:
        """Authorized, A by the card or B from afar; the event that tells of it, where one is due."""
        asked = len(calls_of_station(self.rig, "Authorize"))
        was_started = self.is_started
        if remote:
            payload = {"idToken": id_token(self.card), "remoteStartId": 77, "evseId": self.evse}
            answer = await ask(self.rig, "RequestStartTransaction", payload)
            assert answer["status"] == "Accepted", answer
            assert answer.get("transactionId") == (self.transaction_id if was_started else None), answer
        else:
            await self.rig.swipe(self.card, evses=(self.evse,))
            assert len(calls_of_station(self.rig, "Authorize")) == asked + asks
        self.is_authorized = True
        is_point = "Authorized" in self.start or ("PowerPathClosed" in self.start and self.is_connected)
        if not was_started and not is_point:
            return None
        event = await self.event()
        assert event["eventType"] == ("Updated" if was_started else "Started"), event
        assert event["triggerReason"] == ("RemoteStart" if remote else "Authorized"), event
        assert ("remoteStartId" in event["transactionInfo"]) is remote
        self.has_token(event)
        return event

    async def energy_transfer_started(self, *, remote: bool = False) -> Json:
        """EnergyTransferStarted; the event with Charging."""
        if not self.is_authorized:
            await self.authorized(remote=remote)
        if not self.is_connected:
            await self.ev_connected_pre_session()
        await self.rig.until(lambda: self.rig.is_live(self.evse), 30, "energy")
        was_started = self.is_started
        event = await self.event()
        assert event["transactionInfo"]["chargingState"] == "Charging", event
        if was_started:
            assert event["triggerReason"] == "ChargingStateChanged", event
        return event

    async def energy_transfer_suspended(self) -> Json:
        """EnergyTransferSuspended, by the EV."""
        if not self.rig.is_live(self.evse):
            await self.energy_transfer_started()
        await self.rig.wait(10)
        self.rig.ev(EvChange(ready=False), self.evse)
        event = await self.event()
        assert event["triggerReason"] == "ChargingStateChanged", event
        if event["eventType"] == "Ended":
            assert event["transactionInfo"]["stoppedReason"] == "StoppedByEV", event
            self.is_authorized = False
        assert event["transactionInfo"]["chargingState"] in ("EVConnected", "SuspendedEV"), event
        return event

    async def stop_authorized(self, *, remote: bool = False) -> Json:
        """StopAuthorized, A by the card or B from afar; the event that tells of it."""
        if not self.rig.is_live(self.evse):
            await self.energy_transfer_started()
        await self.rig.wait(10)
        if remote:
            answer = await ask(self.rig, "RequestStopTransaction", {"transactionId": self.transaction_id})
            assert answer["status"] == "Accepted", answer
        else:
            await self.rig.swipe(self.card, evses=(self.evse,))
        event = await self.event()
        assert event["triggerReason"] == ("RemoteStop" if remote else "StopAuthorized"), event
        if remote:
            assert "idToken" not in event
        else:
            assert event["idToken"]["idToken"] == self.card, event
        if self.stop & ENDS_OF_AUTHORIZATION:
            assert event["eventType"] == "Ended", event
            assert event["transactionInfo"]["stoppedReason"] == ("Remote" if remote else "Local"), event
        else:
            assert event["eventType"] == "Updated", event
        self.is_authorized = False
        await self.rig.until(lambda: not self.rig.is_live(self.evse), 10, "no energy without an authorisation")
        return event

    async def ev_connected_post_session(self) -> None:
        """EVConnectedPostSession: no energy any more, and none without a new authorisation."""
        if self.rig.is_live(self.evse) or not self.is_connected:
            await self.stop_authorized()
        if not self.is_ended:
            event = await self.event()
            assert event["eventType"] == "Updated", event
            assert event["triggerReason"] == "ChargingStateChanged", event
            assert event["transactionInfo"]["chargingState"] == "EVConnected", event
        assert not self.rig.is_live(self.evse)

    async def ev_disconnected(self) -> Json | None:
        """EVDisconnected; the event that tells of it, where the transaction lasted until then."""
        self.rig.plug_out(self.evse)
        self.is_connected = False
        await self.status("Available")
        if self.is_ended or not self.is_started:
            return None
        event = await self.event()
        assert event["triggerReason"] == "EVCommunicationLost", event
        assert event["transactionInfo"]["chargingState"] == "Idle", event
        return event
