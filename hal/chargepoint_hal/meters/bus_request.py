"""One request to a unit and how it goes through pymodbus. It decides nothing about its answer but whose it is."""

from dataclasses import dataclass

from pymodbus.client.base import ModbusBaseClient
from pymodbus.pdu import ModbusPDU

from chargepoint_hal.meters.read_plan import Block


@dataclass(frozen=True, slots=True)
class Request:
    unit: int
    block: Block
    timeout_seconds: float
    silent_seconds: float = 0.0
    """Silence that this unit wants on the line before it is asked."""
    is_probe: bool = False
    values: tuple[int, ...] = ()
    """What is written, with function code 6 or 16."""


async def sent(client: ModbusBaseClient, request: Request) -> ModbusPDU:
    block, unit = request.block, request.unit
    match block.function_code:
        case 3:
            return await client.read_holding_registers(block.address, count=block.count, device_id=unit)
        case 4:
            return await client.read_input_registers(block.address, count=block.count, device_id=unit)
        case 6:
            return await client.write_register(block.address, request.values[0], device_id=unit)
        case 16:
            return await client.write_registers(block.address, list(request.values), device_id=unit)
        case other:
            raise ValueError(f"no function {other}: 3 and 4 read, 6 and 16 write")


def is_answer_to(answer: ModbusPDU, request: Request) -> bool:
    """A read shows its count; a write shows where it went."""
    if request.values:
        return (answer.function_code, answer.address) == (request.block.function_code, request.block.address)
    return (answer.function_code, len(answer.registers)) == request.block.shape
