"""The raspberry-pi board: what it may never do, what it measures, and what it says when it can not be opened."""

import math
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from chargepoint.safety.loop import SafetyLoop
from chargepoint.safety.plan import SafetyPlan
from chargepoint_hal.bench.ev import PlugIn
from chargepoint_hal.bench.wires import EvseSignal
from chargepoint_hal.boards.configuration_error import BoardConfigurationError
from chargepoint_hal.boards.raspberry_pi import pins as pi_pins
from chargepoint_hal.boards.raspberry_pi.converters import IioConverter, open_spi
from chargepoint_hal.boards.raspberry_pi.kernel_pwm import PwmChannel, find_chip
from chargepoint_hal.contract import LockPosition
from chargepoint_hal.faults import Fault, HardwareError
from unit.boards.pi_bench import (
    ALIVE,
    CHANNELS,
    COIL,
    FEEDBACK,
    LIMIT,
    LOCK,
    MIDDLE,
    SECOND_COIL,
    TWO_CONTACTORS,
    UNLOCK,
    VOLTS_PER_COUNT,
    PiBench,
)

MODELS = pytest.mark.parametrize("model", ["mcp3008", "mcp3204", "mcp3208"])
COILS = pytest.mark.parametrize("is_active_low", [False, True], ids=["active high", "active low"])


@COILS
def test_the_coil_is_never_on_from_start_to_close(tmp_path: Path, is_active_low: bool) -> None:
    bench = PiBench(tmp_path, coil_is_active_low=is_active_low)
    board = bench.open_board()
    board.make_safe()
    board.evses[1].contactor.open()
    board.close()
    assert bench.pins[COIL].driven
    assert not bench.was_coil_ever_on()


@COILS
def test_an_error_while_opening_leaves_the_coil_off(tmp_path: Path, is_active_low: bool) -> None:
    bench = PiBench(tmp_path, coil_is_active_low=is_active_low)
    with pytest.raises(BoardConfigurationError, match="pwm_channel"):
        bench.open_board(pwm_channel=7)
    assert bench.pins[COIL].driven
    assert not bench.was_coil_ever_on()


@COILS
def test_a_coil_that_was_on_goes_off_once_and_stays_off(tmp_path: Path, is_active_low: bool) -> None:
    bench = PiBench(tmp_path, coil_is_active_low=is_active_low)
    board = bench.open_board()
    board.evses[1].contactor.close(3)
    board.close()
    on = [level is not is_active_low for level in bench.pins[COIL].driven]
    assert on.count(True) == 1
    assert not any(on[on.index(True) + 1 :])
    assert bench.duty_share() == 1.0


