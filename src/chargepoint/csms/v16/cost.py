"""Prices and costs by DataTransfer: the customisation of the Open Charge Alliance for Californian pricing.

Reads SetUserPrice, RunningCost and FinalCost, says ConnectorUnplugged. What is wrong in a message is Rejected, and
nothing of it has moved anything.
"""

import json
import logging

from pydantic import ValidationError

from chargepoint.charging.commands import Command, ShowFinalCost, ShowPrice, UpdateCost, VerdictStatus
from chargepoint.charging.cost_texts import local_offset
from chargepoint.charging.ports import Envelope
from chargepoint.csms.dialect import DialectContext, OutgoingCall
from chargepoint.csms.v16.authorization import token_of
from chargepoint.csms.v16.cost_messages import FinalCostMessage, RunningCostMessage, SetUserPrice
from chargepoint.csms.v16.data_transfer import data_transfer_call, reader_of
from chargepoint.csms.v16.wire_time import write_time
from chargepoint.model.data_transfer import DataTransferAnswer, DataTransferStatus
from chargepoint.model.identifiers import TransactionId
from chargepoint.model.reports import UnpluggedReport
from chargepoint.settings import catalogue

log = logging.getLogger(__name__)

VENDOR = "org.openchargealliance.costmsg"

REJECTED = DataTransferAnswer(DataTransferStatus.REJECTED)


class CostVendor:
    """A `VendorHandler`."""

    def __init__(self, context: DialectContext) -> None:
        self._context = context
        self._readers = {
            "SetUserPrice": self._user_price,
            "RunningCost": self._running_cost,
            "FinalCost": self._final_cost,
        }

    async def __call__(self, message_id: str | None, data: str | None) -> DataTransferAnswer:
        reader = reader_of(message_id, self._readers)
        if reader is None:
            return DataTransferAnswer(DataTransferStatus.UNKNOWN_MESSAGE_ID)
        try:
            command = await reader(data or "")
        except (ValidationError, ValueError, RecursionError) as error:
            log.warning("%s of the CSMS cannot be read: %s", message_id, _brief(error))
            return REJECTED
        if command is None:
            return REJECTED
        verdict = await self._context.station.execute(command)
        is_taken = verdict.status is VerdictStatus.ACCEPTED
        return DataTransferAnswer(DataTransferStatus.ACCEPTED) if is_taken else REJECTED

    async def _user_price(self, data: str) -> Command | None:
        message = SetUserPrice.model_validate_json(data)
        return ShowPrice(token_of(message.idToken), message.words())

    async def _running_cost(self, data: str) -> Command | None:
        message = RunningCostMessage.model_validate_json(data)
        cost = message.running_cost(local_offset(self._context.settings, self._context.clock.now().utc))
        transaction_id = await self._transaction(message.transactionId)
        return None if transaction_id is None else UpdateCost(transaction_id, cost)

    async def _final_cost(self, data: str) -> Command | None:
        message = FinalCostMessage.model_validate_json(data)
        transaction_id = await self._transaction(message.transactionId)
        return None if transaction_id is None else ShowFinalCost(transaction_id, message.final_cost())

    async def _transaction(self, number: int) -> TransactionId | None:
        return await self._context.outbox.transaction_by_csms_id(number)


def shows_costs(context: DialectContext) -> bool:
    return context.settings.get(catalogue.CUSTOM_DISPLAY_COST_AND_PRICE)


def encode_unplugged(report: UnpluggedReport, envelope: Envelope | None) -> OutgoingCall | None:
    """None for a transaction that the CSMS has never given a number: it does not wait for its EV either."""
    if envelope is None or envelope.csms_transaction_id is None:
        return None
    fields = {"transactionId": envelope.csms_transaction_id, "timestamp": write_time(report.stamp.utc)}
    return data_transfer_call(VENDOR, "ConnectorUnplugged", json.dumps(fields))


def _brief(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])
    return str(error)[:200]
