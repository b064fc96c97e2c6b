"""What the daemon's tasks need from the outside and do not choose themselves."""

from typing import Protocol

from chargepoint.charging.commands import ResetKind
from chargepoint.charging.effects import Notice
from chargepoint.charging.events import Event
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective


class FactPort(Protocol):
    """Where the tasks that watch devices leave what they saw."""

    def note(self, event: Event) -> None:
        """Take in a fact now; never waits, not for the disk either: the next reading must not queue behind it."""
        ...


class DirectivePort(Protocol):
    """The way down to the safety process."""

    def send(self, directive: PowerDirective) -> None:
        """Never blocks, never raises; without a link nothing is sent, and the renewal will repeat it."""
        ...


class DisplayPort(Protocol):
    """What a person at the station sees and hears."""

    def show(self, notice: Notice, evse_id: EvseId | None, text: str) -> None: ...


class RestartPort(Protocol):
    """How the daemon ends to be started again."""

    def restart(self, kind: ResetKind) -> None:
        """Begin an orderly end; HARD asks the machine for a reboot where that is possible."""
        ...


class MeterMemoryPort(Protocol):
    """What must be known of a meter after a restart: our offset on its register, and whose register it is."""

    def recall(self, meter: str) -> tuple[float, str | None]:
        """Offset in Wh and serial number; (0.0, None) for a meter never seen."""
        ...

    async def remember(self, meter: str, offset_wh: float, serial_number: str | None) -> None: ...
