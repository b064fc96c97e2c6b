"""A real process is killed with -9 in the middle of committing: what it said was stored is there, whole."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

from unit.storage.station_life import open_inline, take_all

TESTS = Path(__file__).parents[2]

LIFE = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from chargepoint.storage.store import open_storage
from unit.storage.station_life import MOMENT, Charging

async def live():
    storage, recovered = await open_storage(Path(sys.argv[1]))
    print("boot", recovered.boot_id, flush=True)
    number = 0
    while True:
        number += 1
        name = f"tx-{recovered.boot_id}-{number}"
        charging = Charging(name)
        for step in (charging.start(), charging.sample(), charging.sample(), charging.end()):
            await storage.commit(step, MOMENT)
            print(name, step[1].report.sequence, flush=True)

asyncio.run(live())
"""
STEPS_PER_TRANSACTION = 4


def live_and_die(path: Path, steps: int) -> list[tuple[str, int]]:
    """The steps that the process said were stored before it was killed."""
    command = [sys.executable, "-c", LIFE, str(path), str(TESTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("boot")
        lines = [process.stdout.readline() for _ in range(steps)]
        process.kill()
        lines += process.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(name, int(sequence)) for name, sequence in whole]


async def test_everything_said_to_be_stored_is_there_and_nothing_is_half(tmp_path: Path) -> None:
    path = tmp_path / "chargepoint.db"
    said = [step for steps in (7, 30, 61) for step in live_and_die(path, steps)]
    storage = await open_inline(path)
    assert storage.recovered.set_aside is None
    assert storage.recovered.boot_id == 4
    stored = [(str(report.transaction_id), report.sequence) for report in await take_all(storage)]
    assert set(said) <= set(stored)
    assert len(stored) - len(said) <= 3
    assert max(Counter(stored).values()) == 1
    per_transaction = Counter(name for name, _ in stored)
    unfinished = {name for name, steps in per_transaction.items() if steps < STEPS_PER_TRANSACTION}
    assert {str(each.transaction_id) for each in storage.recovered.transactions} == unfinished
    for transaction in storage.recovered.transactions:
        assert transaction.next_sequence == per_transaction[str(transaction.transaction_id)]
        assert len(transaction.stop_samples) == transaction.next_sequence
    await storage.close()
