"""bench.toml: the example is right, and every error is named at once."""

from pathlib import Path

import pytest

from chargepoint_hal.bench.settings import BenchSettings, BenchSettingsError, Outlet, load_settings, settings_from

EXAMPLE = Path(__file__).parents[3] / "config" / "bench.toml"


def test_the_example_is_the_default() -> None:
    assert load_settings(EXAMPLE) == BenchSettings()


def test_an_empty_file_is_one_evse_with_a_socket() -> None:
    assert settings_from({}) == BenchSettings()


def test_a_tethered_evse_has_no_lock_unless_told() -> None:
    settings = settings_from({"monoflop_seconds": 0, "evse": [{"outlet": "tethered"}, {"phases": 1}]})
    assert settings.monoflop_seconds is None
    assert settings.evses[0].outlet is Outlet.TETHERED
    assert not settings.evses[0].lock_fitted
    assert settings.evses[1].lock_fitted
    assert settings.evses[1].meter.serial_number == "7000002"


def test_every_error_is_named_with_path_neighbour_and_range() -> None:
    document = {
        "prot": 0,
        "supply_volts": 1000,
        "evse": [{"phases": 2, "outlet": "plug"}, {"lock_fitted": "yes", "meter": {"map": "abb-b32"}}, {"meter": 3}],
    }
    with pytest.raises(BenchSettingsError) as raised:
        settings_from(document)
    text = "\n".join(raised.value.problems)
    assert len(raised.value.problems) == 7
    for part in (
        "bench.toml.'prot': unknown, did you mean 'port'?",
        "supply_volts: expected a number from 80 to 300, got '1000'",
        "evse[1].phases: expected 1 or 3",
        "evse[1].outlet: expected 'socket' or 'tethered'",
        "evse[2].lock_fitted: expected true or false",
        "'abb-b23'",
        "evse[3].meter: expected a table",
    ):
        assert part in text


@pytest.mark.parametrize("evse", [[], 3, [1], "x"])
def test_evse_must_be_tables(evse: object) -> None:
    with pytest.raises(BenchSettingsError, match="evse"):
        settings_from({"evse": evse})


def test_a_serial_number_that_the_meter_can_not_show_is_refused() -> None:
    with pytest.raises(BenchSettingsError, match="serial_number"):
        settings_from({"evse": [{"meter": {"map": "eastron-sdm630", "serial_number": "letters"}}]})


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", b"a = " + b"[" * 5000])
def test_a_broken_file_is_an_error_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bench.toml"
    path.write_bytes(content)
    with pytest.raises(BenchSettingsError, match=r"bench\.toml"):
        load_settings(path)
    with pytest.raises(BenchSettingsError, match="absent"):
        load_settings(tmp_path / "absent")


def test_a_one_phase_meter_at_a_three_phase_evse_is_refused() -> None:
    with pytest.raises(BenchSettingsError, match="counts one phase"):
        settings_from({"evse": [{"meter": {"map": "eastron-sdm120"}}]})
    assert settings_from({"evse": [{"phases": 1, "meter": {"map": "eastron-sdm120"}}]}).evses[0].phases == 1
