"""Which serial ports this machine has, by names that stay the same."""

from pathlib import Path

from serial.tools.list_ports import comports

BY_ID = Path("/dev/serial/by-id")


def serial_ports() -> list[str]:
    """Links by id where there are some, else the devices."""
    links = sorted(str(link) for link in BY_ID.iterdir()) if BY_ID.is_dir() else []
    return links or sorted(port.device for port in comports())
