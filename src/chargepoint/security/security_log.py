"""The security log: every security event on disk, one JSON object a line, in a bounded ring of files (A04.FR.04).

Holds no secret: whoever writes an event gives words, never values. What is to be told to the CSMS is decided by
`security_events.CRITICALITY`, not here.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chargepoint.model.errors import StorageError
from chargepoint.security.security_events import SecurityEvent

LONGEST_TEXT = 255
"""Characters, as the techInfo field of both versions."""
NEWEST = "security.log"


@dataclass(frozen=True, slots=True)
class LogLimits:
    file_bytes: int = 256 * 1024
    files: int = 4


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    event: str
    utc: datetime
    utc_trusted: bool
    text: str = ""


class SecurityLog:
    """`security.log` is the newest, `security.log.1` the one before it, and so on."""

    def __init__(self, directory: Path, limits: LogLimits = LogLimits()) -> None:
        self._directory = directory
        self._limits = limits

    def write(self, event: SecurityEvent, utc: datetime, utc_trusted: bool, text: str = "") -> None:
        """Durable when it returns; StorageError."""
        entry = {"event": event.value, "utc": utc.astimezone(UTC).isoformat(), "trusted": utc_trusted}
        if text:
            entry["text"] = text[:LONGEST_TEXT]
        line = json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._rotate(len(line))
            self._append(line)
        except OSError as error:
            raise StorageError(
                f"{event} cannot be written to the security log ({error.strerror}): check {self._directory}"
            ) from error

    def events(self) -> Iterator[LoggedEvent]:
        """Oldest first; a line cut short by a power failure is skipped. StorageError."""
        for path in self.files():
            try:
                lines = path.read_bytes().splitlines()
            except OSError as error:
                raise StorageError(f"{path} cannot be read ({error.strerror}): check its owner") from error
            yield from (event for event in map(_read_line, lines) if event is not None)

    def files(self) -> tuple[Path, ...]:
        """Oldest first."""
        paths = [self._path(age) for age in reversed(range(self._limits.files))]
        return tuple(path for path in paths if path.exists())

    def clear(self, utc: datetime, utc_trusted: bool) -> None:
        """Leaves the event that says so; StorageError."""
        try:
            for path in self.files():
                path.unlink()
        except OSError as error:
            raise StorageError(f"the security log cannot be cleared ({error.strerror})") from error
        self.write(SecurityEvent.SECURITY_LOG_WAS_CLEARED, utc, utc_trusted)

    def _append(self, line: bytes) -> None:
        """A line that a power failure has cut is ended first, so that it spoils no other."""
        handle = os.open(self._path(0), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            length = os.fstat(handle).st_size
            is_cut = length > 0 and os.pread(handle, 1, length - 1) != b"\n"
            os.write(handle, b"\n" + line if is_cut else line)
            os.fsync(handle)
        finally:
            os.close(handle)

    def _rotate(self, coming_bytes: int) -> None:
        newest = self._path(0)
        if not newest.exists() or newest.stat().st_size + coming_bytes <= self._limits.file_bytes:
            return
        for age in reversed(range(self._limits.files)):
            path = self._path(age)
            if not path.exists():
                continue
            if age + 1 == self._limits.files:
                path.unlink()
            else:
                path.replace(self._path(age + 1))

    def _path(self, age: int) -> Path:
        return self._directory / (NEWEST if age == 0 else f"{NEWEST}.{age}")


def _read_line(line: bytes) -> LoggedEvent | None:
    try:
        entry = json.loads(line)
        return LoggedEvent(
            str(entry["event"]),
            datetime.fromisoformat(entry["utc"]),
            bool(entry["trusted"]),
            str(entry.get("text", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
