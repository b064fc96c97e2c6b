"""A transaction has an id of its own for ever, whatever the station has forgotten since."""

import subprocess
import sys
import uuid

import pytest

from chargepoint.app.process import make_transaction_id

LONGEST = 36
"""2.0.1 TransactionType.transactionId."""
START_ANEW = "from chargepoint.app.process import make_transaction_id; print(make_transaction_id())"


@pytest.mark.requirement("E02.FR.08")
def test_no_start_of_the_station_gives_an_id_again() -> None:
    ids = [str(make_transaction_id()) for _ in range(1000)]
    ids += [
        subprocess.run([sys.executable, "-c", START_ANEW], check=True, capture_output=True, text=True).stdout.strip()
        for _ in range(2)
    ]
    assert len(set(ids)) == len(ids)
    assert all(uuid.UUID(each).version == 4 and len(each) <= LONGEST for each in ids)
