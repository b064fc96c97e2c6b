"""Meters that sign, on pymodbus' own server: a BSM-WS36A and a WM3M4 with keys of their own and their own manners."""

import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import NoSuchIdException
from pymodbus.simulator import DataType, SimData, SimDevice

from unit.meters.known_registers import BSM, EM580, WM3M4, spread

SHORT = 1 << 247
"""An integer below it has a whole byte of zeros in front, in 32 bytes."""


def read_bytes(words: list[int], count: int) -> bytes:
    return b"".join(word.to_bytes(2, "big") for word in words)[:count]


def to_words(raw: bytes) -> list[int]:
    return [int.from_bytes(raw[place : place + 2].ljust(2, b"\0"), "big") for place in range(0, len(raw), 2)]


@dataclass
class Signer:
    """A key as it is burnt into a meter."""

    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    key: ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(self.curve)

    def der(self) -> bytes:
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, payload: bytes) -> bytes:
        return self.key.sign(payload, ec.ECDSA(hashes.SHA256()))

    def sign_with_needless_zeros(self, payload: bytes) -> bytes:
        """As the WM3M4's firmware does where r is short: a DER integer of 32 bytes that begins with zeros."""
        while True:
            r, s = decode_dss_signature(self.sign(payload))
            if r < SHORT and s < 1 << 255:
                both = b"".join(b"\x02\x20" + number.to_bytes(32, "big") for number in (r, s))
                return b"\x30" + bytes([len(both)]) + both


