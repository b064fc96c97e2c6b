"""Stations on EVSE-DIN and Phoenix Contact controllers: what is written, what is believed, and a line that fails."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from chargepoint.model.pilot import PilotState
from chargepoint.model.power import ContactorState
from chargepoint_hal.boards.supervised import evse_din, phoenix_ev_cc
from chargepoint_hal.boards.supervised.modbus_registers import Registers, Unit, tcp_registers
from chargepoint_hal.boards.supervised.supervision import Wish
from chargepoint_hal.contract import Board, PilotSignal
from chargepoint_hal.faults import Fault, HardwareError
from chargepoint_hal.pilot_controller import PilotLetter
from unit.boards.controlled_station import TETHERED, ControlledStation
from unit.boards.fake_controllers import FakeEvseDin, FakePhoenixBasic, FakePhoenixEth
from unit.boards.modbus_device import ModbusDevice, TwoPtys
from unit.boards.patience import until

Opened = Callable[..., Board]


class Site:
    """Lines, servers and boards, given back in the order that they need."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.line: TwoPtys | None = None

    def close(self) -> None:
        self._stack.close()

    def rtu(self, device: FakeEvseDin | FakePhoenixBasic, opener: Callable[[dict[str, Any]], Board]) -> Board:
        line = self.line = TwoPtys()
        self._stack.callback(line.close)
        self._stack.callback(ModbusDevice(device.device(), line.device_path).close)
        board = opener({"serial_port": line.station_path, "silent_seconds": 2.0})
        self._stack.callback(board.close)
        return board

    def tcp(self, device: FakePhoenixEth, **options: Any) -> Board:
        server = ModbusDevice(device.device())
        self._stack.callback(server.close)
        board = phoenix_ev_cc.open_board({"host": "127.0.0.1", "port": server.port, **options})
        self._stack.callback(board.close)
        return board

    def registers(self, device: FakePhoenixEth) -> Registers:
        server = ModbusDevice(device.device())
        self._stack.callback(server.close)
        return tcp_registers({"host": "127.0.0.1", "port": server.port}, Unit(phoenix_ev_cc.ETH_UNIT))


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


