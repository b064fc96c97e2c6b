"""One station's WebSocket: performs what its session decides. Knows sockets and loop time; decides nothing itself."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from dev_csms.outcomes import AnswerArrived, CallAnswer, Disconnect, Outcome, SendText
from dev_csms.session import CsmsSession
from dev_csms.wire import Json

UtcClock = Callable[[], datetime]


class CallFailedError(Exception):
    """A call to a station was not answered; says why."""


class Connection:
    """The shell around one session."""

    def __init__(self, socket: ServerConnection, session: CsmsSession, utc_clock: UtcClock) -> None:
        self._socket = socket
        self.session = session
        self._utc_clock = utc_clock
        self._delayed: set[asyncio.Task[None]] = set()
        self._answers: dict[str, asyncio.Future[CallAnswer]] = {}
        self._one_call_at_a_time = asyncio.Lock()

    async def run(self, path: str) -> None:
        """Serve until the socket closes."""
        self.session.opened(self._utc_clock(), path)
        try:
            with contextlib.suppress(ConnectionClosed):
                async for received in self._socket:
                    text = received if isinstance(received, str) else received.decode(errors="replace")
                    for outcome in self.session.receive(text, self._utc_clock()):
                        await self._perform(outcome)
        finally:
            self._end()

    async def call(self, action: str, payload: Json, strict: bool = True, timeout_seconds: float = 30.0) -> CallAnswer:
        """Send a CALL and wait for its answer; CallRefusedError: outside its schema, CallFailedError: no answer."""
        async with self._one_call_at_a_time:
            message_id, text = self.session.make_call(action, payload, strict)
            answer: asyncio.Future[CallAnswer] = asyncio.get_running_loop().create_future()
            self._answers[message_id] = answer
            try:
                await self.send(text)
                async with asyncio.timeout(timeout_seconds):
                    return await answer
            except TimeoutError as error:
                raise CallFailedError(
                    f"{self.session.station} did not answer {action} in {timeout_seconds} s"
                ) from error
            except ConnectionClosed as error:
                raise CallFailedError(f"{self.session.station} was gone before {action} was sent") from error
            finally:
                self._answers.pop(message_id, None)

    async def send(self, text: str) -> None:
        """Send any text, fitting OCPP or not."""
        await self._socket.send(text)
        self.session.sent(text, self._utc_clock())

    async def drop(self, close_code: int | None = None) -> None:
        """End the connection: with a close frame, or by cutting TCP when None."""
        if close_code is None:
            self._socket.transport.abort()
        else:
            await self._socket.close(close_code)

    async def _perform(self, outcome: Outcome) -> None:
        match outcome:
            case SendText(text, delay_seconds):
                if delay_seconds > 0:
                    task = asyncio.create_task(self._send_later(text, delay_seconds))
                    self._delayed.add(task)
                    task.add_done_callback(self._delayed.discard)
                else:
                    await self.send(text)
            case Disconnect(close_code):
                await self.drop(close_code)
            case AnswerArrived(answer):
                waiting = self._answers.get(answer.message_id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
            case _:
                assert_never(outcome)

    async def _send_later(self, text: str, delay_seconds: float) -> None:
        await asyncio.sleep(delay_seconds)
        with contextlib.suppress(ConnectionClosed):
            await self.send(text)

    def _end(self) -> None:
        for task in self._delayed:
            task.cancel()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(CallFailedError(f"{self.session.station} hung up without an answer"))
        self.session.closed(self._utc_clock(), self._socket.close_code)
