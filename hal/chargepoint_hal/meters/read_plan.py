"""Groups a meter's registers into as few reads as its map allows. Pure.

The block with the energy register is read first, because a reading is as old as that answer; texts
are read alone and last. The probe is never part of a block.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chargepoint_hal.meters.register import Register
from chargepoint_hal.meters.register_map import TEXT_QUANTITIES, RegisterMap


@dataclass(frozen=True, slots=True)
class Block:
    """One read request."""

    function_code: int
    address: int
    count: int
    quantities: frozenset[str]

    @property
    def end(self) -> int:
        return self.address + self.count

    @property
    def shape(self) -> tuple[int, int]:
        """All that an RTU answer shows of its request, beside the unit."""
        return (self.function_code, self.count)


@dataclass(frozen=True, slots=True)
class ReadPlan:
    probe: Block
    """Its shape differs from that of the first block, so that an answer to one never passes for the other."""
    cycle: tuple[Block, ...]
    identity: tuple[Block, ...]
    """Read once after each loss of contact; not every device of a model has it, so its lack is no error.
    More than one block: alternatives, in the order to try."""


def plan_reads(register_map: RegisterMap, max_registers_per_read: int | None = None) -> ReadPlan:
    """The plan for a whole map; a smaller maximum serves devices that refuse what their manual promises."""
    maximum = min(max_registers_per_read or 125, register_map.max_registers_per_read)
    cyclic = {name: register for name, register in register_map.quantities.items() if name not in TEXT_QUANTITIES}
    alone = [_block({name}, register) for name, register in register_map.quantities.items() if name not in cyclic]
    alone += [_block({"serial_number"}, register) for register in register_map.serial_number_alternatives]
    blocks = _grouped(cyclic, maximum, register_map.max_gap_registers)
    cycle = sorted(blocks, key=lambda block: "energy_import_wh" not in block.quantities)
    return ReadPlan(_probe_block(register_map, cycle[0]), tuple(cycle), tuple(alone))


def _grouped(registers: dict[str, Register], maximum: int, max_gap: int) -> list[Block]:
    blocks: list[Block] = []
    order = sorted(registers, key=lambda name: (registers[name].function_code, registers[name].first))
    for name in order:
        new = _block({name}, registers[name])
        joined = _joined(blocks[-1], new) if blocks else new
        fits = blocks and blocks[-1].function_code == new.function_code and joined.count <= maximum
        if fits and new.address - blocks[-1].end <= max_gap:
            blocks[-1] = joined
        else:
            blocks.append(new)
    return blocks


def _joined(first: Block, second: Block) -> Block:
    count = max(first.end, second.end) - first.address
    return replace(first, count=count, quantities=first.quantities | second.quantities)


def _block(names: Iterable[str], register: Register) -> Block:
    return Block(register.function_code, register.first, register.end - register.first, frozenset(names))


def _probe_block(register_map: RegisterMap, first: Block) -> Block:
    probe = _block((), register_map.probe.register)
    return replace(probe, count=probe.count + 2) if probe.shape == first.shape else probe
