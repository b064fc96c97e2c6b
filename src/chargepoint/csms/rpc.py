"""OCPP-J calls over one connection: ours one at a time, the CSMS's answered while ours waits.

Lives as long as its connection and shares nothing with the next one. Whatever arrives, reading goes on; a pending
call fails at once when the connection closes. Decides nothing about which message may be sent when.
"""

import asyncio
import logging
import uuid
from dataclasses import dataclass
from enum import StrEnum

from chargepoint.csms import frames
from chargepoint.csms.answerer import Answerer
from chargepoint.csms.channel import ChannelClosedError, FrameChannel
from chargepoint.csms.dialect import ErrorCode, JsonObject, OutgoingCall
from chargepoint.csms.frame_log import Direction, FrameLog
from chargepoint.csms.pace import Pace
from chargepoint.model.errors import CsmsError

log = logging.getLogger(__name__)

MOST_UNANSWERED = 64
"""Beyond this nothing more is read: the flood waits in the network, not in memory."""
COURTESY_SECONDS = 2.0
"""How long a call of the CSMS holds ours up until it is answered: once, however many of ours there are."""
UNREADABLE_ID = "-1"  # 2.0.1 part 4 4.2.3
RPC_FRAMEWORK_ERROR = "RpcFrameworkError"


class CallFailure(StrEnum):
    TIMEOUT = "timeout"
    CLOSED = "closed"
    CALL_ERROR = "call_error"
    MALFORMED = "malformed"
    """The answer had our message id and broke OCPP-J."""
    UNSENDABLE = "unsendable"
    """Our own payload breaks the schema: it never left."""


class CallFailedError(CsmsError):
    """A CALL of ours that brought no CALLRESULT."""

    def __init__(self, failure: CallFailure, description: str, code: str = "") -> None:
        super().__init__(description)
        self.failure = failure
        self.code = code
        """The CALLERROR's code as the CSMS spells it; unknown ones are as good as any."""


@dataclass(frozen=True, slots=True)
class _Pending:
    message_id: str
    answer: "asyncio.Future[JsonObject]"