def test_an_exception_in_a_tick_of_the_loop_opens_and_never_closes(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    board = bench.open_board()
    loop = SafetyLoop(board, SafetyPlan())
    loop.tick(0.0)
    board.evses[1].contactor.close(3)
    bench.has_broken_driver = True
    with pytest.raises(ZeroDivisionError):
        loop.tick(0.01)
    assert [bool(level) for level in bench.pins[COIL].driven].count(True) == 1
    assert not bench.coil_is_on()


def test_a_pwm_that_a_killed_process_left_running_is_stopped_by_the_first_write(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    bench.kernel.add_channel(bench.chip, 1, period=1_000_000, duty=266_667, enable=1)
    bench.open_board()
    assert bench.duty_share() == 1.0


@pytest.mark.parametrize("is_running", [True, False])
def test_a_polarity_that_a_predecessor_turned_round_is_made_normal(tmp_path: Path, is_running: bool) -> None:
    """Else each level is the opposite: 10 percent would offer the current of 90."""
    bench = PiBench(tmp_path)
    channel = bench.kernel.add_channel(bench.chip, 1, period=1_000_000, duty=266_667, enable=int(is_running))
    (channel / "polarity").write_text("inversed\n")
    pilot = bench.open_board().evses[1].control_pilot
    assert bench.duty_share() == 1.0
    pilot.signal_pwm(10.0)
    assert bench.duty_share() == 0.1
    pilot.signal_fault()
    assert bench.duty_share() == 0.0


@MODELS
@pytest.mark.parametrize("duty_percent", [5.0, 10.0, 26.7, 53.3, 96.0])
def test_both_plateaus_are_measured_whatever_the_duty(tmp_path: Path, model: str, duty_percent: float) -> None:
    bench = PiBench(tmp_path, model)
    board = bench.open_board()
    bench.world.plug_in(1, PlugIn(max_current_amps=16, ready_after_seconds=1000))
    board.evses[1].control_pilot.signal_pwm(duty_percent)
    bench.settle(0.1)
    for _ in range(40):
        sample = board.evses[1].control_pilot.sample()
        assert sample.high_volts == pytest.approx(8.98, abs=0.05)
        assert sample.low_volts == pytest.approx(-12.0, abs=0.05)


def test_an_unplugged_ev_is_seen_with_the_first_burst(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    pilot = bench.open_board().evses[1].control_pilot
    bench.world.plug_in(1, PlugIn(max_current_amps=16))
    pilot.signal_pwm(10.0)
    bench.settle(2.0)
    assert pilot.sample().high_volts == pytest.approx(5.99, abs=0.05)
    bench.world.plug_out(1)
    assert pilot.sample().high_volts == pytest.approx(12.0, abs=0.05)


def test_peak_detectors_do_with_any_converter(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    middle, scale = MIDDLE[12], VOLTS_PER_COUNT[12]
    line = [middle, 0.0, middle + 10 / scale, 10.0]
    pilot = (
        bench.open_board(
            pilot_channel=None,
            pilot_calibration=None,
            pilot_high_channel=CHANNELS["high peak"],
            pilot_high_calibration=line,
            pilot_low_channel=CHANNELS["low peak"],
            pilot_low_calibration=line,
        )
        .evses[1]
        .control_pilot
    )
    bench.world.plug_in(1, PlugIn(max_current_amps=16, ready_after_seconds=1000))
    pilot.signal_pwm(50.0)
    bench.settle(0.1)
    sample = pilot.sample()
    assert sample.high_volts == pytest.approx(8.98, abs=0.02)
    assert sample.low_volts == pytest.approx(-12.0, abs=0.02)


def test_a_calibration_corrects_gain_and_offset(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    middle, scale = MIDDLE[12], VOLTS_PER_COUNT[12]
    pilot = bench.open_board(pilot_calibration=[middle, 0.5, middle + 10 / scale, 11.5]).evses[1].control_pilot
    assert pilot.sample().high_volts == pytest.approx(0.5 + 1.1 * 12.0, abs=0.05)


def test_a_converter_that_is_not_there_is_silence_and_never_volts(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    board = bench.open_board()
    bench.is_converter_there = False
    with pytest.raises(HardwareError, match="SPI") as raised:
        board.evses[1].control_pilot.sample()
    assert raised.value.fault is Fault.BOARD_SILENT


@pytest.mark.parametrize("ohms", [100.0, 220.0, 680.0, 1500.0])
def test_the_cables_resistor_is_measured(tmp_path: Path, ohms: float) -> None:
    bench = PiBench(tmp_path)
    proximity = bench.open_board().evses[1].proximity_pilot
    assert proximity is not None
    assert math.isinf(proximity.resistance_ohms())
    bench.wires.write(1, EvseSignal.PROXIMITY_OHMS, ohms)
    assert proximity.resistance_ohms() == pytest.approx(ohms, rel=0.01)


def test_every_input_with_a_broken_wire_is_a_fault(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    hardware = bench.open_board().evses[1]
    for pin in (*range(20, 26),):
        bench.factory.pin(pin).drive_high()
    assert hardware.residual_current_monitor is not None
    assert hardware.residual_current_monitor.is_tripped()
    assert hardware.protective_earth_monitor is not None
    assert not hardware.protective_earth_monitor.is_connected()
    assert hardware.emergency_stop is not None
    assert hardware.emergency_stop.is_pressed()
    assert hardware.mains_monitor is not None
    assert not hardware.mains_monitor.is_present()
    assert hardware.external_limit is not None
    assert hardware.external_limit.is_limited()
    bench.factory.pin(LIMIT).drive_low()
    assert not hardware.external_limit.is_limited()


def test_the_locks_motor_is_driven_for_its_pulse_only(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    lock = bench.open_board(lock_pulse_seconds=0.5).evses[1].connector_lock
    assert lock is not None
    lock.lock()
    bench.settle(0.4)
    assert lock.position() is LockPosition.MOVING
    assert bench.pins[LOCK].state
    bench.settle(0.2)
    lock.position()
    assert not bench.pins[LOCK].state
    lock.unlock()
    assert bench.pins[UNLOCK].state


def test_make_safe_stops_the_locks_motor(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    board = bench.open_board()
    lock = board.evses[1].connector_lock
    assert lock is not None
    lock.lock()
    board.make_safe()
    assert not bench.pins[LOCK].state


def test_the_alive_line_changes_with_every_toggle(tmp_path: Path) -> None:
    bench = PiBench(tmp_path)
    board = bench.open_board()
    assert board.alive_line is not None
    for _ in range(4):
        board.alive_line.toggle()
    assert bench.pins[ALIVE].driven == [False, True, False, True, False]


class TestFindingThePwmChip:
    def test_by_the_usual_name_though_its_number_is_not_zero(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        assert find_chip(None, bench.kernel.pwm_class) == bench.chip

    def test_by_a_part_of_its_path(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        other = bench.kernel.add_chip(7, "1f00098000.pwm", "raspberrypi,rp1-pwm")
        assert find_chip("1f00098000", bench.kernel.pwm_class) == other

    def test_two_usual_ones_have_to_be_named(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        bench.kernel.add_chip(7, "1f00098000.pwm", "raspberrypi,rp1-pwm")
        with pytest.raises(BoardConfigurationError, match=r"more than one .*1f00098000\.pwm"):
            find_chip(None, bench.kernel.pwm_class)

    def test_none_at_all_says_which_overlay_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(BoardConfigurationError, match="dtoverlay"):
            find_chip(None, tmp_path)

    def test_an_inverted_channel_turns_the_levels_round(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        channel = PwmChannel.open(bench.chip, 0, is_inverted=True, kernel=bench.machine().kernel)
        channel.set_duty_percent(10.0)
        assert int((bench.chip / "pwm0" / "duty_cycle").read_text()) == 900_000


class TestSwitchingPhases:
    def test_neutral_and_l1_are_seen_closed_before_the_others_close(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        board = bench.open_board(**TWO_CONTACTORS)
        contactor = board.evses[1].contactor
        log = bench.log_of(COIL, SECOND_COIL)
        contactor.close(3)
        assert contactor.is_closed() is False
        assert log == [(COIL, True)]
        for _ in range(10):
            assert board.alive_line is not None
            board.alive_line.toggle()
            bench.settle(0.01)
            contactor.is_closed()
        assert log == [(COIL, True), (SECOND_COIL, True)]
        contactor.open()
        assert sorted(log[2:]) == [(COIL, False), (SECOND_COIL, False)], "an opening waits for nothing"

    def test_a_first_contactor_that_drops_out_alone_takes_the_second_along(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        board = bench.open_board(**TWO_CONTACTORS)
        contactor = board.evses[1].contactor
        contactor.close(3)
        for _ in range(10):
            assert board.alive_line is not None
            board.alive_line.toggle()
            bench.settle(0.01)
            contactor.is_closed()
        assert bench.is_on(SECOND_COIL)
        bench.factory.pin(FEEDBACK).drive_low()
        assert contactor.is_closed() is False
        assert not bench.is_on(SECOND_COIL)

    def test_a_coil_that_refuses_keeps_no_other_from_opening(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        board = bench.open_board(**TWO_CONTACTORS)
        board.evses[1].contactor.close(1)
        assert bench.is_on(COIL)
        bench.refuse(SECOND_COIL)
        board.make_safe()
        assert not bench.is_on(COIL)

    def test_a_second_coil_that_is_due_is_not_driven_after_an_opening(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        contactor = bench.open_board(**TWO_CONTACTORS).evses[1].contactor
        contactor.close(3)
        contactor.open()
        bench.factory.pin(FEEDBACK).drive_high()
        contactor.is_closed()
        assert not bench.is_on(SECOND_COIL)

    @pytest.mark.parametrize("phases", [1, 3])
    def test_what_it_closes_is_live_and_told(self, tmp_path: Path, phases: int) -> None:
        bench = PiBench(tmp_path)
        board = bench.open_board(**TWO_CONTACTORS)
        hardware = board.evses[1]
        assert hardware.switches_phases
        hardware.contactor.close(phases)
        for _ in range(10):
            assert board.alive_line is not None
            board.alive_line.toggle()
            bench.settle(0.01)
            hardware.contactor.is_closed()
        assert (bench.world.evse(1).contactor.phases, hardware.contactor.is_closed()) == (phases, True)
        hardware.contactor.open()
        bench.settle(0.1)
        assert hardware.contactor.is_closed() is False

    def test_never_under_load(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        contactor = bench.open_board(**TWO_CONTACTORS).evses[1].contactor
        contactor.close(1)
        with pytest.raises(HardwareError, match="open first"):
            contactor.close(3)
        assert not bench.is_on(COIL)
        assert not bench.is_on(SECOND_COIL)

    def test_one_phase_is_refused_while_the_second_contactor_is_welded(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        contactor = bench.open_board(**TWO_CONTACTORS).evses[1].contactor
        bench.second_is_welded = True
        bench.settle(0.1)
        assert contactor.is_closed(), "one that is welded alone is seen while both are commanded open"
        with pytest.raises(HardwareError, match="L2 and L3 is closed") as refused:
            contactor.close(1)
        assert refused.value.fault is Fault.CONTACTOR_WELDED
        assert not bench.is_on(COIL)

    def test_a_second_contactor_that_does_not_follow_is_seen(self, tmp_path: Path) -> None:
        bench = PiBench(tmp_path)
        contactor = bench.open_board(**TWO_CONTACTORS).evses[1].contactor
        contactor.close(1)
        bench.second_is_welded = True
        bench.settle(0.1)
        assert contactor.is_closed() is False, "not as it was commanded"

    def test_one_contactor_alone_switches_nothing(self, tmp_path: Path) -> None:
        assert not PiBench(tmp_path).open_board().evses[1].switches_phases


class TestWhatTheConfigurationIsToldBack:
    def test_a_missing_library_names_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "lgpio", None)
        monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
        with pytest.raises(BoardConfigurationError, match=r"lgpio.*pip install"):
            pi_pins.open_factory("lgpio", 0)

    def test_a_missing_spidev_names_what_to_install(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setitem(sys.modules, "spidev", None)
        with pytest.raises(BoardConfigurationError, match=r"spidev.*pip install"):
            open_spi(0, 0, 1_000_000)

    def test_a_slow_converter_is_found_by_its_name(self, tmp_path: Path) -> None:
        for number, name in enumerate(("bme280", "ads1115")):
            device = tmp_path / f"iio:device{number}"
            device.mkdir()
            (device / "name").write_text(f"{name}\n")
            (device / "in_voltage2_raw").write_text(f"{1000 + number}\n")
        assert IioConverter.open("ads1115", 32767, tmp_path).counts(2) == 1001
        with pytest.raises(BoardConfigurationError, match="ads1115, bme280"):
            IioConverter.open("ads1015", 32767, tmp_path)


OUTPUT = 2


class FakeLgpio(ModuleType):
    """The library's calls that gpiozero's pin makes, and the levels that each pin was driven to."""

    BOTH_EDGES = RISING_EDGE = FALLING_EDGE = SET_PULL_NONE = 0
    SET_PULL_UP, SET_PULL_DOWN = 32, 64
    error = type("error", (Exception,), {})

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.driven: list[tuple[int, int]] = []
        self.opened: list[int] = []
        self.inputs: list[tuple[int, int]] = []
        """Number and flags of each pin that became an input."""
        self.modes: dict[int, int] = {}

    def gpiochip_open(self, chip: int) -> int:
        if chip == 9:
            raise self.error("can not open gpiochip")
        self.opened.append(chip)
        return 1

    def gpiochip_close(self, _handle: int) -> None: ...

    def gpio_claim_input(self, _handle: int, number: int, flags: int = 0) -> None:
        self.inputs.append((number, flags))
        self.modes[number] = flags

    def gpio_claim_output(self, _handle: int, number: int, level: int = 0) -> None:
        self.driven.append((number, level))
        self.modes[number] = OUTPUT

    def gpio_claim_alert(self, _handle: int, _number: int, _edges: int, _flags: int = 0) -> None: ...

    def gpio_free(self, _handle: int, _number: int) -> None: ...

    def gpio_set_debounce_micros(self, _handle: int, _number: int, _micros: int) -> None: ...

    def callback(self, _handle: int, _number: int, _edges: int, _called: object) -> object:
        return SimpleNamespace(cancel=lambda: None)

    def gpio_write(self, _handle: int, number: int, level: int) -> None:
        self.driven.append((number, int(level)))

    def gpio_get_mode(self, _handle: int, number: int) -> int:
        return self.modes[number]

    def gpio_read(self, _handle: int, number: int) -> int:
        return dict(self.driven).get(number, 0)


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> FakeLgpio:
    fake = FakeLgpio()
    monkeypatch.setitem(sys.modules, "lgpio", fake)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    local = pytest.importorskip("gpiozero.pins.local")
    monkeypatch.setattr(local, "get_pi_revision", lambda: 0xA02082)
    return fake


class TestPinsOfLgpio:
    def test_an_active_low_output_is_claimed_high_at_once(self, lgpio: FakeLgpio) -> None:
        pins = pi_pins.Pins(pi_pins.open_factory("lgpio", 4), active_low_outputs=[COIL])
        pins.output(COIL)
        pins.close()
        assert lgpio.opened == [4]
        assert lgpio.driven == [(COIL, 1)]
        assert lgpio.inputs == [], "neither before nor after: the firmware's pull is as it was"

    def test_an_input_has_its_pull_and_reads_a_contact_to_ground(self, lgpio: FakeLgpio) -> None:
        pins = pi_pins.Pins(pi_pins.open_factory("lgpio", 4))
        contact = pins.contact(LIMIT)
        assert lgpio.modes[LIMIT] == FakeLgpio.SET_PULL_UP
        assert contact.is_active
        pins.close()
        assert lgpio.driven == []

    def test_a_chip_that_is_not_there_is_named(self, lgpio: FakeLgpio) -> None:
        with pytest.raises(BoardConfigurationError, match="chip 9"):
            pi_pins.open_factory("lgpio", 9)
