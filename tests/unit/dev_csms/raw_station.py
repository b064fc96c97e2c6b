"""A station reduced to its socket, for tests of the development CSMS: sends frames, reads frames, knows nothing."""

import json
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from dev_csms import DevCsms

SUBPROTOCOL = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1"}
BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "Raw", "chargePointModel": "Socket"},
    "2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "Raw", "model": "Socket"}},
}


class RawStation:
    """One open connection."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._count = 0

    @classmethod
    async def connect(cls, url: str, *versions: str, **options: Any) -> Self:
        """Connect to `url`, offering `versions` in this order."""
        offered = [Subprotocol(SUBPROTOCOL[version]) for version in versions] or None
        return cls(await connect(url, subprotocols=offered, open_timeout=5, **options))

    @classmethod
    async def booted(cls, csms: DevCsms, version: str = "1.6", station: str = "CP1") -> Self:
        """Connect to a running CSMS as `station` and be accepted."""
        connected = await cls.connect(f"{csms.url}/{station}", version)
        assert (await connected.boot())["status"] == "Accepted"
        return connected

    async def send(self, action: str, payload: dict[str, Any]) -> str:
        """Send a CALL; its message id."""
        self._count += 1
        message_id = f"m{self._count}"
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        return message_id

    async def receive(self) -> Any:
        """The next frame, parsed."""
        return json.loads(await self.socket.recv())

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """Send a CALL and return the payload of its CALLRESULT."""
        message_id = await self.send(action, payload)
        frame = await self.receive()
        assert frame[:2] == [3, message_id], frame
        return frame[2]

    async def boot(self) -> Any:
        """BootNotification of the negotiated version."""
        return await self.call("BootNotification", BOOT["1.6" if self.socket.subprotocol == "ocpp1.6" else "2.0.1"])


def start_16(at: str = "2026-11-21T10:00:00Z", meter_start: int = 1000, connector: int = 1) -> dict[str, Any]:
    """A StartTransaction.req."""
    return {"connectorId": connector, "idTag": "CARD1", "meterStart": meter_start, "timestamp": at}


def stop_16(transaction_id: int, at: str = "2026-11-21T11:00:00Z", meter_stop: int = 8400) -> dict[str, Any]:
    """A StopTransaction.req."""
    return {"transactionId": transaction_id, "meterStop": meter_stop, "timestamp": at, "reason": "EVDisconnected"}


def meter_values_16(transaction_id: int, at: str, value: str, unit: str = "Wh") -> dict[str, Any]:
    """A MeterValues.req with one sample of the energy register."""
    sample = {"value": value, "unit": unit, "measurand": "Energy.Active.Import.Register"}
    return {
        "connectorId": 1,
        "transactionId": transaction_id,
        "meterValue": [{"timestamp": at, "sampledValue": [sample]}],
    }


def event_201(kind: str, sequence: int, energy_kwh: float | None, at: str) -> dict[str, Any]:
    """A TransactionEventRequest of transaction `tx-1` on EVSE 1; the register in kWh, or none."""
    context = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}[kind]
    event: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": {"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "StopAuthorized"}[kind],
        "seqNo": sequence,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 1, "connectorId": 1},
    }
    if kind == "Started":
        event["idToken"] = {"idToken": "CARD1", "type": "ISO14443"}
    if kind == "Ended":
        event["transactionInfo"]["stoppedReason"] = "EVDisconnected"
    if energy_kwh is not None:
        sample = {"value": energy_kwh, "context": context, "unitOfMeasure": {"unit": "kWh"}}
        event["meterValue"] = [{"timestamp": at, "sampledValue": [sample]}]
    return event
