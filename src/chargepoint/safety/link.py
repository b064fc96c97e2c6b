"""The safety process's end of the link: one Unix SOCK_SEQPACKET socket that never blocks the loop.

One controller at a time, a newer connection replaces the older. A reader that is too slow loses the older
observation of an EVSE, never the newest. Nothing that comes in can end the process.
"""

import logging
import os
import select
import socket
from dataclasses import dataclass
from pathlib import Path

from chargepoint.model.errors import SafetyLinkError
from chargepoint.model.power import EvseObservation, PowerDirective, SafetyHello
from chargepoint.safety import serving_lock
from chargepoint.safety.link_messages import (
    LARGEST_MESSAGE_BYTES,
    LoopStatistics,
    Refusal,
    SafetyMessage,
    decode_directive,
    encode,
)

logger = logging.getLogger(__name__)

MESSAGES_PER_POLL = 16
"""More wait for the next tick: a flood of directives must not make a tick long."""
SOCKET_MODE = 0o660
WHY_LENGTH = 300


@dataclass(frozen=True, slots=True)
class ControllerCame:
    pass


@dataclass(frozen=True, slots=True)
class ControllerLeft:
    pass


LinkEvent = ControllerCame | ControllerLeft | PowerDirective


class SafetyLink:
    """Listens from construction on; SafetyLinkError when another process already serves this path."""

    def __init__(self, path: Path, hello: SafetyHello) -> None:
        self._path = path
        self._hello = hello
        self._lock = _lock(path)
        try:
            self._listener = _listen(path)
        except BaseException:
            os.close(self._lock)
            raise
        self._controller: socket.socket | None = None
        self._waiting: dict[str, bytes] = {}
        self._poller = select.poll()
        self._poller.register(self._listener, select.POLLIN)

    def poll(self) -> list[LinkEvent]:
        """What arrived since the last call; returns at once."""
        events: list[LinkEvent] = []
        for descriptor, _ in self._poller.poll(0):
            if descriptor == self._listener.fileno():
                events += self._accept()
            elif self._controller is not None and descriptor == self._controller.fileno():
                events += self._receive(self._controller)
        self._flush()
        return events

    def publish(self, message: EvseObservation | LoopStatistics) -> None:
        """Send now or as soon as the reader has room; a newer one of the same kind replaces it until then."""
        if self._controller is None:
            return
        slot = f"evse {message.evse_id}" if isinstance(message, EvseObservation) else "statistics"
        self._queue(slot, message)

    def refuse(self, why: str) -> None:
        """Answer a message that can not be used."""
        logger.warning("message of the controller refused: %s", why[:WHY_LENGTH])
        if self._controller is not None:
            self._queue("refusal", Refusal(why[:WHY_LENGTH]))

    def close(self) -> None:
        """Say goodbye by closing; the path is removed."""
        self._drop_controller()
        self._poller.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        os.close(self._lock)

    def _accept(self) -> list[LinkEvent]:
        try:
            newcomer, _ = self._listener.accept()
        except OSError:  # it left again before we looked
            return []
        replaced = self._drop_controller()
        newcomer.setblocking(False)
        self._controller = newcomer
        self._poller.register(newcomer, select.POLLIN)
        self._queue("hello", self._hello)
        return [ControllerLeft(), ControllerCame()] if replaced else [ControllerCame()]

    def _receive(self, controller: socket.socket) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        for _ in range(MESSAGES_PER_POLL):
            try:
                datagram, _, marks, _ = controller.recvmsg(LARGEST_MESSAGE_BYTES)
            except BlockingIOError:
                break
            except OSError:
                datagram, marks = b"", 0
            if not datagram:
                self._drop_controller()
                events.append(ControllerLeft())
                break
            events += self._read(datagram, is_cut=bool(marks & socket.MSG_TRUNC))
        return events

    def _read(self, datagram: bytes, is_cut: bool) -> list[LinkEvent]:
        if is_cut:
            self.refuse(f"a message has at most {LARGEST_MESSAGE_BYTES} bytes")
            return []
        try:
            return [decode_directive(datagram)]
        except ValueError as error:
            self.refuse(str(error))
            return []

    def _queue(self, slot: str, message: SafetyMessage) -> None:
        self._waiting.pop(slot, None)
        self._waiting[slot] = encode(message)
        self._flush()

    def _flush(self) -> None:
        """Send what waits, oldest first, until the reader's buffer is full."""
        while self._waiting and self._controller is not None:
            slot = next(iter(self._waiting))
            try:
                self._controller.send(self._waiting[slot], socket.MSG_NOSIGNAL)
            except BlockingIOError:
                return
            except OSError:  # the end of file that `_receive` reads next says it better
                self._waiting.clear()
                return
            del self._waiting[slot]

    def _drop_controller(self) -> bool:
        if self._controller is None:
            return False
        self._poller.unregister(self._controller)
        self._controller.close()
        self._controller = None
        self._waiting.clear()
        return True


def _lock(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = serving_lock.take(path)
    except OSError as error:
        raise SafetyLinkError(f"{path}: can not listen there ({error}): choose another station.run_dir") from error
    if lock is None:
        raise SafetyLinkError(
            f"{path}: another safety process serves it: stop that one or choose another station.run_dir"
        )
    return lock


def _listen(path: Path) -> socket.socket:
    """The lock is held: a socket that is there was left behind."""
    if path.is_socket():
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        listener.listen(4)
    except OSError as error:
        listener.close()
        raise SafetyLinkError(f"{path}: can not listen there ({error}): choose another station.run_dir") from error
    listener.setblocking(False)
    return listener