@dataclass
class Device:
    """One unit whose holding registers behave."""

    first: int
    last: int
    signer: Signer = field(default_factory=Signer)
    written: list[tuple[int, list[int]]] = field(default_factory=list)
    is_silent: bool = False

    def starting_words(self) -> dict[int, int]:
        return {}

    def input_words(self) -> dict[int, int]:
        return {}

    def on_write(self, address: int, values: list[int]) -> ExcCodes | None:
        return None

    def on_read(self, address: int) -> None: ...

    def device(self, unit: int) -> SimDevice:
        words = self.starting_words()
        values = [words.get(address, 0) for address in range(self.first, self.last + 1)]
        holding = [SimData(self.first, values=values, datatype=DataType.REGISTERS)]
        inputs = self.input_words() or {0: 0}
        low, high = min(inputs), max(inputs)
        others = [SimData(low, values=[inputs.get(n, 0) for n in range(low, high + 1)], datatype=DataType.REGISTERS)]
        no_bits = [SimData(0, values=[False] * 16, datatype=DataType.BITS)]
        return SimDevice(unit, (no_bits, no_bits, holding, others), action=self._act)

    def at(self, address: int, count: int = 1) -> list[int]:
        return self.registers[address - self.first : address - self.first + count]

    def put(self, address: int, words: list[int]) -> None:
        self.registers[address - self.first : address - self.first + len(words)] = words

    registers: list[int] = field(default_factory=list)

    async def _act(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if self.is_silent:
            raise NoSuchIdException("silent")
        if function_code == 4:
            return None
        self.registers = registers
        if set_values is None:
            self.on_read(address)
            return None
        values = [int(value) for value in set_values]
        self.written.append((address, values))
        return self.on_write(address, values)


BSM_TEXTS = {40279: 70, 40349: 50, 40399: 50}
BSM_SNAPSHOTS = {40524: (41793, "C"), 41286: (43293, "B"), 41540: (43793, "E")}
"""Where a snapshot is ordered: where the status of its data set is, and what it says of the transaction."""


@dataclass
class FakeBsm(Device):
    """Signs after a few looks at its status; refuses to have a part of a text written."""

    first: int = 40000
    last: int = 44299
    energy_wh: int = 52440
    fails_with: int | None = None
    looks: int = 3
    snapshots: int = 22978

    def starting_words(self) -> dict[int, int]:
        key = self.signer.der()
        run = dict(enumerate(to_words(key), 40451))
        status = dict.fromkeys([*BSM_SNAPSHOTS, *(text for text, _ in BSM_SNAPSHOTS.values())], 1)
        return spread(BSM.words) | run | status | {40450: len(key)}

    def on_write(self, address: int, values: list[int]) -> ExcCodes | None:
        if any(start <= address < start + count for start, count in BSM_TEXTS.items()):
            return None if BSM_TEXTS.get(address) == len(values) else ExcCodes.ILLEGAL_ADDRESS
        if address in BSM_SNAPSHOTS:
            self.looks = 3
        return None

    def on_read(self, address: int) -> None:
        if address in BSM_SNAPSHOTS and self.at(address) == [2]:
            self.looks -= 1
            if not self.looks:
                self._sign(address)

    def _sign(self, address: int) -> None:
        text_status, transaction = BSM_SNAPSHOTS[address]
        if self.fails_with is not None:
            self.put(address, [self.fails_with])
            return
        self.snapshots += 1
        identity = read_bytes(self.at(40279, 70), 140).rstrip(b"\0").decode()
        payload = json.dumps(
            {
                "FV": "1.0",
                "GI": "BAUER Electronic BSM-WS36A-H01-1311-0000",
                "GS": "001BZR1521070006",
                "GV": "1.9:32CA:AFF4, 6d1dd3c",
                "PG": f"T{self.snapshots}",
                "MV": "BAUER Electronic",
                "MM": "BSM-WS36A-H01-1311-0000",
                "MS": "001BZR1521070006",
                "IS": True,
                "IT": "UNDEFINED",
                "ID": identity,
                "RD": [self._reading(transaction)],
            },
            separators=(",", ":"),
        )
        seal = {"SA": "ECDSA-secp256r1-SHA256", "SD": self.signer.sign(payload.encode()).hex()}
        text = f"OCMF|{payload}|{json.dumps(seal, separators=(',', ':'))}".encode()
        self.put(text_status + 2, to_words(text.ljust(992, b"\0")))
        self.put(text_status, [0])
        self.put(address, [0])

    def _reading(self, transaction: str) -> dict[str, object]:
        return {
            "TM": "2026-11-21T10:00:27,000+0100 S",
            "TX": transaction,
            "RV": self.energy_wh,
            "RI": "1-0:1.8.0*255",
            "RU": "Wh",
            "RT": "AC",
            "EF": "",
            "ST": "G",
        }


@dataclass
class FakeWm3m4(Device):
    """Keeps one transaction; refuses to begin without a time, and forgets its header when its supply fails."""

    first: int = 7000
    last: int = 8299
    energy_wh: int = 12_345
    began_wh: int = 0

    def starting_words(self) -> dict[int, int]:
        point = self.signer.der()[-64:]
        return {7052: 1, **dict(enumerate(to_words(point), 8124))}

    def input_words(self) -> dict[int, int]:
        return spread(WM3M4.words)

    def on_write(self, address: int, values: list[int]) -> ExcCodes | None:
        if (address, values) == (7051, [0x4200]):
            self._begin()
        elif (address, values) == (7051, [0x7200]):
            self._end()
        return None

    def lose_supply(self) -> None:
        """While a transaction runs."""
        self.put(7000, [2])
        self.put(7071, [0])
        self.put(7056, [0])

    def _header(self) -> dict[str, object] | None:
        count = self.at(7056)[0]
        raw = read_bytes(self.at(7100, 512), count)
        return json.loads(raw) if count else None

    def _begin(self) -> None:
        if self.at(7000) != [0]:
            self.put(7052, [131])
        elif self.at(7071) != [2] or self.at(7054, 2) == [0, 0]:
            self.put(7052, [128])
        elif self._header() is None:
            self.put(7052, [252])
        else:
            self.began_wh = self.energy_wh
            self.put(7000, [1])
            self.put(7052, [15])

    def _end(self) -> None:
        header = self._header()
        if self.at(7000) == [0]:
            self.put(7052, [131])
            return
        if header is None or self.at(7071) != [2]:
            self.put(7052, [128])
            return
        header |= {"MV": "Iskra", "MM": "WM3M4C", "MS": "12345678", "MF": "1.14", "PG": "T7"}
        header["RD"] = [self._reading("B", self.began_wh), self._reading("E", self.energy_wh)]
        payload = json.dumps(header, separators=(",", ":")).encode()
        signature = self.signer.sign_with_needless_zeros(payload)
        self.put(7057, [len(payload), len(signature)])
        self.put(7612, to_words(payload))
        self.put(8188, to_words(signature))
        self.put(7000, [0])
        self.put(7052, [15])

    def _reading(self, transaction: str, energy_wh: int) -> dict[str, object]:
        return {
            "TM": "2026-11-21T10:00:27,000+0100 S",
            "TX": transaction,
            "RV": energy_wh / 1000,
            "RI": "1-b:1.8.0",
            "RU": "kWh",
            "ST": "G",
        }


EM580_TEXTS = {"ID": 0x7007, "CI": 0x701C, "TT": 0x6900}
EM580_FILE = 2031


@dataclass
class FakeEm580(Device):
    """Begins only with nothing left over, signs after a few looks, and keeps its file until it is confirmed."""

    first: int = 0
    last: int = 0x7110 + EM580_FILE
    signer: Signer = field(default_factory=lambda: Signer(ec.BrainpoolP384R1()))
    energy_wh: int = 12_345
    began_wh: int = 0
    has_key: bool = True
    is_corrupting: bool = False
    looks: int = 0

    def device(self, unit: int) -> SimDevice:
        """Input and holding registers are the same."""
        words = self.starting_words()
        values = [words.get(address, 0) for address in range(self.first, self.last + 1)]
        return SimDevice(unit, [SimData(0, values=values, datatype=DataType.REGISTERS)], action=self._act)

    def starting_words(self) -> dict[int, int]:
        key = to_words(self.signer.der()) if self.has_key else []
        kind = {256: 0, 384: 1}[self.signer.curve.key_size] if self.has_key else 2
        return spread(EM580.words) | dict(enumerate(key, 0x2600)) | {0x24FF: kind}

    def on_write(self, address: int, values: list[int]) -> ExcCodes | None:
        if (address, values) == (0x7040, [0x42]) and self.at(0x7100) == [0]:
            self.began_wh = self.energy_wh
            self.put(0x7100, [1])
        elif (address, values) == (0x7040, [0x45]) and self.at(0x7100) == [1]:
            self.looks = 3
        return None

    def on_read(self, address: int) -> None:
        if address == 0x7100 and self.looks:
            self.looks -= 1
            if not self.looks:
                self.finish()

    def finish(self) -> None:
        """It signs; after a failure of its supply by itself."""
        if self.is_corrupting:
            self.put(0x7100, [3])
            return
        fields: dict[str, object] = {
            "FV": "1.0",
            "GI": "CG-EM580",
            "GS": "BT1234567",
            "PG": "T9",
            "MV": "Carlo Gavazzi",
        }
        fields |= {"MM": "EM580", "MS": "BT1234567", "IS": self.at(0x7000) == [1], "IT": self._type(), "CT": "EVSEID"}
        fields |= {
            name: read_bytes(self.at(place, 20), 40).split(b"\0")[0].decode() for name, place in EM580_TEXTS.items()
        }
        fields["RD"] = [self._reading("B", self.began_wh), self._reading("E", self.energy_wh)]
        payload = json.dumps(fields, separators=(",", ":"))
        seal = {
            "SA": f"ECDSA-brainpoolP{self.signer.curve.key_size}r1-SHA256",
            "SD": self.signer.sign(payload.encode()).hex().upper(),
        }
        words = to_words(f"OCMF|{payload}|{json.dumps(seal, separators=(',', ':'))}".encode())
        self.put(0x7110, words)
        self.put(0x7100, [2, len(words)])

    def _type(self) -> str:
        return {10: "ISO14443", 70: "LOCAL"}.get(self.at(0x7006)[0], "UNDEFINED")

    def _reading(self, transaction: str, energy_wh: int) -> dict[str, object]:
        return {
            "TM": "2026-11-21T10:00:27,000+0100 S",
            "TX": transaction,
            "RV": energy_wh / 1000,
            "RI": "1-b:1.8.0",
            "RU": "kWh",
            "ST": "G",
        }

    async def _act(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Both functions read the same registers, and both are looked at."""
        return await super()._act(
            3 if function_code == 4 else function_code, start_address, address, count, registers, set_values
        )