class Rpc:
    """One connection's calls in both directions."""

    def __init__(self, channel: FrameChannel, answerer: Answerer, frame_log: FrameLog, pace: Pace) -> None:
        self._channel = channel
        self._answerer = answerer
        self._frame_log = frame_log
        self._pace = pace
        self._turn = asyncio.Lock()
        self._pending: _Pending | None = None
        self._closed_because: str | None = None
        self._tasks: dict[asyncio.Task[None], float] = {}
        """The answers under way, and until when calls of ours let each go first."""
        self._quiet_until = 0.0
        self.last_answered_at: float | None = None
        """Loop time of the last answer to a call of ours."""

    async def run(self) -> str:
        """Read until the connection closes; the reason why it did."""
        try:
            while True:
                text = await self._channel.receive()
                self._frame_log.note(Direction.RECEIVED, text)
                await self._take(frames.parse(text))
                await self._keep_fair()
        except ChannelClosedError as error:
            return str(error)
        finally:
            self._end("the link to the CSMS is closed")

    async def _keep_fair(self) -> None:
        """A CSMS that floods must not keep the loop from renewing its leases: others have their turn each frame."""
        await asyncio.sleep(0)
        while len(self._tasks) >= MOST_UNANSWERED:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def call(self, call: OutgoingCall, message_id: str | None = None) -> JsonObject:
        """Send and wait for the CALLRESULT; CallFailedError otherwise. The timeout counts from the sending."""
        text = self._text(call, message_id or str(uuid.uuid4()))
        async with self._turn:
            await self._give_way()
            return await self._exchange(call.action, text)

    def _text(self, call: OutgoingCall, message_id: str) -> "_Outgoing":
        violation = self._answerer.schemas.check_call(call.action, call.payload)
        if violation is not None:
            raise CallFailedError(CallFailure.UNSENDABLE, f"{call.action} not sent, {violation.description}")
        try:
            return _Outgoing(message_id, frames.call_text(message_id, call.action, call.payload))
        except ValueError as error:
            raise CallFailedError(CallFailure.UNSENDABLE, f"{call.action} not sent, {error}") from error

    async def _give_way(self) -> None:
        """The CSMS's own calls are answered first, and then a little silence is kept."""
        loop = asyncio.get_running_loop()
        longest = loop.time() + COURTESY_SECONDS
        while waits := [until for until in self._tasks.values() if until > loop.time()]:
            seconds = min(longest, *waits) - loop.time()
            if seconds <= 0:
                log.debug("calls of the CSMS come without end; ours goes out meanwhile")
                break
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        silence = self._quiet_until - loop.time()
        if silence > 0:
            await asyncio.sleep(silence)

    async def _exchange(self, action: str, outgoing: "_Outgoing") -> JsonObject:
        if self._closed_because is not None:
            raise CallFailedError(CallFailure.CLOSED, self._closed_because)
        loop = asyncio.get_running_loop()
        pending = _Pending(outgoing.message_id, loop.create_future())
        self._pending = pending
        timeout_seconds = self._pace.message_timeout_seconds
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._send(outgoing.text)
                answer = await pending.answer
        except TimeoutError as error:
            raise CallFailedError(
                CallFailure.TIMEOUT, f"the CSMS did not answer {action} within {timeout_seconds:g} s"
            ) from error
        except ChannelClosedError as error:
            raise CallFailedError(CallFailure.CLOSED, str(error)) from error
        finally:
            self._pending = None
        self.last_answered_at = loop.time()
        return answer

    async def _send(self, text: str) -> None:
        self._frame_log.note(Direction.SENT, text)
        await self._channel.send(text)

    async def _take(self, frame: frames.Frame) -> None:
        match frame:
            case frames.Call():
                self._start_answering(frame)
            case frames.CallResult(message_id, payload):
                pending = self._waiting_for(message_id)
                if pending is not None:
                    pending.answer.set_result(payload)
            case frames.CallError(message_id, code, description):
                self._fail(message_id, CallFailedError(CallFailure.CALL_ERROR, f"{code}: {description}", code))
            case frames.Malformed():
                await self._refuse(frame)

    def _waiting_for(self, message_id: str | None) -> _Pending | None:
        pending = self._pending
        if pending is None or pending.message_id != message_id or pending.answer.done():
            log.debug("an answer that nobody waits for (late, or with a wrong message id) is ignored")
            return None
        return pending

    def _fail(self, message_id: str | None, error: CallFailedError) -> None:
        pending = self._waiting_for(message_id)
        if pending is not None:
            pending.answer.set_exception(error)

    async def _refuse(self, frame: frames.Malformed) -> None:
        log.debug("malformed frame from the CSMS: %s", frame.reason)
        self._answerer.note_malformed(frame.reason)
        if frame.is_answer:
            self._fail(frame.message_id, CallFailedError(CallFailure.MALFORMED, f"malformed answer: {frame.reason}"))
            return
        knows_framework_errors = self._answerer.error_name(ErrorCode.RPC_FRAMEWORK) == RPC_FRAMEWORK_ERROR
        if not knows_framework_errors and (
            frame.message_id is None or frame.code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
        ):
            return  # 1.6 4.1.3: an unknown message type is ignored
        message_id = frame.message_id or UNREADABLE_ID
        await self._send(frames.error_text(message_id, self._answerer.error_name(frame.code), frame.reason, {}))

    def _start_answering(self, call: frames.Call) -> None:
        task = asyncio.create_task(self._answer(call), name=f"answer {call.action[:40]}")
        self._tasks[task] = task.get_loop().time() + COURTESY_SECONDS
        task.add_done_callback(self._answered)

    async def _answer(self, call: frames.Call) -> None:
        text = await self._answerer.answer(call, is_crowded=len(self._tasks) > self._answerer.most_at_once)
        try:
            await self._send(text)
        except ChannelClosedError as error:
            log.debug("%s could not be answered: %s", call.action, error)

    def _answered(self, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and task.exception() is not None:
            log.error("answering failed", exc_info=task.exception())
        if self._closed_because is None:
            self._quiet_until = task.get_loop().time() + self._pace.call_spacing_seconds

    def _end(self, reason: str) -> None:
        self._closed_because = reason
        if self._pending is not None and not self._pending.answer.done():
            self._pending.answer.set_exception(CallFailedError(CallFailure.CLOSED, reason))
        for task in self._tasks:
            task.cancel()


@dataclass(frozen=True, slots=True)
class _Outgoing:
    message_id: str
    text: str
