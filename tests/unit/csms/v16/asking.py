"""A request of the CSMS as it reaches the dialect, with both sides held to the schema."""

from typing import Any

from chargepoint.csms.dialect import Dialect
from unit.csms.v16.schema_check import call_problems, result_problems


async def ask(dialect: Dialect, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    assert call_problems(action, payload) == []
    answer = await dialect.serve(action, payload)
    assert result_problems(action, answer) == []
    return answer


async def status_of(dialect: Dialect, action: str, payload: dict[str, Any]) -> str:
    return str((await ask(dialect, action, payload))["status"])
