"""What the local interface is given by the composition root. It never imports the rooms behind these protocols."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chargepoint.charging.ports import CsmsPort, DeadLetterPort, OutboxDepth, StationPort
from chargepoint.model.moment import Moment
from chargepoint.panel.notices import NoticeBoard


class FrameView(Protocol):
    """One OCPP frame, masked already."""

    @property
    def number(self) -> int: ...

    @property
    def direction(self) -> str:
        """`sent` or `received`."""
        ...

    @property
    def utc(self) -> datetime: ...

    @property
    def text(self) -> str: ...


class FrameSource(Protocol):
    def last(self) -> Sequence[FrameView]:
        """Oldest first."""
        ...

    def watch(self) -> AsyncIterator[FrameView]:
        """Every frame from now on, for ever."""
        ...


class DepthSource(Protocol):
    async def depth(self) -> OutboxDepth:
        """StorageError when the database does not answer."""
        ...


class OutboxSource(DepthSource, DeadLetterPort, Protocol):
    """The queue, and what was given up."""


class ClockView(Protocol):
    @property
    def source(self) -> str:
        """Who set the wall clock: `none`, `system`, `csms`."""
        ...

    def now(self) -> Moment: ...


class LoopStatisticsView(Protocol):
    """How punctual the safety loop was in its last few seconds."""

    @property
    def ticks(self) -> int: ...

    @property
    def late_ticks(self) -> int: ...

    @property
    def worst_lateness_seconds(self) -> float: ...

    @property
    def worst_tick_seconds(self) -> float: ...

    @property
    def period_seconds(self) -> float: ...


class SafetyLinkView(Protocol):
    @property
    def is_connected(self) -> bool: ...

    @property
    def board(self) -> str | None: ...

    @property
    def statistics(self) -> LoopStatisticsView | None: ...

    @property
    def why_lost(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class StationFacts:
    """What does not change while the process lives."""

    identity: str
    version: str
    started_at: float
    """Loop time."""
    database_set_aside: str | None = None
    """Where a corrupt database was put, if that happened at this start."""


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """A certificate that the station shows or trusts, and when it ends."""

    use: str
    name: str
    ends_utc: datetime


def no_certificates() -> Sequence[CertificateEnd]:
    return ()


@dataclass(frozen=True, slots=True)
class TransferShown:
    """A file that is on its way."""

    what: str
    done_bytes: int
    total_bytes: int | None
    """None: nobody has said how large it is."""


def no_transfers() -> Sequence[TransferShown]:
    return ()


@dataclass(frozen=True, slots=True)
class PanelSources:
    """Everything that the local interface reads from and gives orders to."""

    station: StationPort
    csms: CsmsPort
    outbox: OutboxSource
    frames: FrameSource
    notices: NoticeBoard
    clock: ClockView
    safety: SafetyLinkView
    facts: StationFacts
    task_restarts: Callable[[], Mapping[str, int]]
    certificates: Callable[[], Sequence[CertificateEnd]] = no_certificates
    transfers: Callable[[], Sequence[TransferShown]] = no_transfers
    has_pin_pad: bool = False
    """PINs are taken from here."""
