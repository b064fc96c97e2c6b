"""Answers one CALL of the CSMS: may it be served now, is it well-formed, what does the dialect say.

Always yields a text to send; a broken handler becomes InternalError. Sends nothing by itself.
"""

import asyncio
import logging
from collections.abc import Callable

from chargepoint.csms import frames
from chargepoint.csms.dialect import CallRefusedError, Dialect, ErrorCode, JsonObject
from chargepoint.csms.mailbox import Mailbox
from chargepoint.csms.registration import is_served
from chargepoint.csms.validation import SchemaBook
from chargepoint.model.errors import ChargePointError
from chargepoint.model.registration import RegistrationStatus

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16
SLOW_SECONDS = 10.0
INSTRUCTIONS_TO_SEND = frozenset({"TriggerMessage", "ExtendedTriggerMessage", "GetBaseReport", "GetReport"})
"""What is said while one of these is served was asked for, and may go out before acceptance (2.0.1 B02.FR.02)."""


class Answerer:
    """For one connection."""

    most_at_once = MOST_AT_ONCE

    def __init__(
        self,
        dialect: Dialect,
        schemas: SchemaBook,
        registration: Callable[[], RegistrationStatus | None],
        mailbox: Mailbox,
        note_malformed: Callable[[str], None] = lambda reason: None,
    ) -> None:
        self._dialect = dialect
        self._registration = registration
        self._mailbox = mailbox
        self.schemas = schemas
        self.note_malformed = note_malformed
        """Told of frames that are no OCPP."""

    def error_name(self, code: ErrorCode) -> str:
        return self._dialect.traits.error_names[code]

    async def answer(self, call: frames.Call, is_crowded: bool = False) -> str:
        """The CALLRESULT or CALLERROR as text."""
        try:
            if is_crowded:
                raise CallRefusedError(ErrorCode.GENERIC, "too many requests at once: wait for the answers")
            payload = await self._check(call)
            if payload is None:
                payload = await self._serve(call)
            return self._result(call, payload)
        except CallRefusedError as refusal:
            return self._error(call, refusal)

    async def _check(self, call: frames.Call) -> JsonObject | None:
        """CallRefusedError with the version's own reason; the answer where the version has a word for the unknown."""
        traits = self._dialect.traits
        if not is_served(call.action, self._registration(), traits):
            raise CallRefusedError(traits.refusal_before_acceptance, "this station is not accepted by the CSMS yet")
        if not self.schemas.knows(call.action):
            raise CallRefusedError(ErrorCode.NOT_IMPLEMENTED, f"{call.action[:50]} is not known")
        if not self._dialect.serves(call.action):
            raise CallRefusedError(ErrorCode.NOT_SUPPORTED, f"{call.action} is not supported by this station")
        for number, violation in enumerate(self.schemas.check_in_parts(call.action, call.payload)):
            if violation is not None:
                answer = traits.answers_to_unknown_words.get((call.action, violation.path))
                if answer is not None and violation.code is ErrorCode.PROPERTY_CONSTRAINT:
                    return answer
                raise CallRefusedError(violation.code, violation.description)
            if number > 0:
                await asyncio.sleep(0)
        return None

    async def _serve(self, call: frames.Call) -> JsonObject:
        """The handler runs in a task of its own, so that whatever it raises is seen here as a value."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        handler = asyncio.ensure_future(self._dialect.serve(call.action, call.payload))
        try:
            if call.action in INSTRUCTIONS_TO_SEND:
                with self._mailbox.instructed():
                    await asyncio.wait({handler})
            else:
                await asyncio.wait({handler})
        finally:
            handler.cancel()
        if loop.time() - began > SLOW_SECONDS:
            log.warning("answering %s took %.1f s", call.action, loop.time() - began)
        return _outcome(handler, call.action)

    def _result(self, call: frames.Call, payload: JsonObject) -> str:
        violation = self.schemas.check_answer(call.action, payload)
        if violation is not None:
            log.error("our answer to %s breaks the schema: %s", call.action, violation.description)
            raise CallRefusedError(ErrorCode.INTERNAL, "this station's answer was not valid; see its log")
        try:
            return frames.result_text(call.message_id, payload)
        except ValueError as error:
            log.exception("our answer to %s is no JSON", call.action)
            raise CallRefusedError(ErrorCode.INTERNAL, "this station's answer was not valid; see its log") from error

    def _error(self, call: frames.Call, refusal: CallRefusedError) -> str:
        log.debug("%s refused: %s", call.action, refusal.description)
        return frames.error_text(call.message_id, self.error_name(refusal.code), refusal.description, refusal.details)


def _outcome(handler: "asyncio.Future[JsonObject]", action: str) -> JsonObject:
    if handler.cancelled():
        raise CallRefusedError(ErrorCode.INTERNAL, f"{action} was interrupted")
    error = handler.exception()
    if error is None:
        return handler.result()
    if isinstance(error, CallRefusedError):
        raise error
    if isinstance(error, ChargePointError):
        log.warning("%s failed: %s", action, error)
        raise CallRefusedError(ErrorCode.INTERNAL, f"{action} failed: {error}") from error
    log.error("the handler of %s is broken", action, exc_info=error)
    raise CallRefusedError(ErrorCode.INTERNAL, f"{action} failed inside the station; see its log") from error
