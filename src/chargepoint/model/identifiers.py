"""Names of things. EVSE numbers are 1-based and the same in the configuration, on the wire and on the bench."""

from typing import NewType

EvseId = NewType("EvseId", int)
ConnectorId = NewType("ConnectorId", int)
TransactionId = NewType("TransactionId", str)
"""Ours: a UUID made when the transaction starts; OCPP 1.6's integer is a `csms_transaction_id`."""
