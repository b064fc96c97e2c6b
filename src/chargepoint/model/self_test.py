"""What came of the residual-current monitor's own test, in a form that outlives a restart."""

from dataclasses import dataclass

from chargepoint.model.moment import Stamp
from chargepoint.model.power import SelfTest, SelfTestCause


@dataclass(frozen=True, slots=True)
class SelfTestRecord:
    """The last verdict; where there is none, nothing was ever tested, and that is not passed."""

    verdict: SelfTest
    """PASSED, FAILED or MISSED."""
    stamp: Stamp
    """Of the test, or of the moment at which it was given up as missed."""
    cause: SelfTestCause = SelfTestCause.NONE


CAUSE_WORDS: dict[SelfTestCause, str] = {
    SelfTestCause.NONE: "",
    SelfTestCause.NO_TRIP: "it did not trip",
    SelfTestCause.NO_RELEASE: "it did not release after the trip",
    SelfTestCause.NOT_STARTED: "it could not be started although there was no EV",
    SelfTestCause.OVERDUE: "no test for a week: an EV was always there",
}
"""For a person."""
