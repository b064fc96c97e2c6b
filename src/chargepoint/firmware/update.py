"""One update on its course. Pure: takes in what an activity came to, says what is next, what to store and to tell."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from transitions import Machine

from chargepoint.firmware.update_table import (
    ACTIVITY_IN,
    BEYOND_RECALL,
    OVER,
    STATUS_OF,
    TRANSITIONS,
    Activity,
    Outcome,
)
from chargepoint.model.firmware import FirmwareRequest, FirmwareStatus, UpdateRecord, UpdateState
from chargepoint.model.moment import Moment

MOST_INSTALLS = 3
"""An installation that takes the station down each time is given up."""
MOST_RESTARTS = 3
"""So is a new firmware that never comes up."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one outcome leads to: to be stored as a whole, before anything else is done."""

    record: UpdateRecord
    told: FirmwareStatus | None
    """To be told now; None: nothing new."""


class Update:
    """Not thread-safe: one caller, one step at a time."""

    state: UpdateState
    trigger: Callable[[str], bool]

    def __init__(self, record: UpdateRecord) -> None:
        self._record = record
        self._machine = Machine(
            model=self,
            states=UpdateState,
            transitions=TRANSITIONS,
            initial=record.state,
            auto_transitions=False,
        )

    @property
    def record(self) -> UpdateRecord:
        return self._record

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def is_beyond_recall(self) -> bool:
        return self.state in BEYOND_RECALL

    @property
    def activity(self) -> Activity:
        if self.state is UpdateState.DOWNLOADED and not self._record.request.is_signed:
            return Activity.PLAN_INSTALLATION
        return ACTIVITY_IN[self.state]

    def resumed(self) -> Step | None:
        """After a restart: an installation that was cut short begins anew; all else goes on where it was."""
        return self.take(Outcome.INTERRUPTED) if self.state is UpdateState.INSTALLING else None

    def take(self, outcome: Outcome, mark: str | None = None) -> Step:
        """MachineError, or ValueError where a condition forbids it: an outcome that this state can not have."""
        if not self.trigger(outcome.value):
            raise ValueError(f"{outcome} is not allowed in {self.state}")
        told = STATUS_OF[self.state]
        told = None if told is self._record.told else told
        record = self._record
        self._record = replace(
            record,
            state=self.state,
            downloads=record.downloads + (self.state is UpdateState.DOWNLOADING),
            installs=record.installs + (self.state is UpdateState.INSTALLING),
            mark=mark or record.mark,
            told=told or record.told,
        )
        return Step(self._record, told)

    def restart_ordered(self) -> Step:
        """The new firmware is about to be started: counted, so that it is not tried for ever."""
        self._record = replace(self._record, restarts=self._record.restarts + 1)
        return Step(self._record, None)

    @property
    def may_restart(self) -> bool:
        return self._record.restarts < MOST_RESTARTS

    # Conditions of the table

    def may_fetch_again(self) -> bool:
        return self._record.downloads < self._record.request.attempts

    def may_install_again(self) -> bool:
        return self._record.installs < MOST_INSTALLS

    def is_signed(self) -> bool:
        return self._record.request.is_signed

    def may_be_installed(self) -> bool:
        """Verified, or never to be verified."""
        return self.state is UpdateState.SIGNATURE_VERIFIED or not self._record.request.is_signed


def first_outcome(request: FirmwareRequest, moment: Moment) -> Outcome:
    """Whether the download begins now. While the clock is not to be trusted, no time has come."""
    is_time = moment.utc_trusted and moment.utc >= request.retrieve_at
    return Outcome.RETRIEVE_TIME_CAME if is_time else Outcome.RETRIEVE_LATER
