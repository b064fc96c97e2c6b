"""Answers requests for logs, and brings each log where it was asked to be: one at a time, the newest request wins.

An upload that a restart has broken off is told as failed at the next start.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chargepoint.diagnostics.bundle import Evidence, write_bundle, write_security_log
from chargepoint.diagnostics.interrupted import UnderWay, UploadNote
from chargepoint.diagnostics.log_files import oldest_stamp
from chargepoint.model.errors import StorageError
from chargepoint.model.log_uploads import LogAnswer, LogKind, LogOutcome, LogPeriod, LogRequest, LogUploadStatus
from chargepoint.model.reports import LogUploadReport
from chargepoint.security.security_log import SecurityLog
from chargepoint.transfer.file_url import url_of_file
from chargepoint.transfer.outcomes import TransferFailed, TransferFault
from chargepoint.transfer.port import Attempts, FileTransfer, UploadOrder

log = logging.getLogger(__name__)

ANSWER_LEAVES_FIRST_SECONDS = 0.2
DEFAULT_RETRIES = 2
DEFAULT_RETRY_INTERVAL_SECONDS = 60
SHORTEST_RETRY_INTERVAL_SECONDS = 1
CONTENT_TYPE: Mapping[LogKind, str] = {LogKind.DIAGNOSTICS: "application/zip", LogKind.SECURITY: "application/jsonl"}
PREFIX: Mapping[LogKind, str] = {LogKind.DIAGNOSTICS: "diagnostics", LogKind.SECURITY: "security-log"}
ENDING: Mapping[LogKind, str] = {LogKind.DIAGNOSTICS: "zip", LogKind.SECURITY: "jsonl"}

STATUS_OF_FAULT: Mapping[TransferFault, LogUploadStatus] = {
    TransferFault.BAD_ADDRESS: LogUploadStatus.BAD_MESSAGE,
    TransferFault.UNKNOWN_SCHEME: LogUploadStatus.NOT_SUPPORTED_OPERATION,
    TransferFault.UNREACHABLE: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.NOT_TRUSTED: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.PERMISSION_DENIED: LogUploadStatus.PERMISSION_DENIED,
    TransferFault.NOT_FOUND: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.NOT_SUPPORTED: LogUploadStatus.NOT_SUPPORTED_OPERATION,
    TransferFault.NOT_UNDERSTOOD: LogUploadStatus.BAD_MESSAGE,
    TransferFault.REFUSED: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.SERVER_BUSY: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.INTERRUPTED: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.STALLED: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.TOO_LARGE: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.NO_SPACE: LogUploadStatus.UPLOAD_FAILURE,
    TransferFault.LOCAL_FILE: LogUploadStatus.UPLOAD_FAILURE,
}
"""N01.FR.10: as precise as the words allow."""


@dataclass(frozen=True, slots=True)
class LogSources:
    """Where logs come from, and where they are put together."""

    work_dir: Path
    """Of this desk alone."""
    log_dir: Path | None
    """Of `log_files`; None: the program's log is not kept."""
    security_log: SecurityLog | None
    evidence: Callable[[LogPeriod], Awaitable[Evidence]]
    identity: Callable[[], str]
    utc_now: Callable[[], datetime]
    note_upkeep: Callable[[bool], Awaitable[None]]
    """Told when an upload is under way, and when it is over."""


@dataclass(frozen=True, slots=True)
class _Job:
    request: LogRequest
    path: Path


