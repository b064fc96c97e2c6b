"""The site's limits, and who lowers the current at each EVSE, as lines of text."""

from chargepoint.cli.status_view import Json, at, limit_cell, listed, site_limit_text

NO_LIMIT = "the site sets no limit"


def site_limit_lines(status: Json) -> list[str]:
    """What the site has set, then each EVSE with the limit that counts there and whose it is."""
    limits = [site_limit_text(each) for each in listed(status.get("site_limits"))]
    lines = limits or [NO_LIMIT]
    for name, evse in status["evses"].items():
        why = at(evse, "limit_text")
        lines.append(f"EVSE {name}: {limit_cell(evse)}" + (f": {why}" if why else ""))
    return lines
