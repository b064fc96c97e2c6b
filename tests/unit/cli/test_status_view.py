"""The status tables: unknown is a dash, and what others named can not paint the terminal."""

import io
from typing import Any

from rich.console import Console

from chargepoint.cli.status_view import EVSE_ROWS, print_status

STRANGE = "[red]\x1b[31mred\x07[/red]"


def shown(status: dict[str, Any]) -> str:
    text = io.StringIO()
    print_status(status, Console(file=text, width=200, force_terminal=False))
    return text.getvalue()


def test_a_status_without_anything_known_is_shown_as_unknown() -> None:
    text = shown({"evses": {"1": {}}})
    assert "no usable reading" in text
    assert "–, commanded –" in text
    assert "0 A" not in text
    assert "0 Wh" not in text
    for label, _ in EVSE_ROWS:
        assert label in text


def test_a_station_without_evses_is_shown() -> None:
    assert "not linked" in shown({"evses": {}})


def test_fields_of_another_shape_end_nothing() -> None:
    text = shown(
        {
            "evses": {"1": {"meter": [], "faults": "all", "transaction": 7, "duty_percent": "much"}, "2": None},
            "csms": [],
            "outbox": None,
            "station": {"clock": 3, "task_restarts": [1], "faults": None},
            "safety": 1,
        }
    )
    assert "EVSE 1" in text
    assert "EVSE 2" not in text


def test_names_are_shown_as_they_are_without_control_characters() -> None:
    text = shown(
        {"evses": {"1": {"status": STRANGE}}, "station": {"identity": STRANGE}, "csms": {"last_error": STRANGE}}
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.count("[red]�[31mred�[/red]") == 3


def test_several_evses_stand_side_by_side() -> None:
    text = shown({"evses": {"1": {"status": "Charging"}, "2": {"status": "Available"}}})
    line = next(line for line in text.splitlines() if "Charging" in line)
    assert "Available" in line


def test_files_on_their_way_are_shown_with_how_far_they_are() -> None:
    whole = {"what": "download of update-1.bin", "done_bytes": 3_200_000, "total_bytes": 12_000_000}
    part = {"what": "upload of log.zip", "done_bytes": 0, "total_bytes": None}
    text = shown({"evses": {}, "transfers": [whole, part, "odd"]})
    assert "download of update-1.bin: 3.2 of 12.0 MB, upload of log.zip: 0.0 of – MB" in text
    assert "transfers" not in shown({"evses": {}, "transfers": []})


def test_a_leakage_monitor_that_was_never_tested_is_not_shown_as_good() -> None:
    assert "never tested" in shown({"evses": {"1": {"self_test": "due", "last_self_test": None}}})
    assert "none fitted" in shown({"evses": {"1": {"self_test": "absent"}}})
    failed = {"verdict": "failed", "text": "it did not trip", "age_seconds": 7200, "utc": "2026-06-01T12:00:00+00:00"}
    assert "failed, 2.0 h ago: it did not trip" in shown({"evses": {"1": {"last_self_test": failed}}})
    ageless = failed | {"verdict": "passed", "text": "", "age_seconds": None}
    assert "passed, 2026-06-01T12:00:00+00:00" in shown({"evses": {"1": {"last_self_test": ageless}}})