class LogDesk:
    """Implements `LogPort`; `run` does the work."""

    def __init__(self, sources: LogSources, transfer: FileTransfer, say: Callable[[LogUploadReport], None]) -> None:
        self._sources = sources
        self._transfer = transfer
        self._say = say
        self._note = UploadNote(sources.work_dir)
        self._job: _Job | None = None
        """Accepted and not over."""
        self._work: asyncio.Task[None] | None = None
        self._bell = asyncio.Event()

    # LogPort

    async def request(self, wanted: LogRequest) -> LogAnswer:
        """The same request again goes on with what it began."""
        if self._job is not None and self._job.request == wanted:
            return LogAnswer(LogOutcome.ACCEPTED, self._job.path.name)
        if not await asyncio.to_thread(self._has, wanted, self._sources.utc_now()):
            return LogAnswer(LogOutcome.REJECTED)
        job = _Job(wanted, self._sources.work_dir / self._name(wanted.kind))
        given_up, self._job = self._job, job
        await self._sources.note_upkeep(True)
        if given_up is not None:
            self._give_up(given_up, wanted)
        with suppress(OSError):
            await asyncio.to_thread(self._note.write, UnderWay(wanted.request_id))
        self._bell.set()
        outcome = LogOutcome.ACCEPTED if given_up is None else LogOutcome.ACCEPTED_CANCELED
        return LogAnswer(outcome, job.path.name)

    def present(self, *, is_numbered: bool) -> LogUploadReport:
        request = None if self._job is None else self._job.request
        if request is None or (request.request_id is not None) is not is_numbered:
            return LogUploadReport(LogUploadStatus.IDLE.value)
        return LogUploadReport(LogUploadStatus.UPLOADING.value, request.request_id)

    def _give_up(self, job: _Job, newer: LogRequest) -> None:
        """Two GetDiagnostics cannot be told apart: there a failure of the older one would be taken for the newer's."""
        if self._work is not None:
            self._work.cancel()
        if job.request.request_id is not None or newer.request_id is not None:
            self._tell(job, LogUploadStatus.ACCEPTED_CANCELED)

    def _has(self, wanted: LogRequest, now: datetime) -> bool:
        """Blocking. False: a period without a beginning of ours, or a log that is not kept."""
        period = wanted.period
        if period.oldest is not None and (period.oldest > now or not period.holds(period.oldest)):
            return False
        if wanted.kind is LogKind.SECURITY:
            return self._sources.security_log is not None and bool(self._sources.security_log.files())
        directory = self._sources.log_dir
        first = None if directory is None else oldest_stamp(directory)
        return first is None or period.latest is None or period.latest >= first

    def _name(self, kind: LogKind) -> str:
        station = re.sub(r"[^A-Za-z0-9._-]", "_", self._sources.identity())
        return f"{PREFIX[kind]}-{station}-{self._sources.utc_now():%Y%m%dT%H%M%S.%fZ}.{ENDING[kind]}"

    # Work

    async def run(self) -> None:
        """For ever."""
        await self._tell_of_the_interrupted()
        try:
            while True:
                await self._bell.wait()
                self._bell.clear()
                if self._job is not None:
                    self._work = asyncio.create_task(self._serve(self._job), name="log upload")
                    await asyncio.wait({self._work})
                    if not self._work.cancelled():
                        self._work.result()
        finally:
            if self._work is not None:
                self._work.cancel()
                await asyncio.gather(self._work, return_exceptions=True)

    async def _tell_of_the_interrupted(self) -> None:
        if self._job is not None:
            self._bell.set()
            return
        with suppress(OSError):
            await asyncio.to_thread(self._note.sweep)
        broken_off = await asyncio.to_thread(self._note.read)
        if broken_off is not None:
            self._say(LogUploadReport(LogUploadStatus.UPLOAD_FAILURE.value, broken_off.request_id))
            with suppress(OSError):
                await asyncio.to_thread(self._note.remove)

    async def _serve(self, job: _Job) -> None:
        await asyncio.sleep(ANSWER_LEAVES_FIRST_SECONDS)
        try:
            status = await self._bring(job)
        finally:
            with suppress(OSError):
                await asyncio.to_thread(job.path.unlink, missing_ok=True)
        if self._job is job:
            self._job = None
            with suppress(OSError):
                await asyncio.to_thread(self._note.remove)
            self._tell(job, status)
            await self._sources.note_upkeep(self._job is not None)

    async def _bring(self, job: _Job) -> LogUploadStatus:
        request = job.request
        try:
            evidence = await self._sources.evidence(request.period)
            await asyncio.to_thread(self._write, job, evidence)
        except (OSError, StorageError) as error:
            log.warning("%s cannot be put together (%s): check the disk", job.path.name, error)
            return LogUploadStatus.UPLOAD_FAILURE
        self._tell(job, LogUploadStatus.UPLOADING)
        order = UploadOrder(
            url=url_of_file(request.location, job.path.name),
            path=job.path,
            attempts=_attempts(request),
            content_type=CONTENT_TYPE[request.kind],
        )
        outcome = await self._transfer.upload(order)
        if isinstance(outcome, TransferFailed):
            log.warning("%s was not uploaded: %s", job.path.name, outcome.text)
            return STATUS_OF_FAULT[outcome.fault]
        log.info("%s was uploaded, %d bytes", job.path.name, outcome.size_bytes)
        return LogUploadStatus.UPLOADED

    def _write(self, job: _Job, evidence: Evidence) -> None:
        """Blocking."""
        self._sources.work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._note.sweep()
        if job.request.kind is LogKind.DIAGNOSTICS:
            write_bundle(job.path, evidence, self._sources.log_dir, job.request.period)
        elif self._sources.security_log is not None:
            write_security_log(job.path, self._sources.security_log, job.request.period)

    def _tell(self, job: _Job, status: LogUploadStatus) -> None:
        self._say(LogUploadReport(status.value, job.request.request_id))


def _attempts(request: LogRequest) -> Attempts:
    retries = DEFAULT_RETRIES if request.retries is None else request.retries
    interval = (
        DEFAULT_RETRY_INTERVAL_SECONDS if request.retry_interval_seconds is None else request.retry_interval_seconds
    )
    return Attempts(retries=max(0, retries), interval_seconds=float(max(SHORTEST_RETRY_INTERVAL_SECONDS, interval)))
