"""The drop-in for firmware in slots: the step before the start, and the right to write the slots."""

from pathlib import Path

DROP_IN = Path(__file__).resolve().parents[3] / "systemd" / "chargepoint.service.d" / "slots.conf"


def test_the_slot_is_chosen_before_the_start_and_the_slots_can_be_written() -> None:
    lines = DROP_IN.read_text(encoding="utf-8").splitlines()
    starts = [line for line in lines if line.startswith("ExecStart=")]
    assert starts[0] == "ExecStart=", "the one of the unit itself is dropped"
    assert starts[1].startswith("ExecStart=/opt/chargepoint/slots/current/bin/chargepoint run ")
    (before,) = [line for line in lines if line.startswith("ExecStartPre=")]
    assert before.endswith("-I /opt/chargepoint/slots.py /opt/chargepoint/slots")
    assert "ReadWritePaths=/opt/chargepoint/slots" in lines
