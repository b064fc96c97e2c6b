"""Remembers over a restart that an upload was under way: no longer than the upload, and nothing of where to.

Blocking: for threads.
"""

import json
from dataclasses import dataclass
from pathlib import Path

NOTE = "under-way.json"


@dataclass(frozen=True, slots=True)
class UnderWay:
    request_id: int | None


class UploadNote:
    """OSError is the caller's."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / NOTE

    def write(self, upload: UnderWay) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.write_text(json.dumps({"request_id": upload.request_id}), encoding="utf-8")

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)

    def read(self) -> UnderWay | None:
        """None: nothing was under way, or the note is no note."""
        try:
            note = json.loads(self._path.read_text(encoding="utf-8"))
            request_id = note["request_id"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return UnderWay(request_id if isinstance(request_id, int) else None)

    def sweep(self) -> None:
        """Remove files that a broken-off upload has left."""
        for path in self._directory.glob("*"):
            if path.name != NOTE and path.is_file():
                path.unlink(missing_ok=True)
