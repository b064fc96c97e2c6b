"""What OCPP 1.6 can and cannot say, as data."""

from collections.abc import Mapping

from chargepoint.csms.dialect import DialectTraits, ErrorCode

ERROR_NAMES: Mapping[ErrorCode, str] = {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.NOT_SUPPORTED: "NotSupported",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.FORMAT: "FormationViolation",
    ErrorCode.PROPERTY_CONSTRAINT: "PropertyConstraintViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT: "OccurenceConstraintViolation",
    ErrorCode.TYPE_CONSTRAINT: "TypeConstraintViolation",
    ErrorCode.GENERIC: "GenericError",
    ErrorCode.RPC_FRAMEWORK: "FormationViolation",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
}
"""Spelled as OCPP-J errata 5.1 and 5.2 leave them; the last two have no code of their own in 1.6."""

TRAITS = DialectTraits(
    subprotocol="ocpp1.6",
    schema_package="ocpp.v16.schemas",
    error_names=ERROR_NAMES,
    numbers_transactions=True,
    tells_offline=False,
    has_1_6_rules=True,
    served_while_pending=None,
    served_while_rejected=frozenset(),
    refusal_before_acceptance=ErrorCode.SECURITY,
    answers_to_unknown_words={
        ("TriggerMessage", "requestedMessage"): {"status": "NotImplemented"},
        ("ExtendedTriggerMessage", "requestedMessage"): {"status": "NotImplemented"},
    },
)
"""While Pending all is served (section 4.2); remote start and stop, not allowed then, are answered Rejected.
While Rejected nothing is served; OCPP-J errata 3.10 names SecurityError for a CALL before acceptance.
A message that is unknown is as little implemented (section 5.17)."""