class TestEvseDin:
    def test_it_is_off_and_stays_off_after_its_own_boot(self, site: Site) -> None:
        device = FakeEvseDin()
        site.rtu(device, evse_din.open_board)
        assert device.registers[1000] == 0
        assert device.registers[2000] == 0

    @pytest.mark.parametrize(
        ("firmware", "configuration", "written"),
        [(17, 1 << 7, 1590), (17, 0, 15), (16, 1 << 7, 15), (15, 0, 15)],
        ids=["hundredths", "hundredths not chosen", "before hundredths", "before flags"],
    )
    def test_current_is_written_in_the_unit_of_its_firmware(
        self, site: Site, firmware: int, configuration: int, written: int
    ) -> None:
        device = FakeEvseDin(firmware=firmware, configuration=configuration)
        board = site.rtu(device, evse_din.open_board)
        board.evses[1].control_pilot.signal_pwm(26.5)
        until(lambda: device.registers[1000] == written)

    def test_old_firmware_does_not_tell_its_relay(self, site: Site) -> None:
        board = site.rtu(FakeEvseDin(firmware=15, configuration=0), evse_din.open_board)
        assert board.evses[1].contactor.is_closed() is None

    @pytest.mark.parametrize(
        ("ev", "flags", "fault"),
        [
            (5, 2, Fault.DIODE),
            (5, 4, Fault.VENTILATION_UNAVAILABLE),
            (2, 32, Fault.RESIDUAL_CURRENT),
            (5, 0, Fault.PILOT_FAULT),
        ],
    )
    def test_what_it_says_is_wrong(self, site: Site, ev: int, flags: int, fault: Fault) -> None:
        device = FakeEvseDin()
        controller = site.rtu(device, evse_din.open_board).evses[1].controller
        assert controller is not None
        device.ev, device.flags = ev, flags
        until(lambda: controller.faults() == {fault})

    def test_its_cable_counts_only_with_an_ev(self, site: Site) -> None:
        device = FakeEvseDin(cable_amps=32)
        hardware = site.rtu(device, evse_din.open_board).evses[1]
        assert hardware.proximity_pilot is not None
        assert hardware.proximity_pilot.resistance_ohms() == float("inf")
        device.ev = 2
        until(lambda: hardware.proximity_pilot is not None and hardware.proximity_pilot.resistance_ohms() == 220.0)

    def test_a_current_that_somebody_else_sets_is_set_back(self, site: Site) -> None:
        device = FakeEvseDin()
        site.rtu(device, evse_din.open_board)
        device.registers[1000] = 3200
        until(lambda: device.registers[1000] == 0)

    def test_a_lost_and_a_garbled_frame_are_asked_for_again(self, site: Site) -> None:
        device = FakeEvseDin()
        controller = site.rtu(device, evse_din.open_board).evses[1].controller
        assert controller is not None
        assert site.line is not None
        site.line.answers_lost = site.line.answers_garbled = 1
        device.ev = 2
        until(lambda: _letter(controller.pilot_letter) is PilotLetter.B)

    def test_a_line_that_was_cut_gives_no_power_when_it_is_back(self, site: Site) -> None:
        device = FakeEvseDin()
        board = site.rtu(device, evse_din.open_board)
        board.evses[1].control_pilot.signal_pwm(50.0)
        until(lambda: device.registers[1000] == 3000)
        assert site.line is not None
        site.line.is_cut = True
        until(lambda: _letter(board.evses[1].control_pilot.sample) is Fault.BOARD_SILENT)
        device.writes.clear()
        site.line.is_cut = False
        until(lambda: device.registers[1000] == 0)
        assert next(value for address, value in device.writes if address == 1000) == 0

    def test_a_controller_that_stops_telling_the_state_ends_the_power(self, site: Site) -> None:
        device = FakeEvseDin(firmware=15, configuration=0)
        station = ControlledStation(site.rtu(device, evse_din.open_board))
        device.ev = 2
        until(lambda: station.seen().pilot_state is PilotState.B)
        station.allow()
        device.ev = 3
        until(lambda: station.seen().contactor_commanded)
        assert station.seen().faults == frozenset()
        device.ev = 0
        until(lambda: Fault.PILOT_FAULT in station.seen().faults)
        until(lambda: not station.seen().contactor_commanded and device.registers[1000] == 0)
        device.ev = 3
        until(lambda: station.seen().faults == frozenset())

    def test_a_trip_is_cleared_once_the_ev_has_left_and_not_before(self, site: Site) -> None:
        device = FakeEvseDin()
        station = ControlledStation(site.rtu(device, evse_din.open_board))
        device.ev = 2
        until(lambda: station.seen().pilot_state is PilotState.B)
        station.allow()
        device.ev = 3
        until(lambda: station.seen().contactor is ContactorState.CLOSED)
        device.is_leaking = True
        until(lambda: Fault.RESIDUAL_CURRENT in station.seen().faults)
        device.is_leaking = False
        until(lambda: station.seen().contactor is ContactorState.OPEN and device.registers[1000] == 0)
        device.ev = 2
        until(lambda: station.seen().pilot_state is PilotState.B)
        assert Fault.RESIDUAL_CURRENT in station.seen().faults
        assert 1004 not in dict(device.writes)
        device.ev = 1
        until(lambda: station.seen().faults == frozenset())
        assert [value for address, value in device.writes if address == 1004] == [4]

    def test_a_trip_that_comes_back_without_an_ev_is_not_cleared_again(self, site: Site) -> None:
        device = FakeEvseDin(is_leaking=True)
        controller = site.rtu(device, evse_din.open_board).evses[1].controller
        assert controller is not None
        until(lambda: (1004, 4) in device.writes)
        reads = device.reads
        until(lambda: device.reads > reads + 3)
        device.ev = 2
        until(lambda: controller.pilot_letter() is PilotLetter.B)
        assert device.writes.count((1004, 4)) == 1
        assert controller.faults() == {Fault.RESIDUAL_CURRENT}

    def test_an_orderly_end_is_told_again_until_it_was_heard(self, site: Site) -> None:
        device = FakeEvseDin()
        board = site.rtu(device, evse_din.open_board)
        board.evses[1].control_pilot.signal_pwm(50.0)
        device.ev = 3
        until(device.is_supplying)
        line = site.line
        assert line is not None
        line.is_cut = True
        closing = threading.Thread(target=board.close)
        closing.start()
        until(lambda: len(line.swallowed) > 1)
        line.is_cut = False
        closing.join()
        assert not device.is_supplying()

    def test_a_controller_that_can_not_be_told_to_stop_at_the_end_is_told_of(
        self, site: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        device = FakeEvseDin()
        board = site.rtu(device, evse_din.open_board)
        assert site.line is not None
        site.line.is_cut = True
        board.close()
        assert "it may go on charging" in caplog.text


class TestPhoenixBasic:
    def test_its_enable_is_given_to_the_coil_once(self, site: Site) -> None:
        device = FakePhoenixBasic()
        site.rtu(device, phoenix_ev_cc.open_board)
        assert device.holding[4000] == 3
        assert [write for write in device.writes if write[0] == 4000] == [(4000, 3)]
        assert not device.is_offering()

    def test_current_comes_before_the_offer(self, site: Site) -> None:
        device = FakePhoenixBasic()
        board = site.rtu(device, phoenix_ev_cc.open_board)
        device.writes.clear()
        board.evses[1].control_pilot.signal_pwm(26.5)
        until(device.is_offering)
        assert device.writes[:2] == [(22000, 15), (20000, 1)]

    @pytest.mark.parametrize("has_switch", [True, False])
    def test_state_f_where_its_switches_allow_it(self, site: Site, has_switch: bool) -> None:
        device = FakePhoenixBasic(has_availability_switch=has_switch)
        board = site.rtu(device, phoenix_ev_cc.open_board)
        board.evses[1].control_pilot.signal_pwm(26.5)
        until(device.is_offering)
        board.evses[1].control_pilot.signal_fault()
        until(lambda: not device.is_offering() and (device.letter() == "F") is has_switch)

    def test_any_error_bit_is_a_fault(self, site: Site) -> None:
        device = FakePhoenixBasic()
        controller = site.rtu(device, phoenix_ev_cc.open_board).evses[1].controller
        assert controller is not None
        device.errors = 1 << 11
        until(lambda: controller.faults() == {Fault.PILOT_FAULT})

    def test_its_cable_is_read(self, site: Site) -> None:
        device = FakePhoenixBasic(pp_amps=20)
        hardware = site.rtu(device, phoenix_ev_cc.open_board).evses[1]
        assert hardware.proximity_pilot is not None
        assert hardware.proximity_pilot.resistance_ohms() == 680.0

    def test_its_own_state_f_is_neither_a_state_nor_an_error(self, site: Site) -> None:
        device = FakePhoenixBasic(ev="B")
        board = site.rtu(device, phoenix_ev_cc.open_board)
        controller = board.evses[1].controller
        assert controller is not None
        until(lambda: controller.pilot_letter() is PilotLetter.B)
        board.evses[1].control_pilot.signal_fault()
        until(lambda: controller.pilot_letter() is None)
        board.evses[1].control_pilot.signal_steady()
        told: set[object] = set()

        def is_back() -> bool:
            told.update({controller.pilot_letter(), *controller.faults()})
            return PilotLetter.B in told

        until(is_back)
        assert told <= {None, PilotLetter.B}

    def test_a_wake_up_over_a_slow_line_is_no_fault(self, site: Site) -> None:
        device = FakePhoenixBasic(ev="B")
        station = ControlledStation(site.rtu(device, phoenix_ev_cc.open_board), replace(TETHERED, wake_up=True))
        assert site.line is not None
        site.line.answer_seconds = 0.05
        until(lambda: station.seen().pilot_state is PilotState.B)
        station.allow()
        until(lambda: station.seen().pilot_signal is PilotSignal.FAULT)
        until(lambda: device.letter() == "F")
        until(lambda: station.seen().pilot_signal is not PilotSignal.FAULT)
        station.step_seconds = 0.01
        faults: set[Fault] = set()
        back_at = station.now + 3.0

        def has_woken() -> bool:
            faults.update(station.seen().faults)
            return station.now > back_at

        until(has_woken)
        assert faults == set()
        assert device.is_offering()


class TestPhoenixEth:
    @pytest.mark.parametrize(("limit", "written"), [(16, 15), (59, 15), (64, 150), (160, 150)])
    def test_current_is_written_in_the_unit_of_its_firmware(self, site: Site, limit: int, written: int) -> None:
        device = FakePhoenixEth(limit=limit)
        board = site.tcp(device)
        assert not device.is_enabled
        board.evses[1].control_pilot.signal_pwm(26.5)
        until(lambda: device.limit == written and bool(device.is_enabled))
        board.make_safe()
        until(lambda: not device.is_enabled)

    @pytest.mark.parametrize("limit", [60, 63])
    def test_a_limit_that_is_6_or_60_amps_is_asked_for_and_not_guessed(self, site: Site, limit: int) -> None:
        device = FakePhoenixEth(limit=limit)
        with pytest.raises(HardwareError, match="limit_in_tenths"):
            site.tcp(device)
        assert not device.is_enabled
        assert device.limit == limit

    @pytest.mark.parametrize(
        ("limit", "is_in_tenths", "duty_percent", "written"),
        [(63, False, 26.5, 15), (63, True, 26.5, 150), (16, True, 26.5, 150), (160, False, 26.5, 15)],
    )
    def test_what_the_installer_says_of_its_unit_counts(
        self, site: Site, limit: int, is_in_tenths: bool, duty_percent: float, written: int
    ) -> None:
        device = FakePhoenixEth(limit=limit)
        site.tcp(device, limit_in_tenths=is_in_tenths).evses[1].control_pilot.signal_pwm(duty_percent)
        until(lambda: device.limit == written and bool(device.is_enabled))

    def test_63_amps_are_given_where_the_unit_is_said_and_59_where_it_is_seen(self, site: Site) -> None:
        said, seen = FakePhoenixEth(limit=16), FakePhoenixEth(limit=16)
        for board in (site.tcp(said, limit_in_tenths=False), site.tcp(seen)):
            board.evses[1].control_pilot.signal_pwm(89.5)
        until(lambda: (said.limit, seen.limit) == (63, 59))

    def test_after_six_amps_in_tenths_the_next_start_sees_the_unit_again(self, site: Site) -> None:
        device = FakePhoenixEth(limit=160)
        board = site.tcp(device)
        board.evses[1].control_pilot.signal_pwm(10.0)
        until(lambda: device.limit == 60 and bool(device.is_enabled))
        board.close()
        assert not device.is_enabled
        site.tcp(device).evses[1].control_pilot.signal_pwm(26.5)
        until(lambda: device.limit == 150)

    def test_the_unit_stays_over_a_lost_connection(self, site: Site) -> None:
        """Whatever somebody else has written meanwhile, 10 A are never asked for as 100."""
        device = FakePhoenixEth(limit=16)
        link = phoenix_ev_cc.EthLink(site.registers(device))
        link.connect()
        for limit in (63, 160):
            device.limit = limit
            link.connect()
            link.carry_out(Wish(PilotSignal.PWM, 10.0))
            assert device.limit == 10
        link.disconnect()

    def test_a_controller_that_shows_amps_after_tenths_is_asked_in_amps(self, site: Site) -> None:
        device = FakePhoenixEth(limit=160)
        link = phoenix_ev_cc.EthLink(site.registers(device))
        link.connect()
        link.carry_out(Wish(PilotSignal.PWM, 6.0))
        link.connect()
        link.carry_out(Wish(PilotSignal.PWM, 10.0))
        assert device.limit == 100, "60 is what it was told"
        device.limit = 32
        link.connect()
        link.carry_out(Wish(PilotSignal.PWM, 10.0))
        assert device.limit == 10
        link.disconnect()


def _letter(ask: Callable[[], object]) -> object:
    """What it says, or the name of its fault."""
    try:
        return ask()
    except HardwareError as error:
        return error.fault
