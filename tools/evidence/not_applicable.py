"""Why a case of part 6 or a requirement of part 2 does not apply to this station: what it would need is not there."""

NO_SCHEDULES = "no schedule is negotiated with an EV: a stack asks for contracts and certificates, IEC 61851-1 charges"
NO_RECEIPTS = "EVs are asked for no metering receipts"
SAME_AS_CARDS = "cards and PINs are read by the station itself, whatever is spoken with the EV (C01, C04)"
TWO_KEYS = "the certificate towards EVs is another one than that towards the CSMS"
NO_DOWNGRADE = "AllowSecurityProfileDowngrade is not there: a security profile is never lowered"
NO_LOCAL_CONTROLLER = "no local controller: the station stands for itself only"
ISSUERS = "of whoever issues certificates: the station issues none"
REMOVED = "removed by the errata of 2025-09"
ONE_LANGUAGE = "a message has one text in one language: there is none to choose (TC_O_15_CS was taken out)"
EVERY_STATE = "messages can be set for every state"
MINIMUM_RATE = "power is not distributed by minChargingRate (it may be): it is kept and told"

ONE_MESSAGE = "all measurands of an EVSE fit into one message"
ITS_OWN_LANGUAGE = "the station's own texts are in English alone: there is none to choose"
OF_THE_CSMS = "an answer of the CSMS"
NO_MAIN_METER = "no meter measures the station as a whole: meter values are of EVSEs"
NO_ROTATION = "PhaseRotation is a variable of no component: L1 to L3 are the meter's own"
NAMED_REASON = "the reason is always told, also where it may be left out"
ANY_EVSE = "it may: without an EVSE the station chooses one"
NO_TRANSFER = "the station itself has nothing to say by DataTransfer under 2.0.1"
ONE_CONNECTOR = "each EVSE has one connector"
NO_BAY_SENSOR = "ParkingBayOccupancy is no value of TxStartPoint and TxStopPoint: no bay sensor is fitted"
NO_MASTER_PASS_UI = "nothing at the station lets a person choose transactions: a master pass stops all (TC_C_49_CS)"

CASES: dict[str, str] = {
    "TC_B_15_CS": "SummaryInventory is supported (TC_B_14_CS)",
    "TC_B_28_CS": "a single EVSE can be reset (TC_B_25_CS)",
    "TC_B_29_CS": "a single EVSE can be reset (TC_B_26_CS, TC_B_27_CS)",
    "TC_B_19_CS": "no criteria but those of the schema, which are all supported (TC_B_16_CS, TC_B_18_CS)",
    "TC_C_05_CS": "no lock keeps a cable out before somebody is authorised (TC_C_02_CS)",
    "TC_C_47_CS": NO_MASTER_PASS_UI,
    "TC_C_48_CS": NO_MASTER_PASS_UI,
    "TC_E_11_CS": "DataSigned is no value of TxStartPoint",
    "TC_E_12_CS": NO_BAY_SENSOR,
    "TC_E_19_CS": NO_BAY_SENSOR,
    "TC_E_54_CS": "EVs are charged by IEC 61851-1 (TC_E_20_CS)",
    **dict.fromkeys(("TC_K_53_CS", "TC_K_54_CS", "TC_K_56_CS", "TC_K_57_CS", "TC_K_58_CS"), NO_SCHEDULES),
    "TC_L_11_CS": "an update can be cancelled while it is downloaded (TC_L_10_CS)",
    "TC_L_12_CS": "firmware is downloaded while a transaction goes on (TC_L_14_CS)",
    "TC_L_13_CS": "firmware is downloaded while a transaction goes on (TC_L_15_CS)",
    "TC_L_16_CS": "firmware is installed while no transaction goes on (TC_L_14_CS)",
    "TC_O_18_CS": EVERY_STATE,
    "TC_N_62_CS": "nothing is stored under a name of the CSMS's own (C-14); such a question finds nothing",
}
"""By case id."""

USE_CASES: dict[str, str] = {
    "C08": SAME_AS_CARDS,
    "J03": NO_RECEIPTS,
    "K14": NO_LOCAL_CONTROLLER,
    "K15": NO_SCHEDULES,
    "K16": NO_SCHEDULES,
    "K17": NO_SCHEDULES,
    "L03": NO_LOCAL_CONTROLLER,
    "L04": NO_LOCAL_CONTROLLER,
}
"""Use cases of which no requirement applies."""

