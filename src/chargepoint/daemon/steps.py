"""One step of the core on its way through the commit."""

import asyncio
from dataclasses import dataclass, field

from chargepoint.charging.effects import (
    Checkpoint,
    CountStart,
    Direct,
    Effect,
    Enqueue,
    ForgetVerdict,
    ForgetVerdicts,
    RememberAvailability,
    RememberEnded,
    RememberFaults,
    RememberLocalList,
    RememberMessages,
    RememberMonitoring,
    RememberProfiles,
    RememberReservations,
    RememberSelfTest,
    RememberUpdate,
    RememberVerdict,
    TransactionForgotten,
)
from chargepoint.model.moment import Moment
from chargepoint.model.reports import CLASS_OF, ReportClass

REMEMBERED = (
    CountStart,
    Checkpoint,
    RememberVerdict,
    ForgetVerdicts,
    RememberAvailability,
    RememberFaults,
    RememberSelfTest,
    RememberProfiles,
    RememberLocalList,
    RememberReservations,
    RememberUpdate,
    RememberEnded,
    RememberMonitoring,
    ForgetVerdict,
    RememberMessages,
    TransactionForgotten,
)


def is_durable(effect: Effect) -> bool:
    """Belongs into the commit of its step."""
    if isinstance(effect, Enqueue):
        return CLASS_OF[type(effect.report)] is ReportClass.BILLING
    return isinstance(effect, REMEMBERED)


@dataclass(slots=True)
class Step:
    """What is left of one core step after its lowering directives went out."""

    moment: Moment
    durable: list[Effect] = field(default_factory=list)
    after: list[Effect] = field(default_factory=list)
    done: asyncio.Future[None] | None = None

    @property
    def raises_power(self) -> bool:
        return any(isinstance(effect, Direct) for effect in self.after)

    def needs_no_commit(self, others_wait: bool, storage_fails: bool) -> bool:
        """Nothing of it is durable, and what it does may overtake the steps that wait for the disk.

        On a disk that is only slow the order is kept. More power never overtakes; an empty step has no order.
        """
        if self.durable:
            return False
        return not others_wait or not self.after or (storage_fails and not self.raises_power)
