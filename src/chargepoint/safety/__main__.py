"""`chargepoint-safety --config FILE`: finds the board by its entry point and runs the safety process on it."""

import argparse
import logging
import sys
from pathlib import Path

from chargepoint.model.errors import ChargePointError
from chargepoint.safety.board_choice import board_opener
from chargepoint.safety.plan import read_safety_plan
from chargepoint.safety.process import make_safe, run
from chargepoint.system_notifier import notifier_of_this_service
from chargepoint_hal.driver_options import OptionsError
from chargepoint_hal.faults import HardwareError
from chargepoint_hal.registry import BOARDS, UnknownDriverError, find_driver

EXIT_CONFIGURATION = 2


def main(arguments: list[str] | None = None) -> int:
    """0 after SIGTERM, 1 after an error in the loop or of the hardware, 2 for a wrong configuration."""
    parser = argparse.ArgumentParser(prog="chargepoint-safety", description="Owns pilot, contactor and interlocks.")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the station.toml")
    after = "open every contactor, make every pilot steady and end: what follows a process that was killed"
    parser.add_argument("--make-safe", action="store_true", help=after)
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("transitions").setLevel(logging.WARNING)
    try:
        plan = read_safety_plan(chosen.config)
        if chosen.make_safe:
            return make_safe(plan, find_driver(BOARDS, plan.board_driver))
        return run(plan, board_opener(plan, chosen.config), notifier_of_this_service())
    except OptionsError as error:
        lines = [f"{chosen.config}: board.options: {problem}\n" for problem in error.problems]
        sys.stderr.write("".join(lines))
        return EXIT_CONFIGURATION
    except (ChargePointError, UnknownDriverError, ImportError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_CONFIGURATION
    except HardwareError as error:
        sys.stderr.write(f"{error.fault}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
