"""The 2.0.1 dialect with fakes around it, and a CSMS that checks both ways against the schemas."""

from typing import Any

import pytest

from chargepoint.csms.v201.dialect import Ocpp201Dialect, make_dialect
from chargepoint.csms.v201.live_variables import EvseRating, Ratings
from unit.csms.v201.fakes import Surroundings
from unit.csms.v201.schema_check import Ask, call_problems, result_problems


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
def dialect(around: Surroundings) -> Ocpp201Dialect:
    rating = EvseRating(phases=3, maximum_amps=32.0, connector_type="sType2", has_meter=True)
    return make_dialect(around.context(), ratings=Ratings({1: rating}, readers=("door",)))


@pytest.fixture
def ask(dialect: Ocpp201Dialect) -> Ask:
    """Send a CALL as the CSMS; request and answer must obey the schemas."""

    async def asked(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        assert call_problems(action, payload) == []
        answer = await dialect.serve(action, payload)
        assert result_problems(action, answer) == []
        return answer

    return asked
