"""The conformance classes claim nothing of a contactor that nobody can see: those tests are skipped, and say why."""

from pathlib import Path

import pytest

from chargepoint_hal.bench.settings import BenchSettings, EvseSettings
from chargepoint_hal.bench.world import World
from chargepoint_hal.conformance import BoardConformance
from unit.boards.pi_bench import PiBench

OF_CONTACTORS = (
    "test_contactors_are_open_when_the_board_is_opened",
    "test_a_close_command_is_followed_by_the_feedback",
    "test_a_contactor_drops_when_the_alive_line_rests",
    "test_make_safe_opens",
    "test_a_closed_board_leaves_contactors_open",
)


def blind_bench(folder: Path) -> PiBench:
    """Without a monoflop: the contactor stays closed for ever, and no feedback tells it."""
    bench = PiBench(folder)
    bench.world = World(BenchSettings(evses=(EvseSettings(),), monoflop_seconds=None), bench.wires)
    return bench


@pytest.mark.parametrize("name", OF_CONTACTORS)
def test_what_no_feedback_shows_is_skipped(name: str, tmp_path: Path) -> None:
    bench = blind_bench(tmp_path)
    board = bench.open_board(contactor_feedback_pin=None)
    given = {
        "board": board,
        "open_board": lambda: bench.open_board(contactor_feedback_pin=None),
        "settle": bench.settle,
        "parts": list(board.evses.values()),
        "quiet_seconds": 0.1,
    }
    test = getattr(BoardConformance(), name)
    wanted = test.__func__.__code__.co_varnames[1 : test.__func__.__code__.co_argcount]
    with pytest.raises(pytest.skip.Exception, match="no feedback"):
        test(**{argument: given[argument] for argument in wanted})
    board.close()


def test_the_pilot_is_judged_all_the_same(tmp_path: Path) -> None:
    bench = blind_bench(tmp_path)
    board = bench.open_board(contactor_feedback_pin=None)
    BoardConformance().test_make_safe_stops_pwm(board, bench.settle, list(board.evses.values()))
    board.close()
