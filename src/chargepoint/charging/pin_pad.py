"""PINs that are typed at the station (2.0.1 C04): tokens like others, but that nobody may try them out (C04.FR.06)."""

import math
from collections.abc import Iterable, Mapping
from typing import Protocol

from chargepoint.charging.commands import EnterPin, Verdict, VerdictStatus
from chargepoint.charging.evse_session import EvseSession
from chargepoint.model.identifiers import EvseId
from chargepoint.model.moment import Moment
from chargepoint.model.tokens import IdToken, TokenKind

FREE_TRIES = 3
FIRST_WAIT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 900.0


class PinAttempts:
    """How long nobody may try again: longer with each wrong PIN, until a right one comes."""

    def __init__(self) -> None:
        self._wrong = 0
        self._closed_until = 0.0

    def judged(self, token: IdToken, is_right: bool, moment: Moment) -> None:
        """What was found of a token; only PINs count."""
        if token.kind is not TokenKind.KEY_CODE:
            return
        self._wrong = 0 if is_right else self._wrong + 1
        over = self._wrong - FREE_TRIES
        if over >= 0:
            self._closed_until = moment.monotonic + min(FIRST_WAIT_SECONDS * 2.0**over, LONGEST_WAIT_SECONDS)

    def wait_seconds(self, moment: Moment) -> float:
        return max(0.0, self._closed_until - moment.monotonic)


class Desk(Protocol):
    """Where cards are presented."""

    @property
    def pins(self) -> PinAttempts: ...

    @property
    def is_asking_about_a_pin(self) -> bool: ...

    def present(self, token: IdToken, evse_ids: Iterable[EvseId], moment: Moment) -> None: ...


class PinPad:
    """One for the station."""

    def __init__(self, sessions: Mapping[EvseId, EvseSession], desk: Desk) -> None:
        self._sessions = sessions
        self._desk = desk

    def execute(self, command: EnterPin, moment: Moment) -> Verdict:
        """Accepted: it was taken like a card; what comes of it is shown."""
        if command.evse_id not in self._sessions:
            return Verdict(VerdictStatus.UNKNOWN_TARGET, f"there is no EVSE {command.evse_id}")
        wait = self._desk.pins.wait_seconds(moment)
        if wait > 0.0:
            return Verdict(VerdictStatus.REJECTED, f"too many wrong PINs: wait {math.ceil(wait)} s")
        if self._desk.is_asking_about_a_pin:
            return Verdict(VerdictStatus.REJECTED, "the CSMS is still being asked about a PIN: wait")
        self._desk.present(IdToken(command.pin, TokenKind.KEY_CODE), (command.evse_id,), moment)
        return Verdict(VerdictStatus.ACCEPTED)
