"""Listens to one token reader in a thread of its own, because readers block, and tells the core of new cards."""

import asyncio
import logging
import threading
from collections.abc import Callable

from chargepoint.charging.events import StationFaultCleared, StationFaultRaised, TokenPresented
from chargepoint.daemon.ports import FactPort
from chargepoint.model.identifiers import EvseId
from chargepoint.model.tokens import TYPED_KINDS, IdToken, TokenKind
from chargepoint_hal.contract import TokenReader, TokenSighting
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.readers.presentations import PresentationFilter, WatchedTime

log = logging.getLogger(__name__)

WAIT_SECONDS = 0.25
RETRY_SECONDS = 1.0
LONGEST_LOOK_SECONDS = 2 * WAIT_SECONDS
"""A reader looks up at least this often; a longer gap between two looks is the machine's, not the card's."""
LONGEST_TOKEN = 36
"""2.0.1 idToken; a longer one is no card of ours."""
KINDS_OF_READERS = {kind.value: kind for kind in TokenKind if kind in TYPED_KINDS - {TokenKind.NO_AUTHORIZATION}}
"""What a person can show. No authorisation is what a station without readers tells, and nobody's card."""

Sighted = TokenSighting | HardwareError | None


def token_of(sighting: TokenSighting) -> IdToken | None:
    """The sighting as a token; None when a reader gives something that no token can be."""
    value, kind = sighting.value.strip(), KINDS_OF_READERS.get(sighting.kind)
    if kind is None or not value or len(value) > LONGEST_TOKEN or not value.isprintable():
        return None
    return IdToken(value, kind)


def why_no_token(sighting: TokenSighting) -> str:
    """Of a sighting that is none, in words; the value is never in them."""
    if sighting.kind not in KINDS_OF_READERS:
        return f"gave a token of the type {sighting.kind[:20]!r}: a reader's driver gives {', '.join(KINDS_OF_READERS)}"
    return f"gave a token of {len(sighting.value)} characters: 1 to {LONGEST_TOKEN} printable ones are wanted"


class TokenListener:
    """One reader and the EVSEs it serves."""

    def __init__(
        self,
        reader: TokenReader,
        evse_ids: tuple[EvseId, ...],
        station: FactPort,
        open_again: Callable[[], TokenReader] | None = None,
    ) -> None:
        """Without `open_again` a reader that has failed as none may is only asked again."""
        self._reader = reader
        self._open_again = open_again
        self._must_open = False
        self._evse_ids = evse_ids
        self._station = station
        self._presentations = PresentationFilter()
        self._seen: asyncio.Queue[tuple[float, Sighted]] = asyncio.Queue()
        """Outlives a restart of `run`: what the former thread still saw is not lost."""
        self._watched = WatchedTime(LONGEST_LOOK_SECONDS)
        self._is_silent = False
        self._is_ending = False
        self._turn = threading.Lock()
        """One thread at a time at the reader: a restarted listener lets the former thread's last wait end."""

    async def run(self) -> None:
        """Listen until cancelled; a reader that fails is reported once and listened to again."""
        loop = asyncio.get_running_loop()

        stop = threading.Event()

        def hand_over(item: Sighted) -> None:
            try:
                loop.call_soon_threadsafe(self._seen.put_nowait, (loop.time(), item))
            except RuntimeError:
                stop.set()  # the event loop is closed: the daemon is ending

        thread = threading.Thread(target=self._listen, args=(hand_over, stop), name=f"reader-{self._reader.name}")
        thread.daemon = True
        thread.start()
        try:
            while True:
                self._take(*await self._seen.get())
        except asyncio.CancelledError:
            self._is_ending = True
            raise
        finally:
            stop.set()

    def _listen(self, hand_over: Callable[[Sighted], None], stop: threading.Event) -> None:
        with self._turn:
            while not stop.is_set():
                sighted = self._look()
                hand_over(sighted)
                if isinstance(sighted, HardwareError):
                    stop.wait(RETRY_SECONDS)
            if self._is_ending and not self._must_open:
                self._reader.close()

    def _look(self) -> Sighted:
        try:
            if self._must_open and self._open_again is not None:
                self._reader = self._open_again()
                self._must_open = False
            return self._reader.wait_for_token(WAIT_SECONDS)
        except HardwareError as error:
            return error
        except Exception as error:  # a dead thread would be a deaf reader that nobody knows of
            if not self._is_silent:
                log.exception("reader %s: unexpected", self._reader.name)
            self._give_up()
            again = "opened anew" if self._must_open else "asked again"
            what = f"{self._reader.name}: {type(error).__name__}: {error}: it is {again} each second"
            return HardwareError(Fault.READER_SILENT, what)

    def _give_up(self) -> None:
        """What its driver thinks of it is not believed any more."""
        if self._must_open or self._open_again is None:
            return
        self._must_open = True
        try:
            self._reader.close()
        except Exception:  # as above
            log.exception("reader %s: unexpected at its closing", self._reader.name)

    def _take(self, at: float, item: Sighted) -> None:
        now = self._watched.at(at)
        if isinstance(item, HardwareError):
            if not self._is_silent:
                self._is_silent = True
                log.warning("reader %s: %s", self._reader.name, item)
                self._station.note(StationFaultRaised(Fault.READER_SILENT, str(item)))
            return
        if self._is_silent:
            self._is_silent = False
            log.info("reader %s: is back", self._reader.name)
            self._station.note(StationFaultCleared(Fault.READER_SILENT))
        if item is None:
            return
        token = token_of(item)
        if token is None:
            log.warning("reader %s: %s", self._reader.name, why_no_token(item))
            return
        self._presentations, is_new = self._presentations.seen(item, now)
        if is_new is not None:
            self._station.note(TokenPresented(token, self._evse_ids))
