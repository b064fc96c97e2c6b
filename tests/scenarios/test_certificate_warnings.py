"""Who is told of a certificate's end, and when: 30, 7 and 1 days before it and at it, once each, over restarts."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargepoint.charging.effects import Notice
from scenarios.test_station_signing import SERIAL_NUMBER, WHOLE
from support.rig import START_UTC, Rig
from support.virtual_time import run_virtual
from unit.security.authority import Period, authority, leaf, name

LOOKS_FIRST, LOOKS_AGAIN = 60.0, 700.0
ENDS = START_UTC + timedelta(days=31)


@pytest.mark.parametrize("profile", [2, 3])
def test_an_end_is_told_at_30_7_and_1_days_and_at_last_once_each_also_over_restarts(
    tmp_path: Path, profile: int
) -> None:
    root = authority("Root", period=WHOLE)
    own = leaf(root, name(SERIAL_NUMBER, "Acme"), period=Period(WHOLE.begins, ENDS))
    (tmp_path / "ca.pem").write_text(root.pem)
    (tmp_path / "own.pem").write_text(own.pem)
    (tmp_path / "own.key").write_bytes(own.key_pem)
    (tmp_path / "own.key").chmod(0o600)
    csms = {
        "url": "wss://csms.example.test",
        "security_profile": profile,
        "basic_auth_password": "factory-password-1",
        "ca_file": tmp_path / "ca.pem",
        "client_certificate_file": tmp_path / "own.pem",
        "client_key_file": tmp_path / "own.key",
    }

    async def whole() -> None:
        rig = Rig(tmp_path, "1.6", has_key_store=True, config={"csms": csms}, settings={"organization_name": "Acme"})

        def told() -> int:
            return sum(kind is Notice.CERTIFICATE_ENDS for kind, _evse, _text in rig.shown.notices)

        async with rig:
            await rig.wait(LOOKS_AGAIN)
            assert told() == 0, "31 days are long"
            for days, expected in ((30, 1), (20, 1), (7, 2), (3, 2), (1, 3), (-1, 4), (-5, 4)):
                await rig.stop_controller()
                rig.system_clock_error = ENDS - timedelta(days=days) + timedelta(hours=1) - START_UTC
                await rig.start_controller()
                await rig.wait(LOOKS_FIRST)
                assert told() == expected, days
                await rig.stop_controller()
                await rig.start_controller()
                await rig.wait(LOOKS_FIRST)
                assert told() == expected, "a restart repeats nothing"
            await rig.wait(LOOKS_AGAIN)
            assert told() == expected, "nor does the next look"

    run_virtual(whole())
