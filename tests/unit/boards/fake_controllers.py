"""EVSE-DIN and Phoenix Contact controllers that behave: they act on what is written and show what the EV does."""

from dataclasses import dataclass, field

from pymodbus.simulator import SimDevice

from unit.boards.modbus_device import Table, blocks, coils, living

TRIPPED = 32
STATE_F_ERROR = 1 << 5


@dataclass
class FakeEvseDin:
    """`ev`: 1 A, 2 B, 3 C, 4 D, 5 failed. A trip of its residual-current monitor stays until it is told to clear it,
    and is there again at once while current leaks."""

    firmware: int = 17
    configuration: int = 1 << 7
    ev: int = 1
    flags: int = 0
    is_leaking: bool = False
    cable_amps: int = 5  # what stands there without a cable means nothing
    relay_sticks: bool = False
    relay_stuck: bool = False
    registers: Table = field(default_factory=dict)
    writes: list[tuple[int, int]] = field(default_factory=list)
    reads: int = 0

    def __post_init__(self) -> None:
        self.registers = {
            **dict.fromkeys(range(1000, 1010 if self.firmware > 15 else 1007), 0),
            **dict.fromkeys(range(2000, 2018), 0),
            1000: 1600,
            2000: 16,
            1005: self.firmware,
            2005: self.configuration,
        }

    def is_supplying(self) -> bool:
        self.flags |= TRIPPED if self.is_leaking else 0
        is_asked = self.registers[1000] > 0 and self.ev in (3, 4) and not self.flags & TRIPPED
        self.relay_stuck = self.relay_stuck or (self.relay_sticks and is_asked)
        return is_asked or self.relay_stuck

    def shown(self) -> Table:
        self.registers |= {1002: self.ev, 1003: self.cable_amps}
        self.reads += 1
        is_supplying = self.is_supplying()
        if self.firmware > 15:
            self.registers[1007] = self.flags | int(is_supplying)
        return self.registers

    def write(self, address: int, value: int) -> None:
        self.writes.append((address, value))
        if address == 1004:
            self.flags &= ~TRIPPED if value & 4 else ~0
        else:
            self.registers[address] = value

    def device(self) -> SimDevice:
        return SimDevice(id=1, simdata=blocks(self.registers), action=living(self.shown, self.write))


@dataclass
class FakePhoenixBasic:
    """`ev`: the letter that its resistors show. Under its own state F that is what it shows, as an error, too."""

    ev: str = "A"
    pp_amps: int = 0
    errors: int = 0
    has_availability_switch: bool = True
    holding: Table = field(default_factory=dict)
    coils: Table = field(default_factory=dict)
    writes: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.coils = dict.fromkeys(range(20000, 20004), 0) | {20001: 1}
        self.holding = {
            **dict.fromkeys(range(4000, 4003), 0),
            4000: 1,
            4001: 2 if self.has_availability_switch else 0,
            22000: 32,
            **dict.fromkeys(range(24000, 24026), 0),
        }

    def letter(self) -> str:
        return "F" if not self.coils[20001] else self.ev

    def is_offering(self) -> bool:
        return self.holding[4000] == 3 and bool(self.coils[20000]) and bool(self.coils[20001])

    def shown(self) -> Table:
        digit = 0 if self.letter() == "F" else ord("2" if self.is_offering() else "1")
        errors = self.errors | (STATE_F_ERROR if self.letter() == "F" else 0)
        self.holding |= {24000: ord(self.letter()) << 8 | digit, 24001: self.pp_amps, 24025: errors}
        return self.holding | self.coils

    def write(self, address: int, value: int) -> None:
        self.writes.append((address, value))
        (self.coils if address >= 20000 and address < 21000 else self.holding)[address] = value

    def device(self) -> SimDevice:
        simdata = (
            coils(20000),
            coils(0),
            blocks(self.holding),
            blocks({0: 0}),
        )
        return SimDevice(id=1, simdata=simdata, use_bit_addressing=True, action=living(self.shown, self.write))


@dataclass
class FakePhoenixEth:
    """Some firmware counts its limit in 0.1 A: `limit` starts at 60 or more there, as 6 A is the least."""

    ev: str = "A"
    limit: int = 16
    is_enabled: int = 1
    writes: list[tuple[int, int]] = field(default_factory=list)

    def shown(self) -> Table:
        return {100: ord(self.ev), 400: self.is_enabled, 528: self.limit}

    def write(self, address: int, value: int) -> None:
        self.writes.append((address, value))
        if address == 400:
            self.is_enabled = value
        elif address == 528:
            self.limit = value

    def device(self) -> SimDevice:
        simdata = (
            coils(400),
            coils(0),
            blocks({528: self.limit}),
            blocks({100: ord(self.ev)}),
        )
        return SimDevice(id=255, simdata=simdata, use_bit_addressing=True, action=living(self.shown, self.write))
