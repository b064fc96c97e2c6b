"""What the daemon's tasks need from the outside and do not choose themselves."""

from collections.abc import Mapping
from typing import Protocol

from chargepoint.charging.commands import ResetKind
from chargepoint.charging.effects import Notice, SignReading
from chargepoint.charging.events import Event, MeterSigned
from chargepoint.model.display import DisplayMessage
from chargepoint.model.identifiers import EvseId
from chargepoint.model.metering import MeterMemo
from chargepoint.model.power import PowerDirective


class FactPort(Protocol):
    """Where the tasks that watch devices leave what they saw."""

    def note(self, event: Event) -> None:
        """Take in a fact now; never waits, not for the disk either: the next reading must not queue behind it."""
        ...


class SigningPort(Protocol):
    """The meters that sign."""

    async def sign(self, order: SignReading) -> MeterSigned:
        """Takes as long as the meter; what it does not sign is told as not signed."""
        ...


class DirectivePort(Protocol):
    """The way down to the safety process."""

    def send(self, directive: PowerDirective) -> None:
        """Never blocks, never raises; without a link nothing is sent, and the renewal will repeat it."""
        ...


class DisplayPort(Protocol):
    """What a person at the station sees and hears."""

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None: ...

    def present(self, message: DisplayMessage | None) -> None:
        """The CSMS's message whose turn it is stays until the next call; None takes it away. Its text is untrusted."""
        ...


class RestartPort(Protocol):
    """How the daemon ends to be started again."""

    def restart(self, kind: ResetKind, retries: int) -> None:
        """Begin an orderly end; HARD asks the machine for a reboot where that is possible. What fails is retried."""
        ...


class MeterMemoryPort(Protocol):
    """What must be known of a meter after a restart: our register's offset, where it stood, and whose it is."""

    def recall(self, meter: str) -> MeterMemo: ...

    def known_meters(self) -> Mapping[str, MeterMemo]:
        """All that is stored, by name: also of meters that are not fitted any more."""
        ...

    def note(self, meter: str, memo: MeterMemo) -> None:
        """Keep it in mind; it is stored with the next checkpoint of a transaction, at the cost of no commit."""
        ...

    async def remember(self, meter: str, memo: MeterMemo) -> None:
        """Store it now; StorageError when that failed."""
        ...
