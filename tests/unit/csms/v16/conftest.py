"""The dialect with fakes around it."""

import pytest

from chargepoint.csms.dialect import Dialect
from chargepoint.csms.v16.dialect import make_dialect
from unit.csms.v16.fakes import Surroundings


@pytest.fixture
def around() -> Surroundings:
    return Surroundings()


@pytest.fixture
def dialect(around: Surroundings) -> Dialect:
    return make_dialect(around.context())
