"""`chargepoint board check` takes no board over that the safety process owns, and none that has the loop too slow."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from chargepoint.cli import board_ownership
from chargepoint.cli.board_check import BoardCheck, run_board_check
from chargepoint.cli.board_drivers import PwmMeasured
from chargepoint.model.errors import ChargePointError, ConfigurationError
from chargepoint.safety.serving_lock import is_served, lock_path, take
from support.pi_options import PI_BOARD


class LeftAtOnceError(ChargePointError):
    """Whoever is asked for the first state goes away."""


@dataclass
class Passer:
    """Looks what is so as soon as the check begins, and ends it."""

    look: Callable[[], None] = lambda: None

    def show(self, state: str) -> None:
        self.look()
        raise LeftAtOnceError(state)

    def measure_pwm(self) -> PwmMeasured:
        return PwmMeasured()


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service's unit has its directory."""
    directory = tmp_path / "service"
    directory.mkdir()
    monkeypatch.setattr(board_ownership, "SERVICE_DIRECTORY", directory)
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.chdir(tmp_path)
    return directory


def check(passer: Passer, text: str = "[[evse]]\n") -> None:
    Path("station.toml").write_text(text, "utf-8")
    run_board_check(BoardCheck(Path("station.toml"), 1), passer, lambda told: None)


@pytest.mark.parametrize("where", ["run", "service"])
def test_a_board_that_is_served_here_or_by_the_service_is_left_alone(service: Path, where: str) -> None:
    Path(where).mkdir(exist_ok=True)
    lock = take(Path(where) / "safety.sock")
    assert lock is not None
    with pytest.raises(ChargePointError, match="systemctl stop chargepoint-safety"):
        check(Passer())
    os.close(lock)
    with pytest.raises(LeftAtOnceError):
        check(Passer())


def test_no_safety_process_starts_while_a_board_is_checked(service: Path) -> None:
    sockets = [Path("run/safety.sock"), service / "safety.sock"]
    Path("run").mkdir()
    seen: list[bool] = []
    with suppress(LeftAtOnceError):
        check(Passer(lambda: seen.extend(map(is_served, sockets))))
    assert seen == [True, True]
    assert not any(map(is_served, sockets))


def test_a_lock_that_can_not_be_looked_at_is_no_free_board(service: Path) -> None:
    lock_path(service / "safety.sock").mkdir()
    with pytest.raises(ChargePointError, match="can not be locked"):
        check(Passer())


def test_where_no_safety_process_ever_ran_nothing_is_left_behind(service: Path) -> None:
    service.rmdir()
    with suppress(LeftAtOnceError):
        check(Passer())
    assert [path.name for path in Path().iterdir()] == ["station.toml"]


def test_a_loop_that_is_too_slow_for_the_board_is_refused_as_by_the_safety_process(service: Path) -> None:
    text = f"[safety]\nperiod_ms = 30\n{PI_BOARD}"
    with pytest.raises(ConfigurationError, match=r"safety\.period_ms: with this board's options"):
        check(Passer(), text)
