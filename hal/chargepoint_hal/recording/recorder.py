"""Writes a recording while a station runs. Bounded; a disk that takes nothing ends the recording, never the station."""

import hashlib
import logging
import secrets
import threading
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TextIO

from chargepoint_hal.contract import TokenSighting
from chargepoint_hal.recording.events import CardSeen, Header, Line, Seen, header_text, line_text

log = logging.getLogger(__name__)

MOST_BYTES = 64_000_000
"""Some days of one EVSE."""
PSEUDONYM_DIGITS = 14


class Recorder:
    """Takes what is seen, from any thread. Card ids are replaced by made-up ones unless they are to be kept."""

    def __init__(
        self,
        path: Path,
        header: Header,
        started_at: float,
        *,
        keeps_cards: bool = False,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`started_at`: monotonic. OSError where the file can not be written."""
        self._started_at = started_at
        self._keeps_cards = keeps_cards
        self._bytes_left = most_bytes
        self._salt = secrets.token_bytes(16)
        self._turn = threading.Lock()
        self._last_seconds = 0.0
        self._file: TextIO | None = path.open("w", encoding="utf-8")
        self._write(header_text(header))

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_recording(self) -> bool:
        """False once the bound is reached or the disk has failed."""
        return self._file is not None

    def note(self, seen: Seen, at: float) -> None:
        """`at`: on the clock of `started_at`."""
        if isinstance(seen, CardSeen) and not self._keeps_cards:
            seen = replace(seen, sighting=self._pseudonym(seen.sighting))
        with self._turn:
            self._last_seconds = max(self._last_seconds, at - self._started_at)
            self._write(line_text(Line(self._last_seconds, seen)))

    def close(self) -> None:
        """What was noted is in the file; may be called again."""
        with self._turn:
            file, self._file = self._file, None
        if file is not None:
            file.close()

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        size = len(text) + 1
        try:
            if size > self._bytes_left:
                log.warning("the recording is full and ends: record a shorter session")
                self._end()
                return
            self._file.write(text + "\n")
            self._file.flush()
            self._bytes_left -= size
        except OSError as error:
            log.warning("the recording ends (%s): check the disk", error.strerror)
            self._end()

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _pseudonym(self, sighting: TokenSighting) -> TokenSighting:
        digest = hashlib.sha256(self._salt + sighting.value.encode()).hexdigest().upper()
        return TokenSighting(digest[:PSEUDONYM_DIGITS], sighting.kind)
