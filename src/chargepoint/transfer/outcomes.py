"""How a transfer went, as values: done, or who is at fault and whether another attempt may help."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chargepoint.model.errors import ChargePointError


class TransferFault(StrEnum):
    BAD_ADDRESS = "bad_address"
    """No URL, no host, or a redirection to somewhere it may not lead."""
    UNKNOWN_SCHEME = "unknown_scheme"
    UNREACHABLE = "unreachable"
    """No such host, nobody listens, no answer."""
    NOT_TRUSTED = "not_trusted"
    """TLS: an unknown root, the wrong host name, no common protocol."""
    PERMISSION_DENIED = "permission_denied"
    NOT_FOUND = "not_found"
    NOT_SUPPORTED = "not_supported"
    """The server does not know how to do this."""
    NOT_UNDERSTOOD = "not_understood"
    """The server or this station does not understand what the other one said."""
    REFUSED = "refused"
    """The server would not, for a reason of its own."""
    SERVER_BUSY = "server_busy"
    """The server cannot just now."""
    INTERRUPTED = "interrupted"
    """The connection ended in the middle of the file."""
    STALLED = "stalled"
    """Nothing moved for too long."""
    TOO_LARGE = "too_large"
    NO_SPACE = "no_space"
    LOCAL_FILE = "local_file"
    """The file here cannot be read or written."""


LASTING = frozenset(
    {
        TransferFault.BAD_ADDRESS,
        TransferFault.UNKNOWN_SCHEME,
        TransferFault.NOT_SUPPORTED,
        TransferFault.TOO_LARGE,
        TransferFault.LOCAL_FILE,
    }
)
"""Faults that are the same at every attempt; all others may pass, also a file that is not there yet."""


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """Holds no credentials: it may be logged and told."""

    fault: TransferFault
    text: str
    """What, where and what to do next."""

    @property
    def is_worth_retrying(self) -> bool:
        return self.fault not in LASTING


@dataclass(frozen=True, slots=True)
class Downloaded:
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the present attempt is."""

    done_bytes: int
    total_bytes: int | None
    """None: the server did not say."""


class TransferError(ChargePointError):
    """Inside this room only: the port gives `TransferFailed` as a value."""

    def __init__(self, fault: TransferFault, text: str) -> None:
        super().__init__(text)
        self.failure = TransferFailed(fault, text)
