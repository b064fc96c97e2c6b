"""What carrying reports over one connection needs."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargepoint.charging.events import Event
from chargepoint.charging.ports import OutboxPort
from chargepoint.csms.dialect import Dialect
from chargepoint.csms.mailbox import Mailbox
from chargepoint.csms.pace import Pace
from chargepoint.csms.registration import Registration
from chargepoint.csms.rpc import Rpc

UNENCODABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What encoding a report that has no true words in a version may raise."""


@dataclass(frozen=True, slots=True)
class CourierWires:
    """All but `rpc` and `dialect` outlive the connection."""

    rpc: Rpc
    dialect: Dialect
    outbox: OutboxPort
    mailbox: Mailbox
    registration: Registration
    pace: Pace
    tell: Callable[[Event], Awaitable[None]]
    boot_id: int | None = None
    """Of this start of the station; None where nobody knows."""
