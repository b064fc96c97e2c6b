"""Runs the real safety process on a fake board whose cells are a file: `python -m … CONFIG CELLS`."""

import logging
import sys
from pathlib import Path

from chargepoint.safety.plan import read_safety_plan
from chargepoint.safety.process import run
from chargepoint.system_notifier import notifier_of_this_service
from unit.safety.fake_board import FakeBoard, shared_cells

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    cells = shared_cells(Path(sys.argv[2]))
    plan = read_safety_plan(Path(sys.argv[1]))
    sys.exit(run(plan, lambda _options: FakeBoard(cells, reset=False), notifier_of_this_service()))
