"""Which opener a plan's board has, refused before it is opened where its options can not keep what the loop promises.

For whoever runs the loop on a board: the safety process, and the check of a board.
"""

from pathlib import Path

from chargepoint.model.errors import ConfigurationError
from chargepoint.safety.plan import SafetyPlan
from chargepoint.safety.process import BoardOpener
from chargepoint_hal.driver_options import OptionRules
from chargepoint_hal.registry import BOARDS, find_driver, option_rules


def board_opener(plan: SafetyPlan, config: Path) -> BoardOpener:
    """Found by its entry point; ConfigurationError for a period too long, UnknownDriverError or ImportError."""
    opener = find_driver(BOARDS, plan.board_driver)
    rules = option_rules(BOARDS, plan.board_driver)
    if rules is not None and (problem := rules.period_problem(plan.board_options, plan.period_seconds)):
        raise ConfigurationError(f"{config}: safety.period_ms: {problem}")
    return opener


def pilot_lag_seconds(plan: SafetyPlan) -> float:
    """How old a lost pilot may be when the board's sample first shows it; UnknownDriverError or ImportError."""
    rules = option_rules(BOARDS, plan.board_driver) or OptionRules({})
    return rules.pilot_lag_seconds(plan.board_options, plan.period_seconds)
