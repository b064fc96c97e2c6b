"""What a person may ask of the demonstration."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

VERSIONS = ("1.6", "2.0.1")
DEFAULT_VERSION = "2.0.1"
DEFAULT_CHARGE_SECONDS = 20.0
SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 3600.0


class UsageError(Exception):
    """The arguments are wrong; the text says how."""


@dataclass(frozen=True, slots=True)
class Options:
    ocpp: str = DEFAULT_VERSION
    ends_after_session: bool = False
    offline_demo: bool = False
    keeps_folder: bool = False
    charge_seconds: float = DEFAULT_CHARGE_SECONDS


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.format_usage()}{self.prog}: {message}")


def read_options(arguments: Sequence[str] | None) -> Options:
    """UsageError for what does not exist; SystemExit(0) after --help."""
    parser = _Parser(prog="tools/run", description="Starts a whole station with its world and plays one session.")
    parser.add_argument("--once", action="store_true", help="end after the session; 0 only if bill and meter agree")
    parser.add_argument("--ocpp", choices=VERSIONS, default=DEFAULT_VERSION, help="the version that the station offers")
    parser.add_argument(
        "--offline-demo",
        action="store_true",
        help="cut the CSMS and then the power in the middle, deliver the queue, compare the bill, end",
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=DEFAULT_CHARGE_SECONDS, metavar="N", help="how long it charges (20)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the run folder with logs and database")
    given = parser.parse_args(arguments)
    return Options(
        ocpp=given.ocpp,
        ends_after_session=given.once or given.offline_demo,
        offline_demo=given.offline_demo,
        keeps_folder=given.keep,
        charge_seconds=given.seconds,
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(f"give {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g} seconds, not {text}")
    return seconds
