"""Joins an ISO 15118 stack to the keys, the CSMS and the core; only where a stack is fitted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chargepoint.app.contract_desk import ContractDesk
from chargepoint.app.security_room import SecurityRoom
from chargepoint.app.v2g_desk import ContractParts, V2gDesk
from chargepoint.app.v2g_revocation import Ask
from chargepoint.app.v2g_signing import V2gSigning
from chargepoint.charging.contract_port import Iso15118Stack
from chargepoint.charging.ports import Clock, StationPort
from chargepoint.daemon.live_settings import LiveSettings
from chargepoint.model.errors import ConfigurationError, CsmsError
from chargepoint.model.plug_and_charge import Answer, Question


class LateAsk:
    """The way to the CSMS, which is made after the desk."""

    def __init__(self) -> None:
        self.ask: Ask | None = None

    async def __call__(self, question: Question) -> Answer:
        if self.ask is None:
            raise CsmsError("there is no CSMS yet")
        return await self.ask(question)


@dataclass(frozen=True, slots=True)
class ContractRoom:
    desk: ContractDesk
    own: V2gDesk
    late_ask: LateAsk
    stack: Iso15118Stack
    signing: V2gSigning

    def tasks(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "ISO 15118": lambda: self.stack.run(self.desk),
            "V2G certificate": self.signing.run,
            "V2G revocation": self.own.revocation.run,
        }


def open_contracts(
    stack: Iso15118Stack | None,
    security: SecurityRoom | None,
    settings: LiveSettings,
    station: StationPort,
    clock: Clock,
) -> ContractRoom | None:
    """None without a stack. ConfigurationError for a stack without keys."""
    if stack is None:
        return None
    if security is None:
        raise ConfigurationError("an ISO 15118 stack needs the security room, which keeps its keys and roots")
    late_ask = LateAsk()
    parts = ContractParts(security.desk, security.parts, settings, station, clock)
    own = V2gDesk(parts, late_ask)
    signing = V2gSigning(own, late_ask, settings, clock)
    return ContractRoom(ContractDesk(parts, own, late_ask), own, late_ask, stack, signing)
