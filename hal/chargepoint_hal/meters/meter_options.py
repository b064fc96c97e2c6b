"""Which options the Modbus meter takes. Pure, but for reading the register map that is named."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chargepoint_hal.driver_options import Kind, Option, OptionRules, Place, Way, serial_port_places
from chargepoint_hal.meters.map_files import load_register_map
from chargepoint_hal.meters.register_map_errors import RegisterMapError

DEFAULT_TIMEOUT_SECONDS = 1.0
MODBUS_TCP_PORT = 502


def map_problems(name: str) -> Iterator[str]:
    """Everything that is wrong with the map of that name or path."""
    try:
        load_register_map(name)
    except RegisterMapError as error:
        yield from (f"{name}: {problem}" for problem in error.problems)


def modbus_line_places(options: Mapping[str, Any]) -> Iterator[Place]:
    """Meters share the serial line of their bus, and nobody else may have it."""
    for place in serial_port_places(options):
        yield replace(place, shared_by="Modbus meters")


RULES = OptionRules(
    {
        "map": Option("The meter's register map: one by name, or the path of a file.", Kind.TEXT, check=map_problems),
        "unit": Option("Its number on the bus; without it the map's.", Kind.WHOLE_NUMBER, 0, 255),
        "host": Option("Its address, or its gateway's, on Modbus TCP.", Kind.TEXT),
        "port": Option("The port there.", Kind.WHOLE_NUMBER, 1, 65535, default=str(MODBUS_TCP_PORT)),
        "rtu_over_tcp": Option("A gateway that passes RTU frames on as they are.", Kind.BOOLEAN, default="false"),
        "serial_port": Option("The serial port of its bus, such as a link in /dev/serial/by-id.", Kind.PATH),
        "baud_rate": Option("Without it the map's.", Kind.WHOLE_NUMBER, 300, 115200, "baud"),
        "parity": Option("Without it the map's.", Kind.TEXT, choices=("N", "E", "O")),
        "stop_bits": Option("Without it the map's.", Kind.WHOLE_NUMBER, choices=(1, 2)),
        "timeout_seconds": Option(
            "How long an answer is waited for.", Kind.NUMBER, 0.01, 60, "s", default=f"{DEFAULT_TIMEOUT_SECONDS:g}"
        ),
        "inter_frame_seconds": Option("Silence before each request; without it the map's.", Kind.NUMBER, 0, 1, "s"),
        "max_registers_per_read": Option("For a meter that refuses its map's number.", Kind.WHOLE_NUMBER, 1, 125),
        "reversed": Option(
            "Current flows through it the other way: import and export change places.", Kind.BOOLEAN, default="false"
        ),
        "bench_directory": Option("The run directory of a bench, whose bench.json says the rest.", Kind.PATH),
        "evse": Option("Whose meter on the bench.", Kind.WHOLE_NUMBER, 1, 99, default="1"),
    },
    ways=(
        Way("host", allows=("port", "rtu_over_tcp"), needs=("map",)),
        Way("serial_port", allows=("baud_rate", "parity", "stop_bits"), needs=("map",)),
        Way("bench_directory", allows=("evse",)),
    ),
    places=modbus_line_places,
)
