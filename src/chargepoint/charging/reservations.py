"""The reservations of the station: made, kept from strangers, used, expired, cancelled (1.6 5.1 and 5.13, 2.0.1 H).

The rule of who may take which outlet is in `reservation_rules`; here it meets the sessions. A reservation is used up
by the start of the transaction; until then a waiting authorisation only points at it.

Expiry goes by the wall clock while that is trusted. After a restart with a clock that is not, nobody knows how long
the station was off: the reservation holds on, but never longer than it was made for, so that an outlet is neither
given away too early nor kept for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from chargepoint.charging.authorization import Grant
from chargepoint.charging.commands import (
    CancelReservation,
    Refusal,
    ReservationCommand,
    Reserve,
    Verdict,
    VerdictStatus,
)
from chargepoint.charging.context import CoreContext
from chargepoint.charging.deadlines import Deadline, Deadlines
from chargepoint.charging.effects import Enqueue, RememberReservations
from chargepoint.charging.evse_session import EvseSession
from chargepoint.charging.reservation_rules import best_of, fits, is_kept_from, most_kept, surplus
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.reports import ReservationEnd, ReservationReport
from chargepoint.model.reservations import Reservation
from chargepoint.model.status import Availability, SessionState
from chargepoint.model.tokens import IdToken
from chargepoint.settings import catalogue

EXPIRY_MARGIN_SECONDS = 0.001
"""Past the end by this much the wall clock shows it too."""
MAY_BE_KEPT = frozenset({SessionState.IDLE, SessionState.PLUGGED})


@dataclass(frozen=True, slots=True)
class _Held:
    """One reservation, and when it is surely over whatever the wall clock says."""

    reservation: Reservation
    over_at: float


class ReservationDesk:
    """Executes reservation commands, and says who may use which EVSE."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], context: CoreContext, deadlines: Deadlines) -> None:
        self._sessions = sessions
        self._context = context
        self._deadlines = deadlines
        self._held: dict[int, _Held] = {}

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        return tuple(held.reservation for held in self._held.values())

    def restore(self, stored: tuple[Reservation, ...], moment: Moment) -> None:
        """What was persisted before the restart."""
        for reservation in stored:
            made_at = reservation.made_at or reservation.expires_at
            lasts_seconds = max(0.0, (reservation.expires_at - made_at).total_seconds())
            self._held[reservation.reservation_id] = _Held(reservation, moment.monotonic + lasts_seconds)

    # Orders

    def execute(self, command: ReservationCommand, moment: Moment) -> Verdict:
        match command:
            case Reserve(reservation):
                return self._reserve(reservation, moment)
            case CancelReservation(reservation_id):
                if reservation_id not in self._held:
                    return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no reservation {reservation_id}")
                self._keep_only(lambda held: held.reservation.reservation_id != reservation_id)
                return Verdict(VerdictStatus.ACCEPTED)
            case _:
                assert_never(command)

    def _reserve(self, reservation: Reservation, moment: Moment) -> Verdict:
        refusal = self._objection(reservation, moment)
        if refusal is not None:
            return refusal
        others = [each for each in self._unused() if each.reservation_id != reservation.reservation_id]
        free = self._free(lambda session: self._is_replaced_here(reservation, session))
        free = {evse_id: kind for evse_id, kind in free.items() if not _is_resetting(self._sessions[evse_id])}
        if most_kept([*others, reservation], free) == most_kept(others, free):
            return self._why_not(reservation)
        made = replace(reservation, made_at=moment.utc)
        over_at = moment.monotonic + (reservation.expires_at - moment.utc).total_seconds()
        self._held[reservation.reservation_id] = _Held(made, over_at)
        self._context.emit(RememberReservations(self.reservations))
        return Verdict(VerdictStatus.ACCEPTED)

    def _objection(self, reservation: Reservation, moment: Moment) -> Verdict | None:
        settings = self._context.settings
        evse_id = reservation.evse_id
        if not settings.get(catalogue.RESERVATION_ENABLED):
            return _rejected("reservations are turned off")
        if evse_id is None and not settings.get(catalogue.RESERVE_CONNECTOR_ZERO_SUPPORTED):
            return _rejected("only a particular connector can be reserved")
        if evse_id is not None and evse_id not in self._sessions:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {evse_id}")
        if evse_id is not None and not self._has_connector(self._sessions[evse_id], reservation.connector_type):
            return _rejected("no connector of this type is there")
        if not moment.utc_trusted:
            return _rejected("the clock is not set yet: the end of a reservation can not be kept")
        if reservation.expires_at <= moment.utc:
            return _rejected("the reservation has expired already")
        return None

    @staticmethod
    def _has_connector(session: EvseSession, connector_type: str | None) -> bool:
        return connector_type in (None, session.view.configuration.connector_type)

    def _is_replaced_here(self, reservation: Reservation, session: EvseSession) -> bool:
        """The EVSE where the person of the replaced reservation already is, plugged in or authorised."""
        replaced = self._held.get(reservation.reservation_id)
        if replaced is None:
            return False
        if session.grant is not None:
            return session.grant.reservation_id == reservation.reservation_id
        is_its_own = replaced.reservation.evse_id == session.evse_id
        return session.state is SessionState.PLUGGED and session.is_kept and is_its_own

    def _why_not(self, reservation: Reservation) -> Verdict:
        wanted = self._targets(reservation)
        if not wanted:
            return _rejected("no connector of this type is here")
        if all(session.view.blocking_faults for session in wanted):
            return Verdict(VerdictStatus.REJECTED, "faulted", refusal=Refusal.FAULTED)
        if not any(_is_usable(session) and not _is_resetting(session) for session in wanted):
            return Verdict(VerdictStatus.REJECTED, "unavailable", refusal=Refusal.UNAVAILABLE)
        return Verdict(VerdictStatus.REJECTED, "in use or reserved", refusal=Refusal.OCCUPIED)

    # Questions

    def allows(
        self,
        session: EvseSession,
        token: IdToken | None,
        group: IdToken | None,
        leaving: EvseSession | None = None,
    ) -> bool:
        """This token may take this EVSE; `leaving` is the one that it gives up for it."""
        if session.state not in MAY_BE_KEPT or not self._held:
            return True
        others = [each for each in self._unused() if not each.is_for(token, group)]
        free = self._free(lambda each: each is session or each is leaving)
        return not is_kept_from(session.evse_id, others, free)

    def may_allow(self, session: EvseSession, token: IdToken, group: IdToken | None) -> bool:
        """It may, or it would if its group were that of a reservation: then the CSMS has to be asked for it."""
        groups = [group, *(each.group_token for each in self.reservations if each.group_token is not None)]
        return any(self.allows(session, token, each) for each in groups)

    def used_by(self, session: EvseSession, token: IdToken, group: IdToken | None) -> int | None:
        """The reservation that a start with this token uses up here."""
        own = [each for each in self._unused() if each.is_for(token, group)]
        best = best_of(own, session.evse_id, token, session.view.configuration.connector_type)
        return None if best is None else best.reservation_id

    def claim(self, session: EvseSession, grant: Grant) -> Grant:
        """The grant with the reservation that it uses here, and used up at once where its version wants it so."""
        if grant.is_reservation_used:
            return grant
        used = self.used_by(session, grant.token, grant.group)
        if used is None or not self._held[used].reservation.is_used_by_card:
            return replace(grant, reservation_id=used)
        self._keep_only(lambda held: held.reservation.reservation_id != used)
        return replace(grant, reservation_id=used, is_reservation_used=True)

    # Consequences

    def follow(self, moment: Moment) -> None:
        """End what has been used, has expired or can not be kept any more; make every session's `is_kept` true."""
        used = {session.run.take_reservation() for session in self._sessions.values()}
        if not self._held:
            self._keep_nothing()
            return
        self._keep_only(lambda held: held.reservation.reservation_id not in used)
        ends = {key: end for key, held in self._held.items() if (end := self._end_of(held, moment)) is not None}
        ends |= dict.fromkeys(self._homeless(frozenset(ends)), ReservationEnd.REMOVED)
        self._keep_only(lambda held: held.reservation.reservation_id not in ends)
        for reservation_id, end in ends.items():
            self._context.emit(Enqueue(ReservationReport(reservation_id, end, self._context.stamp(moment))))
        self._tidy_grants()
        for session in self._sessions.values():
            was_kept = session.is_kept or session.state is SessionState.IDLE
            session.is_kept = was_kept and session.state in MAY_BE_KEPT and not self.allows(session, None, None)
        self._deadlines.disarm(Deadline.RESERVATIONS)
        if self._held:
            self._deadlines.arm(Deadline.RESERVATIONS, min(_ends_at(held, moment) for held in self._held.values()))

    def _keep_nothing(self) -> None:
        """Nothing is held, as at most stations and most times."""
        self._tidy_grants()
        for session in self._sessions.values():
            session.is_kept = False
        self._deadlines.disarm(Deadline.RESERVATIONS)

    def _end_of(self, held: _Held, moment: Moment) -> ReservationEnd | None:
        if _is_over(held, moment):
            return ReservationEnd.EXPIRED
        is_lost = all(_is_lost(session) for session in self._targets(held.reservation))
        return ReservationEnd.REMOVED if is_lost else None

    def _homeless(self, ended: frozenset[int]) -> list[int]:
        """More are held than outlets are left: each would keep the outlet from the other, and nobody could charge."""
        usable = {
            evse_id: session.view.configuration.connector_type
            for evse_id, session in self._sessions.items()
            if _is_usable(session)
        }
        left = [each for each in self._unused() if each.reservation_id not in ended]
        return [each.reservation_id for each in surplus(left, usable)]

    def _keep_only(self, stays: Callable[[_Held], bool]) -> None:
        kept = {key: held for key, held in self._held.items() if stays(held)}
        if kept != self._held:
            self._held = kept
            self._context.emit(RememberReservations(self.reservations))

    def _tidy_grants(self) -> None:
        """An authorisation whose reservation has gone, or is another's now, starts without one."""
        for session in self._sessions.values():
            grant = session.grant
            if grant is None or grant.reservation_id is None or grant.is_reservation_used:
                continue
            held = self._held.get(grant.reservation_id)
            connector_type = session.view.configuration.connector_type
            if (
                held is None
                or not held.reservation.is_for(grant.token, grant.group)
                or not fits(held.reservation, session.evse_id, connector_type)
            ):
                session.waiting.grant = replace(grant, reservation_id=None)

    def _unused(self) -> list[Reservation]:
        """Those that nobody is about to use."""
        pointed_at = {session.grant.reservation_id for session in self._sessions.values() if session.grant is not None}
        return [each for each in self.reservations if each.reservation_id not in pointed_at]

    def _free(self, counts_too: Callable[[EvseSession], bool]) -> dict[EvseId, str | None]:
        return {
            evse_id: session.view.configuration.connector_type
            for evse_id, session in self._sessions.items()
            if _is_usable(session) and (session.state is SessionState.IDLE or counts_too(session))
        }

    def _targets(self, reservation: Reservation) -> list[EvseSession]:
        return [
            session
            for evse_id, session in self._sessions.items()
            if fits(reservation, evse_id, session.view.configuration.connector_type)
        ]


def _is_usable(session: EvseSession) -> bool:
    return session.availability is Availability.OPERATIVE and not session.view.blocking_faults


def _is_resetting(session: EvseSession) -> bool:
    """Unavailable for a moment: nothing new is promised there, and what is kept stays (2.0.1 H01.FR.14)."""
    return session.deadlines.is_armed(Deadline.EVSE_RESET)


def _is_lost(session: EvseSession) -> bool:
    """Faulted or unavailable: 1.6 5.13, 2.0.1 H01.FR.16 and .17."""
    return not _is_usable(session)


def _is_over(held: _Held, moment: Moment) -> bool:
    if moment.utc_trusted:
        return moment.utc >= held.reservation.expires_at
    return moment.monotonic >= held.over_at


def _ends_at(held: _Held, moment: Moment) -> float:
    """On the monotonic clock, always in the future of one that is not over."""
    if not moment.utc_trusted:
        return held.over_at
    return moment.monotonic + (held.reservation.expires_at - moment.utc).total_seconds() + EXPIRY_MARGIN_SECONDS


def _rejected(reason: str) -> Verdict:
    return Verdict(VerdictStatus.REJECTED, reason)
