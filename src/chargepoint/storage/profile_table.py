"""The table of charging profiles. Blocking, in the writer."""

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from chargepoint.model.charging_profiles import InstalledProfile
from chargepoint.model.errors import StorageError
from chargepoint.storage import codec

log = logging.getLogger(__name__)

ROW_IDS = range(-(2**63), 2**63)
OLD_WORD_OF_2_0_1 = '"counts_stated_phases":true'
"""In the rows of 2.0.1's profiles alone, before these had `is_in_one_stack` and `binds_phases`."""


def save(connection: sqlite3.Connection, installed: Sequence[InstalledProfile]) -> None:
    """Make the table what is installed; a row that is right already is not written again."""
    stored = {
        profile_id: (place, body)
        for profile_id, place, body in connection.execute("SELECT profile_id, place, body FROM profiles")
    }
    wanted = {}
    for place, one in enumerate(installed):
        if one.profile.profile_id in ROW_IDS:
            wanted[one.profile.profile_id] = (place, codec.INSTALLED_PROFILE.encode(one))
        else:
            log.error(
                "storage: charging profile %d is not stored: its id has more than 64 bits", one.profile.profile_id
            )
    for profile_id in stored.keys() - wanted.keys():
        connection.execute("DELETE FROM profiles WHERE profile_id = ?", (profile_id,))
    for profile_id, (place, body) in wanted.items():
        if stored.get(profile_id) == (place, body):
            continue
        if profile_id in stored and stored[profile_id][1] == body:
            connection.execute("UPDATE profiles SET place = ? WHERE profile_id = ?", (place, profile_id))
        else:
            row = (profile_id, place, codec.VERSION, body)
            connection.execute("INSERT OR REPLACE INTO profiles VALUES (?, ?, ?, ?)", row)


def load(connection: sqlite3.Connection) -> tuple[InstalledProfile, ...]:
    """In precedence; what can not be read is left out, and the CSMS sees that it is gone."""
    found: list[InstalledProfile] = []
    for profile_id, version, body in connection.execute(
        "SELECT profile_id, version, body FROM profiles ORDER BY place"
    ):
        try:
            one = codec.INSTALLED_PROFILE.decode(body, version)
            found.append(_of_2_0_1(one) if OLD_WORD_OF_2_0_1 in body else one)
        except StorageError as error:
            log.warning("storage: charging profile %s is left out: %s", profile_id, error)
    return tuple(found)


def _of_2_0_1(one: InstalledProfile) -> InstalledProfile:
    """What its version means by it: the default of an EVSE stays in one stack with those of the whole station."""
    schedule = replace(one.profile.schedule, binds_phases=True)
    return replace(one, profile=replace(one.profile, schedule=schedule, is_in_one_stack=True))
