"""The device model of this station put together: its settings, its parts, and what each block adds of its own."""

from chargepoint.csms.dialect import DialectContext
from chargepoint.csms.v201.device_model import DeviceModel
from chargepoint.csms.v201.display_messages import display_variables
from chargepoint.csms.v201.live_variables import Ratings, live_variables
from chargepoint.csms.v201.local_list import list_variables
from chargepoint.csms.v201.monitoring import monitoring_variables
from chargepoint.csms.v201.plug_and_charge import contract_variables
from chargepoint.csms.v201.reservation import reservation_variables
from chargepoint.csms.v201.smart_charging_variables import smart_charging_variables


def station_model(context: DialectContext, ratings: Ratings) -> DeviceModel:
    """Everything that this station can be asked for; a block with live variables of its own adds them here."""
    live = (
        *live_variables(context.identity, context.evse_ids, ratings),
        *list_variables(context.settings),
        *reservation_variables(),
        *smart_charging_variables(context.settings),
        *monitoring_variables(context.monitoring),
        *display_variables(context.settings),
        *contract_variables(context.contracts),
    )
    return DeviceModel(context.settings, context.station, context.clock, live)
