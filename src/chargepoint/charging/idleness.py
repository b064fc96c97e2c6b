"""Whether the station, or one EVSE of it, is idle: what a reset OnIdle waits for (2.0.1 errata 2.14).

A transaction is not all: something may be kept for somebody who is to come, or work may be under way at the station.
"""

from collections.abc import Mapping

from chargepoint.charging.commands import NoteUpkeep, Upkeep
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.token_desk import TokenDesk
from chargepoint.model.identifiers import EvseId


class Idleness:
    def __init__(self, sessions: Mapping[EvseId, EvseSession], desk: TokenDesk) -> None:
        self._sessions = sessions
        self._desk = desk
        self._upkeep: set[Upkeep] = set()

    def note(self, command: NoteUpkeep) -> None:
        if command.is_under_way:
            self._upkeep.add(command.upkeep)
        else:
            self._upkeep.discard(command.upkeep)

    @property
    def is_station_busy(self) -> bool:
        """Anything at all is under way, or kept for somebody."""
        return bool(self._upkeep) or self._desk.is_any_reserved or any(map(self.is_evse_busy, self._sessions.values()))

    @property
    def is_kept_for_somebody(self) -> bool:
        """An EVSE for whom it is reserved, or a locked cable for its owner: that may take long, and meanwhile the
        station is open for others too."""
        return self._desk.is_any_reserved or any(session.lock.is_held for session in self._sessions.values())

    def is_evse_busy(self, session: EvseSession) -> bool:
        """A transaction, somebody who is authorised for one, a reservation, or a cable that is still locked. Work at
        the station does not stand in the way of one EVSE's reset."""
        is_awaited = session.grant is not None or self._desk.is_reserved(session)
        return session.is_busy or is_awaited or session.lock.is_held
