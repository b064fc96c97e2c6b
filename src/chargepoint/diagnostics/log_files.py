"""The program's own log on disk: a bounded ring of files, one line an event, secrets struck out."""

import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from chargepoint.diagnostics.masking import without_secrets
from chargepoint.model.log_uploads import LogPeriod

NEWEST = "chargepoint.log"
STAMP_LENGTH = len("2026-06-01T12:00:00.000Z")


@dataclass(frozen=True, slots=True)
class LogFileLimits:
    file_bytes: int = 512 * 1024
    files: int = 4


class _Ring(RotatingFileHandler):
    """A full disk costs the lines that it does not take, and nothing else: whoever runs the station sees them too."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


class _StruckOut(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


def log_file_handler(directory: Path, limits: LogFileLimits = LogFileLimits()) -> logging.Handler:
    """To be added to the root logger; OSError where the directory cannot be used."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _Ring(
        directory / NEWEST, maxBytes=limits.file_bytes, backupCount=limits.files - 1, encoding="utf-8", delay=True
    )
    handler.setFormatter(_StruckOut())
    return handler


def log_lines(directory: Path, period: LogPeriod) -> Iterator[str]:
    """Oldest first; a line without a time belongs to the one before it. A file that vanishes meanwhile is left out."""
    for path in _files(directory):
        is_wanted = False
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    stamp = stamp_of(line)
                    is_wanted = is_wanted if stamp is None else period.holds(stamp)
                    if is_wanted:
                        yield line
        except FileNotFoundError:
            continue


def oldest_stamp(directory: Path) -> datetime | None:
    """Of the first line; None where there is no log."""
    for path in _files(directory):
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                stamp = stamp_of(file.readline())
        except OSError:
            continue
        if stamp is not None:
            return stamp
    return None


def stamp_of(line: str) -> datetime | None:
    text = line[:STAMP_LENGTH]
    if not text.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _files(directory: Path) -> list[Path]:
    found = [path for path in directory.glob(f"{NEWEST}*") if path.is_file()]
    return sorted(found, key=lambda path: int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0, reverse=True)