REQUIREMENTS: dict[str, str] = {
    "A00.FR.428": TWO_KEYS,
    "A00.FR.512": ISSUERS,
    "A00.FR.513": TWO_KEYS,
    "A00.FR.514": ISSUERS,
    "A00.FR.601": ISSUERS,
    "A00.FR.602": ISSUERS,
    "A00.FR.604": ISSUERS,
    "A02.FR.09": REMOVED,
    "A03.FR.09": REMOVED,
    "A05.FR.08": NO_DOWNGRADE,
    "A05.FR.09": NO_DOWNGRADE,
    "B03.FR.04": "the connection stays open while the station is rejected",
    "B07.FR.02": "every base report is supported",
    "B07.FR.05": "every base report is supported",
    "B07.FR.13": "a report can always be made",
    "B08.FR.02": "all criteria of the schema are supported",
    "B08.FR.16": "a report can always be made",
    "B09.FR.31": NO_DOWNGRADE,
    "C01.FR.06": OF_THE_CSMS,
    "C01.FR.08": ITS_OWN_LANGUAGE,
    "C01.FR.09": ITS_OWN_LANGUAGE,
    "C13.FR.04": "LocalAuthListCtrlr.SupportsExpiryDateTime is true (C15.FR.08)",
    "C16.FR.01": NO_MASTER_PASS_UI,
    "E01.FR.01": NO_BAY_SENSOR,
    "E01.FR.04": "DataSigned is no value of TxStartPoint",
    "E01.FR.14": ONE_CONNECTOR,
    "E01.FR.20": "a suspended transaction goes on",
    "E02.FR.11": ONE_MESSAGE,
    "E03.FR.09": ONE_MESSAGE,
    "E03.FR.15": NO_BAY_SENSOR,
    "E04.FR.09": ONE_MESSAGE,
    "E06.FR.01": NO_BAY_SENSOR,
    "E06.FR.09": NAMED_REASON,
    "E07.FR.04": NAMED_REASON,
    "F01.FR.07": ANY_EVSE,
    "F01.FR.16": ONE_MESSAGE,
    "F02.FR.04": ONE_MESSAGE,
    "F02.FR.08": NO_BAY_SENSOR,
    "F02.FR.15": ANY_EVSE,
    "G01.FR.08": ONE_CONNECTOR,
    "J01.FR.03": NO_MAIN_METER,
    "J01.FR.04": NO_MAIN_METER,
    "J01.FR.13": NO_ROTATION,
    "J01.FR.15": ONE_MESSAGE,
    "J01.FR.19": "AlignedDataCtrlr.SendDuringIdle is of the whole station (J01.FR.20)",
    "J02.FR.09": NO_ROTATION,
    "J02.FR.14": ONE_MESSAGE,
    "N04.FR.07": "no monitor stands in the way of safety: it only tells",
    "F06.FR.12": "it may: without a connector the status of each is told",
    "P01.FR.01": NO_TRANSFER,
    "P02.FR.02": NO_TRANSFER,
    "P02.FR.03": NO_TRANSFER,
    "P02.FR.05": NO_TRANSFER,
    "B11.FR.09": "a single EVSE can be reset",
    "B12.FR.09": "a single EVSE can be reset",
    "K01.FR.21": MINIMUM_RATE,
    "K02.FR.06": MINIMUM_RATE,
    "K03.FR.07": MINIMUM_RATE,
    "K04.FR.04": MINIMUM_RATE,
    "K01.FR.44": "the EVSEs are of type AC",
    "K01.FR.46": "no phase can be chosen, and which one an outlet is wired to is not known",
    "L01.FR.14": "a download is never paused",
    "L01.FR.15": "the machine restarts after the installation, not before it",
    "L01.FR.23": "it is always told that firmware is being installed",
    "M04.FR.08": "it may: children that an installed root has issued stay, each is listed and can be deleted",
    "L02.FR.08": "a download is never paused",
    "L02.FR.09": "the machine restarts after the installation, not before it",
    "I03.FR.05": "TxStopPoint is never ParkingBayOccupancy: no sensor watches the parking bay",
    "O01.FR.02": EVERY_STATE,
    "O01.FR.04": "it is the CSMS that names no transaction where there is none",
    "O01.FR.08": ONE_LANGUAGE,
    "O01.FR.09": ONE_LANGUAGE,
    "O01.FR.20": "there is one display",
    "O02.FR.04": EVERY_STATE,
    "O02.FR.08": ONE_LANGUAGE,
    "O02.FR.09": ONE_LANGUAGE,
}
"""Single requirements of use cases that apply otherwise."""
