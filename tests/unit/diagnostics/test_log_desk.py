"""The words for each fault, and what an upload leaves behind."""

from chargepoint.csms.v16.diagnostics import DIAGNOSTICS_STATUS, LOG_STATUS
from chargepoint.diagnostics.log_desk import CONTENT_TYPE, ENDING, PREFIX, STATUS_OF_FAULT
from chargepoint.model.log_uploads import LogKind, LogUploadStatus
from chargepoint.transfer.outcomes import TransferFault


def test_every_fault_has_a_status_and_every_status_a_word() -> None:
    assert STATUS_OF_FAULT.keys() == set(TransferFault)
    assert LOG_STATUS.keys() == set(LogUploadStatus)
    assert set(LogUploadStatus) <= DIAGNOSTICS_STATUS.keys()
    for table in (CONTENT_TYPE, ENDING, PREFIX):
        assert table.keys() == set(LogKind)
