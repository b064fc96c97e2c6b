"""What tests have to say at the end of a run, from whichever worker they ran in: `record_property("shown", line)`."""

from pytest import TerminalReporter  # noqa: PT013  # its place


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print the lines after the results."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, line in report.user_properties:
                if name == "shown":
                    terminalreporter.write_line(str(line))
