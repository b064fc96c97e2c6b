"""What the disk remembers when the station starts, read once. Blocking; writes nothing."""

from dataclasses import replace

from chargepoint.charging.ports import Recovered
from chargepoint.model.charging_profiles import WHOLE_STATION
from chargepoint.model.faults import Fault
from chargepoint.storage import (
    ended_table,
    local_list_table,
    message_table,
    monitoring_table,
    profile_table,
    reservation_table,
    station_memory,
    update_table,
)
from chargepoint.storage.database import Opened
from chargepoint.storage.open_records import read_open_records

FAULTS_LOST = {WHOLE_STATION: frozenset({Fault.FAULT_MEMORY_LOST})}
"""What is remembered of faults in the place of a file that was put aside."""


def recover(opened: Opened, machine: str | None) -> Recovered:
    connection = opened.connection
    kept_faults = station_memory.kept_faults(connection)
    if opened.set_aside is not None:
        kept_faults |= FAULTS_LOST
    boot_id = station_memory.next_boot(connection)
    opened_records = read_open_records(connection)
    recovered = Recovered(
        boot_id=boot_id,
        transactions=opened_records.transactions,
        damage=opened_records.damage,
        availability=station_memory.availabilities(connection),
        setting_texts=station_memory.setting_texts(connection),
        cached_verdicts=station_memory.verdicts(connection),
        set_aside=None,
        profiles=profile_table.load(connection),
        local_list=local_list_table.load(connection),
        reservations=reservation_table.load(connection),
        update=update_table.load(connection),
        ended=ended_table.load(connection),
        messages=message_table.load(connection),
        boots_of_this_machine=station_memory.boots_of_this_machine_boot(connection, boot_id, machine),
        kept_faults=kept_faults,
        monitoring=monitoring_table.load(connection),
        self_tests=station_memory.self_tests(connection),
    )
    return recovered if opened.set_aside is None else replace(recovered, set_aside=str(opened.set_aside))
