"""The text of ConnectorPhaseRotation (1.6 section 9.1.7). Pure.

It tells how a connector's phases are wired in respect to its meter; the CSMS computes the load of the grid's phases
with it. It turns nothing here: the phases of meter values and of profiles are those of the meter's own terminals.
"""

from collections.abc import Collection

ROTATIONS = frozenset({"NotApplicable", "Unknown", "RST", "RTS", "SRT", "STR", "TRS", "TSR"})


def check_phase_rotation(text: str, connectors: Collection[int] | None = None) -> None:
    """`0.RST,1.RST,2.RTS`, 0 being the main meter; ValueError says what is wrong. None: any connector will do."""
    seen: set[int] = set()
    for item in text.split(","):
        number, _, rotation = item.strip().partition(".")
        if not (number.isascii() and number.isdecimal() and len(number) <= 3) or rotation not in ROTATIONS:
            raise ValueError(
                f"items like 1.RST are wanted, with one of {', '.join(sorted(ROTATIONS))}, got {item[:30]!r}"
            )
        connector = int(number)
        if connector in seen or (connectors is not None and connector not in connectors):
            raise ValueError(f"connector {connector} is not there, or is there twice")
        seen.add(connector)
