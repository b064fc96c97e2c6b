"""Boards on Modbus controllers keep the contract of controlled boards, on pymodbus' own servers."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from chargepoint_hal.boards.supervised.evse_din import open_board as open_evse_din
from chargepoint_hal.boards.supervised.phoenix_ev_cc import open_board as open_phoenix
from chargepoint_hal.conformance import OpenBoard
from chargepoint_hal.conformance_controlled import ControlledBoardConformance, ShowEv, Until
from chargepoint_hal.conformance_devices import Silence
from unit.boards import patience
from unit.boards.fake_controllers import FakeEvseDin, FakePhoenixBasic, FakePhoenixEth
from unit.boards.modbus_device import ModbusDevice, TwoPtys

EVSE_DIN_EVS = {"A": 1, "B": 2, "C": 3}


@pytest.fixture
def line() -> Iterator[TwoPtys]:
    line = TwoPtys()
    yield line
    line.close()


@pytest.fixture
def until() -> Until:
    return patience.until


class TestEvseDinBoard(ControlledBoardConformance):
    @pytest.fixture
    def device(self, line: TwoPtys) -> Iterator[FakeEvseDin]:
        device = FakeEvseDin()
        with ExitStack() as stack:
            stack.callback(ModbusDevice(device.device(), line.device_path).close)
            yield device

    @pytest.fixture
    def open_board(self, device: FakeEvseDin, line: TwoPtys) -> OpenBoard:
        return lambda: open_evse_din({"serial_port": line.station_path, "silent_seconds": 2.0})

    @pytest.fixture
    def ev(self, device: FakeEvseDin) -> ShowEv:
        return lambda letter: setattr(device, "ev", EVSE_DIN_EVS[letter])

    @pytest.fixture
    def silence(self, line: TwoPtys) -> Silence:
        return lambda: setattr(line, "is_cut", True)


class TestPhoenixBasicBoard(ControlledBoardConformance):
    @pytest.fixture
    def device(self, line: TwoPtys) -> Iterator[FakePhoenixBasic]:
        device = FakePhoenixBasic()
        with ExitStack() as stack:
            stack.callback(ModbusDevice(device.device(), line.device_path).close)
            yield device

    @pytest.fixture
    def open_board(self, device: FakePhoenixBasic, line: TwoPtys) -> OpenBoard:
        return lambda: open_phoenix({"serial_port": line.station_path, "silent_seconds": 2.0})

    @pytest.fixture
    def ev(self, device: FakePhoenixBasic) -> ShowEv:
        return lambda letter: setattr(device, "ev", letter)

    @pytest.fixture
    def silence(self, line: TwoPtys) -> Silence:
        return lambda: setattr(line, "is_cut", True)


class TestPhoenixEthBoard(ControlledBoardConformance):
    @pytest.fixture
    def device(self) -> FakePhoenixEth:
        return FakePhoenixEth()

    @pytest.fixture
    def server(self, device: FakePhoenixEth) -> Iterator[list[ModbusDevice]]:
        """The server while there is one."""
        servers = [ModbusDevice(device.device())]
        yield servers
        for server in servers:
            server.close()

    @pytest.fixture
    def open_board(self, server: list[ModbusDevice]) -> OpenBoard:
        port = server[0].port
        return lambda: open_phoenix({"host": "127.0.0.1", "port": port, "silent_seconds": 1.0})

    @pytest.fixture
    def ev(self, device: FakePhoenixEth) -> ShowEv:
        return lambda letter: setattr(device, "ev", letter)

    @pytest.fixture
    def silence(self, server: list[ModbusDevice]) -> Silence:
        return lambda: server.pop().close()
