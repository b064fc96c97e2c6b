"""docs/ocpp-2.0.1.md: the messages of OCPP 2.0.1 and the test cases of part 6."""

from collections.abc import Iterable

from evidence.cases_2_0_1 import section


def table(messages: Iterable[tuple[str, str, str]]) -> str:
    """The whole document, from the message's name, who sends it, and whether the station has it."""
    lines = ["# OCPP 2.0.1", "", "## Messages", "", "| message | sent by | supported |", "|---|---|---|"]
    lines += [f"| {' | '.join(message)} |" for message in messages]
    return "\n".join(lines) + "\n\n" + section()
