"""The bodies that the control interface takes, and errors that say what is wrong, where, and what to do."""

from datetime import datetime
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dev_csms.faults import CsmsFault, FaultKind
from dev_csms.tokens import TokenRule, TokenStatus
from dev_csms.wire import Json


class ControlError(Exception):
    """A request that the control interface refuses."""

    def __init__(self, status: HTTPStatus, what: str, where: str, what_to_do: str) -> None:
        super().__init__(what)
        self.status = status
        self.body: Json = {"error": {"what": what, "where": where, "what_to_do": what_to_do}}


class Body(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid")


BodyT = TypeVar("BodyT", bound=Body)


class CallBody(Body):
    """`POST /stations/{id}/call`; `strict` false sends a payload that leaves its schema."""

    action: str
    payload: Json = Field(default_factory=dict)
    strict: bool = True
    timeout_seconds: float = Field(default=30.0, gt=0, le=3600)


class SendBody(Body):
    """`POST /stations/{id}/send`: any text as a frame."""

    text: str


class FaultBody(Body):
    """`POST /faults`."""

    kind: FaultKind
    action: str | None = None
    station: str | None = None
    count: int | None = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.0, ge=0)
    code: str = "InternalError"
    close_code: int | None = Field(default=None, ge=1000, le=4999)
    text: str | None = None

    def fault(self) -> CsmsFault:
        """As the fault board takes it."""
        return CsmsFault(**self.model_dump())


class TokenBody(Body):
    """`POST /tokens`; `id_token` null sets what unlisted tokens get."""

    id_token: str | None
    status: TokenStatus = TokenStatus.ACCEPTED
    group_id: str | None = None
    valid_until: datetime | None = None
    personal_message: str | None = None

    def rule(self) -> TokenRule:
        """As the token table takes it."""
        return TokenRule(self.status, self.group_id, self.valid_until, personal_message=self.personal_message)


class DisconnectBody(Body):
    """`POST /disconnect`; `station` null is all, `close_code` null cuts TCP."""

    station: str | None = None
    close_code: int | None = Field(default=None, ge=1000, le=4999)


class ListenBody(Body):
    """`POST /listen`; with `status` handshakes are refused by HTTP, without it `accept` false closes the port."""

    accept: bool = True
    status: int | None = Field(default=None, ge=300, le=599)
    confirm_subprotocol: bool = True


def read_body(kind: type[BodyT], text: str) -> BodyT:
    """The body in `text` (empty is `{}`); ControlError names every problem at once."""
    try:
        return kind.model_validate_json(text or "{}")
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, item['loc'])) or '$'}: {item['msg']}" for item in error.errors()]
        keys = ", ".join(kind.model_fields)
        what_to_do = f"send a JSON object with the keys {keys}"
        raise ControlError(HTTPStatus.BAD_REQUEST, "; ".join(problems), "body", what_to_do) from error
