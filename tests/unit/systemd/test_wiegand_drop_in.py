"""The drop-in for readers on GPIO pins: what such a reader needs, nothing past the kernel, and a page that says so."""

from pathlib import Path

from chargepoint_hal.readers.gpio_factory import GPIO_CHIP, WITH_CHIP

ROOT = Path(__file__).resolve().parents[3]
UNITS = ROOT / "systemd"
DROP_IN = UNITS / "chargepoint.service.d" / "wiegand.conf"
PAGE = (ROOT / "docs" / "hardware" / "reader-wiegand.md").read_text(encoding="utf-8")


def settings_of(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "["))]


def test_it_opens_the_readers_chip_and_nothing_else() -> None:
    assert settings_of(DROP_IN) == ["SupplementaryGroups=gpio", f"DeviceAllow=/dev/gpiochip{GPIO_CHIP.default} rw"]
    assert not any("gpio" in line for line in settings_of(UNITS / "chargepoint.service")), "it is asked for"


def test_the_page_of_the_reader_says_how_and_names_the_factory_that_works_with_it() -> None:
    assert "(../../systemd/chargepoint.service.d/wiegand.conf)" in PAGE
    assert f'pin_factory = "{WITH_CHIP}"' in PAGE


def test_both_services_start_where_lgpio_can_make_its_pipe() -> None:
    """It can not be imported elsewhere, and the root directory is read-only to both."""
    safety, controller = (settings_of(UNITS / f"{name}.service") for name in ("chargepoint-safety", "chargepoint"))
    assert {"WorkingDirectory=%t/chargepoint", "RuntimeDirectory=chargepoint"} <= set(safety)
    assert {"WorkingDirectory=/var/lib/chargepoint", "StateDirectory=chargepoint"} <= set(controller)
