"""Writes what is to be uploaded into one file. Blocking: for threads.

A zip, because everybody can open one; written member by member, so that a long log takes no memory.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chargepoint.diagnostics.log_files import log_lines
from chargepoint.diagnostics.masking import without_secrets
from chargepoint.model.log_uploads import LogPeriod
from chargepoint.security.security_log import SecurityLog

LOG_MEMBER = "log.txt"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known at one moment, by member name; texts hold no secret already."""

    members: Mapping[str, str]
    secrets: Sequence[str] = field(default=(), repr=False)
    """Values to be struck out should they turn up anywhere."""


def write_bundle(path: Path, evidence: Evidence, log_directory: Path | None, period: LogPeriod) -> None:
    """OSError."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as bundle:
        for name, text in evidence.members.items():
            bundle.writestr(name, without_secrets(text, evidence.secrets))
        if log_directory is None:
            return
        with bundle.open(LOG_MEMBER, "w") as member:
            for line in log_lines(log_directory, period):
                member.write(without_secrets(line, evidence.secrets).encode())


def write_security_log(path: Path, log: SecurityLog, period: LogPeriod) -> int:
    """One JSON object a line; how many there are. OSError, StorageError."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for line in _security_lines(log, period):
            file.write(line)
            count += 1
    return count


def _security_lines(log: SecurityLog, period: LogPeriod) -> Iterator[str]:
    for event in log.events():
        if period.holds(event.utc):
            fields: dict[str, object] = {
                "timestamp": event.utc.isoformat(),
                "clockTrusted": event.utc_trusted,
                "type": event.event,
                "techInfo": without_secrets(event.text),
            }
            yield json.dumps(fields, ensure_ascii=False) + "\n"
