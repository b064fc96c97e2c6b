"""Every reader of cards keeps the contract on what it really has: a serial line, an input device, two wires."""

import os
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import DigitalInputDevice
from gpiozero.pins.mock import MockFactory

from chargepoint_hal.conformance_devices import Present, Silence, TokenReaderConformance
from chargepoint_hal.contract import TokenReader
from chargepoint_hal.readers import pn532, rdm6300
from chargepoint_hal.readers.card_ids import Writing
from chargepoint_hal.readers.wiegand import WiegandReader
from unit.readers.fake_pn532 import FakePn532
from unit.readers.test_keyboard import FakeDevice, typed
from unit.readers.test_wiegand import framed


class TestPn532(TokenReaderConformance):
    @pytest.fixture
    def device(self) -> Iterator[FakePn532]:
        with FakePn532() as fake:
            yield fake

    @pytest.fixture
    def reader(self, device: FakePn532) -> Iterator[TokenReader]:
        reader = pn532.open_reader({"serial_port": device.path})
        yield reader
        reader.close()

    @pytest.fixture
    def present(self, device: FakePn532) -> Present:
        def hold(value: str, kind: str) -> None:
            device.field_card = bytes.fromhex(value)

        return hold

    @pytest.fixture
    def silence(self, device: FakePn532) -> Silence:
        return lambda: setattr(device, "is_dead", True)


class TestRdm6300(TokenReaderConformance):
    @pytest.fixture
    def ends(self) -> Iterator[list[int]]:
        master, far_end = os.openpty()
        tty.setraw(far_end)
        ends = [master, far_end]
        yield ends
        for end in ends:
            os.close(end)

    @pytest.fixture
    def reader(self, ends: list[int]) -> Iterator[TokenReader]:
        options = {"serial_port": os.ttyname(ends[1]), "kind": "ISO14443", "digits": 8}
        reader = rdm6300.open_reader(options)
        yield reader
        reader.close()

    @pytest.fixture
    def present(self, ends: list[int]) -> Present:
        def hold(value: str, kind: str) -> None:
            raw = bytes.fromhex("00" + value)
            checksum = 0
            for byte in raw:
                checksum ^= byte
            os.write(ends[0], b"\x02" + (raw + bytes([checksum])).hex().upper().encode() + b"\x03")

        return hold

    @pytest.fixture
    def silence(self, ends: list[int], reader: TokenReader) -> Silence:
        def cut() -> None:
            reader.wait_for_token(0.0)
            os.close(ends.pop(0))

        return cut


class TestKeyboardReader(TokenReaderConformance):
    @pytest.fixture
    def device(self, tmp_path: Path) -> Iterator[FakeDevice]:
        fake = FakeDevice(tmp_path / "event0")
        yield fake
        if fake.end >= 0:
            os.close(fake.end)

    @pytest.fixture
    def reader(self, device: FakeDevice) -> Iterator[TokenReader]:
        reader = device.reader()
        yield reader
        reader.close()

    @pytest.fixture
    def present(self, device: FakeDevice) -> Present:
        return lambda value, kind: device.types(typed(value))

    @pytest.fixture
    def silence(self, device: FakeDevice, reader: TokenReader) -> Silence:
        def pull_out() -> None:
            reader.wait_for_token(0.0)
            os.close(device.end)
            device.end = -1

        return pull_out


class TestWiegandReader(TokenReaderConformance):
    @pytest.fixture
    def factory(self) -> Iterator[Any]:
        factory = MockFactory()
        yield factory
        factory.close()

    @pytest.fixture
    def reader(self, factory: Any) -> Iterator[TokenReader]:
        lines = [DigitalInputDevice(pin, pull_up=True, pin_factory=factory) for pin in (17, 18)]
        reader = WiegandReader(lines[0], lines[1], Writing(), "ISO14443")
        yield reader
        reader.close()

    @pytest.fixture
    def present(self, factory: Any, reader: TokenReader) -> Present:
        def pulse(value: str, kind: str) -> None:
            for bit in framed(bytes.fromhex(value)):
                factory.pin(17 + bit).drive_low()
                factory.pin(17 + bit).drive_high()

        return pulse

    @pytest.fixture
    def silence(self) -> Silence:
        pytest.skip("two wires at rest do not tell whether their reader is there")
