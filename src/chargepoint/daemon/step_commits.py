"""Takes the durable part of the core's steps to the disk: in one commit, or apart where one value can not be stored.

A disk that takes nothing is waited for. A value that no disk takes is left out with its name, so that what was decided
after it (a driver's stop) is stored all the same.
"""

import logging
from collections.abc import Callable, Sequence

from chargepoint.charging.effects import Checkpoint, Direct, Effect, Enqueue
from chargepoint.charging.events import Event, StationFaultCleared, StationFaultRaised
from chargepoint.charging.ports import StoragePort
from chargepoint.daemon.disk_patience import COMMIT_PATIENCE_SECONDS
from chargepoint.daemon.steps import Step
from chargepoint.model.errors import StorageError, UnstorableError
from chargepoint.model.faults import Fault
from chargepoint.model.identifiers import EvseId
from chargepoint.model.reports import TransactionReport
from chargepoint.model.transactions import TransactionPhase

log = logging.getLogger(__name__)


class StepCommits:
    """`note` takes the faults in; `withhold` is told of an EVSE whose start could not be stored."""

    def __init__(self, storage: StoragePort, note: Callable[[Event], None], withhold: Callable[[EvseId], None]) -> None:
        self._storage = storage
        self._note = note
        self._withhold = withhold
        self.disk_fails = False

    def is_stuck(self, waited_seconds: float) -> bool:
        """The disk refuses what it is given, or has been at it for too long."""
        return self.disk_fails or waited_seconds > COMMIT_PATIENCE_SECONDS

    async def commit(self, batch: Sequence[Step]) -> bool:
        """True when everything that can be stored is; False when the disk takes nothing now."""
        durable = [effect for step in batch for effect in step.durable]
        if not durable:
            return True
        try:
            try:
                await self._storage.commit(durable, batch[-1].moment)
            except UnstorableError:
                for step in batch:
                    await self._commit_apart(step)
        except StorageError as error:
            self._tell_failing(error)
            return False
        self._tell_working()
        return True

    async def _commit_apart(self, step: Step) -> None:
        """What is stored leaves the step at once: it must not be stored again after a failure further on."""
        try:
            await self._storage.commit(step.durable, step.moment)
            step.durable.clear()
        except UnstorableError:
            while step.durable:
                await self._commit_one(step, step.durable[0])
                del step.durable[0]

    async def _commit_one(self, step: Step, effect: Effect) -> None:
        try:
            await self._storage.commit([effect], step.moment)
        except UnstorableError as error:
            log.exception("storage: %s is lost, everything else goes on: tell the makers", _name_of(effect))
            self._note(StationFaultRaised(Fault.STORAGE_CORRUPT, f"{_name_of(effect)} can not be stored: {error}"))
            evse_id = _evse_of_start(effect)
            if evse_id is not None:
                self._withhold(evse_id)
                step.after = [each for each in step.after if not isinstance(each, Direct)]

    def _tell_failing(self, error: StorageError) -> None:
        if not self.disk_fails:
            self.disk_fails = True
            log.error("storage: nothing new can be committed, power is not raised; retrying", exc_info=error)
            self._note(StationFaultRaised(Fault.STORAGE_FULL, str(error)))

    def _tell_working(self) -> None:
        if self.disk_fails:
            self.disk_fails = False
            log.warning("storage: commits work again")
            self._note(StationFaultCleared(Fault.STORAGE_FULL))


def _name_of(effect: Effect) -> str:
    content = effect.report if isinstance(effect, Enqueue) else effect
    return type(content).__name__


def _evse_of_start(effect: Effect) -> EvseId | None:
    """The EVSE whose start this effect makes durable: nothing may flow that is not written down."""
    match effect:
        case Enqueue(TransactionReport(phase=TransactionPhase.STARTED, evse_id=evse_id)):
            return evse_id
        case Checkpoint(transaction) if transaction.next_sequence <= 1:
            return transaction.evse_id
        case _:
            return None
