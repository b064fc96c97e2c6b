"""What the daemon's tasks need from the outside and do not choose themselves."""

from typing import Protocol

from chargepoint.charging.commands import ResetKind
from chargepoint.charging.effects import Notice
from chargepoint.model.identifiers import EvseId
from chargepoint.model.power import PowerDirective


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
