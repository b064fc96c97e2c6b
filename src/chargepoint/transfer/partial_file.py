"""A file that is still coming: what is there already, of which version of the server's file, and how much may come.

Blocking: for threads. Beside `<name>.part` lies `<name>.part.json`, which says what the bytes belong to; without it, or
with another one, the bytes are worth nothing.
"""

import errno
import json
import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path

from chargepoint.transfer.file_url import FileUrl
from chargepoint.transfer.outcomes import TransferError, TransferFault
from chargepoint.transfer.port import DownloadOrder

CHECK_SPACE_EVERY_BYTES = 16 * 1024 * 1024
NO_SPACE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of the server's file; an empty validator cannot be compared, so such bytes are never kept."""

    validator: str
    """HTTP: a strong ETag or Last-Modified; FTP: size and time."""
    total_bytes: int | None


class PartialFile:
    """One download's file. Every method raises TransferError for the disk's faults and for what is too much."""

    def __init__(self, order: DownloadOrder, url: FileUrl) -> None:
        self._order = order
        self._part = order.path.with_name(order.path.name + ".part")
        self._note = order.path.with_name(order.path.name + ".part.json")
        self._origin = sha256(f"{url.scheme}://{url.authority}{url.path}".encode()).hexdigest()
        self._file: BufferedWriter | None = None
        self._checked_until = 0
        self.size_bytes = 0
        """Written so far."""

    def kept(self) -> Version | None:
        """What an earlier attempt has left; `size_bytes` then says how much of it. None: begin anew."""
        self.size_bytes = 0
        if not self._order.resumes:
            return None
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            size = self._part.stat().st_size
            version = Version(str(note["validator"]), note["total"] if isinstance(note["total"], int) else None)
            is_ours = note["origin"] == self._origin
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if not is_ours or not version.validator or size == 0:
            return None
        self.size_bytes = size
        return version

    def go_on(self, version: Version) -> None:
        """Append to what is kept."""
        self._check(version.total_bytes)
        self._open("ab")

    def begin(self, version: Version) -> None:
        """From the first byte."""
        self.size_bytes = 0
        self._check(version.total_bytes)
        note = {"origin": self._origin, "validator": version.validator, "total": version.total_bytes}
        try:
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._note.unlink(missing_ok=True)
            self._open("wb")
            self._note.write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            raise self._failed(error) from error

    def write(self, chunk: bytes) -> None:
        if self._file is None:
            raise ValueError("the file is not open")
        if self.size_bytes + len(chunk) > self._order.most_bytes:
            raise self._too_large(None)
        if self.size_bytes + len(chunk) > self._checked_until:
            self._check_space(0)
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._failed(error) from error
        self.size_bytes += len(chunk)

    def close(self) -> None:
        """Keep what is there for the next attempt."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """It is whole: durable, and under its own name."""
        try:
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self.close()
            self._part.replace(self._order.path)
            self._note.unlink(missing_ok=True)
            directory = os.open(self._order.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            raise self._failed(error) from error

    def discard(self) -> None:
        """Nothing of it is of use."""
        self.close()
        for path in (self._part, self._note):
            path.unlink(missing_ok=True)
        self.size_bytes = 0

    def _open(self, mode: str) -> None:
        try:
            self._file = BufferedWriter(open(self._part, mode, buffering=0))  # noqa: SIM115  # closed by `close`
        except OSError as error:
            raise self._failed(error) from error

    def _check(self, total_bytes: int | None) -> None:
        if total_bytes is not None and total_bytes > self._order.most_bytes:
            raise self._too_large(total_bytes)
        self._check_space(0 if total_bytes is None else max(0, total_bytes - self.size_bytes))

    def _check_space(self, wanted_bytes: int) -> None:
        directory = self._order.path.parent
        try:
            directory.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(directory).free
        except OSError as error:
            raise self._failed(error) from error
        if free < wanted_bytes + self._order.keep_free_bytes:
            raise TransferError(
                TransferFault.NO_SPACE,
                f"{directory} has {free} bytes free, the file needs {wanted_bytes} and {self._order.keep_free_bytes} "
                "stay free: make room",
            )
        self._checked_until = self.size_bytes + max(wanted_bytes, CHECK_SPACE_EVERY_BYTES)

    def _too_large(self, total_bytes: int | None) -> TransferError:
        size = "more" if total_bytes is None else f"{total_bytes} bytes"
        return TransferError(
            TransferFault.TOO_LARGE,
            f"the file has {size}, the most this station takes is {self._order.most_bytes}: offer a smaller one",
        )

    def _failed(self, error: OSError) -> TransferError:
        fault = TransferFault.NO_SPACE if error.errno in NO_SPACE_ERRORS else TransferFault.LOCAL_FILE
        return TransferError(fault, f"{self._part} cannot be written ({error.strerror}): check the disk and its owner")


def local_size(path: Path) -> int:
    """Of a file to be brought; TransferError where it is not there."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise TransferError(TransferFault.LOCAL_FILE, f"{path} cannot be read ({error.strerror})") from error
