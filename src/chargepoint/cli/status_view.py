"""A station's status as tables in a terminal. What is unknown is a dash; a field that is missing is unknown."""

from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Json = dict[str, Any]
UNKNOWN = "–"


def print_status(status: Json, console: Console | None = None) -> None:
    """The EVSEs side by side, then the station and its link."""
    console = console or Console()
    evses = {name: evse for name, evse in status["evses"].items() if isinstance(evse, dict)}
    table = Table(title=said(at(status, "station", "identity")), title_justify="left")
    table.add_column("")
    for name in evses:
        table.add_column(said(f"EVSE {name}"), overflow="fold")
    for label, cell_of in EVSE_ROWS:
        table.add_row(label, *(said(cell_of(evse)) for evse in evses.values()))
    console.print(table)
    station = Table(show_header=False)
    station.add_column("")
    station.add_column("", overflow="fold")
    for label, text in station_rows(status):
        station.add_row(label, said(text))
    console.print(station)


LETTER_COLUMNS = ("row", "kind", "phase", "transaction", "energy_wh", "utc", "token", "attempts", "reason")


def print_dead_letters(letters: list[Json], console: Console | None = None) -> None:
    """What the CSMS never took; nothing where there is nothing."""
    if not letters:
        return
    table = Table(
        title="undeliverable reports (send again: chargepoint dead-letters --resend ROW)", title_justify="left"
    )
    for name in LETTER_COLUMNS:
        table.add_column(name, overflow="fold")
    for letter in letters:
        table.add_row(*(said(plain(letter.get(name))) for name in LETTER_COLUMNS))
    (console or Console()).print(table)


def session_cell(evse: Json) -> str:
    return f"{plain(evse.get('session'))}, {plain(evse.get('charging_state'))}"


def pilot_cell(evse: Json) -> str:
    duty = number(evse.get("duty_percent"), "%", 1, unknown="")
    return f"{plain(evse.get('pilot_state'))}, {plain(evse.get('pilot_signal'))} {duty}".strip()


def contactor_cell(evse: Json) -> str:
    phases = f", phases: {number(evse.get('phases'))}" if evse.get("phases") else ""
    return f"{plain(evse.get('contactor'))}, commanded {ordered(evse.get('contactor_commanded'))}{phases}"


def limit_cell(evse: Json) -> str:
    return f"{number(evse.get('limit_amps'), 'A', 1)}, set by {plain(evse.get('limit_set_by'))}"


def currents_cell(evse: Json) -> str:
    return joined((number(amps, "A", 1) for amps in listed(at(evse, "meter", "currents_amps"))), " / ")


def meter_cell(evse: Json) -> str:
    if not evse.get("meter"):
        return "no usable reading"
    age = number(at(evse, "meter", "age_seconds"), "s", 0)
    return f"{number(at(evse, 'meter', 'energy_import_wh'), 'Wh', 0)}, {age} ago"


def cost_cell(evse: Json) -> str:
    amount = " ".join(plain(at(evse, "cost", name), unknown="") for name in ("amount", "currency")).strip()
    instead = plain(at(evse, "cost", "instead"), unknown="")
    if instead:
        return instead
    if not amount:
        return ""
    return amount + (" in all" if at(evse, "cost", "is_final") else " so far")


def faults_cell(evse: Json) -> str:
    return joined(map(plain, listed(evse.get("faults"))), ", ", nothing="none")


def self_test_cell(evse: Json) -> str:
    """The last verdict and when; a monitor that was never tested says that, and not that it is good."""
    last = evse.get("last_self_test")
    if not last:
        return {None: UNKNOWN, "absent": "none fitted"}.get(evse.get("self_test"), "never tested")
    why = plain(at(last, "text"), unknown="")
    age = at(last, "age_seconds")
    when = f"{number(age / 3600, 'h', 1)} ago" if isinstance(age, int | float) else plain(at(last, "utc"))
    return f"{plain(at(last, 'verdict'))}, {when}" + (f": {why}" if why else "")


EVSE_ROWS: tuple[tuple[str, Callable[[Json], str]], ...] = (
    ("status", lambda evse: plain(evse.get("status"))),
    ("why not charging", lambda evse: plain(evse.get("why_not_charging"), unknown="")),
    ("session", session_cell),
    ("pilot", pilot_cell),
    ("contactor", contactor_cell),
    ("limit", limit_cell),
    ("currents", currents_cell),
    ("power", lambda evse: number(at(evse, "meter", "power_watts"), "W", 0)),
    ("meter", meter_cell),
    ("cost", cost_cell),
    ("transaction", lambda evse: plain(at(evse, "transaction", "id"))),
    ("token", lambda evse: plain(at(evse, "transaction", "token"))),
    ("energy", lambda evse: number(at(evse, "transaction", "energy_wh"), "Wh", 0)),
    ("self-test", self_test_cell),
    ("faults", faults_cell),
)
"""Label, and what one EVSE has to say there."""


def station_rows(status: Json) -> list[tuple[str, str]]:
    """Label and text of what is not of one EVSE; what has no text is left out."""
    station, csms, safety = (status.get(name) for name in ("station", "csms", "safety"))
    rows = [
        ("csms", f"{plain(at(csms, 'state'))} {plain(at(csms, 'subprotocol'), unknown='')}".strip()),
        ("csms url", plain(at(csms, "url"))),
        ("csms error", plain(at(csms, "last_error"), unknown="")),
        ("next attempt", number(at(csms, "next_attempt_seconds"), "s", 0, unknown="")),
        ("queue", queue_text(status.get("outbox"))),
        ("site limit", joined(map(site_limit_text, listed(status.get("site_limits"))), "; ", nothing="")),
        ("transfers", joined(map(transfer_text, listed(status.get("transfers"))), ", ", nothing="")),
        ("display", plain(at(status.get("display"), "message", "text"), unknown="")),
        ("safety process", "linked" if at(safety, "connected") else "not linked"),
        ("safety error", plain(at(safety, "why_lost"), unknown="")),
        ("clock", clock_text(at(station, "clock"))),
        ("station faults", joined(map(plain, listed(at(station, "faults"))), ", ", nothing="none")),
        ("uptime", number(at(station, "uptime_seconds"), "s", 0)),
        ("restarted tasks", restarts_text(at(station, "task_restarts"))),
        ("database put aside", plain(at(station, "database_set_aside"), unknown="")),
        ("version", plain(at(station, "version"))),
    ]
    return [(label, text) for label, text in rows if text]


def queue_text(outbox: object) -> str:
    return f"{number(at(outbox, 'pending'))} waiting, {number(at(outbox, 'dead'))} undeliverable"


def site_limit_text(limit: object) -> str:
    """`EMS: 16 A per phase until it is released`, or the steps of a schedule."""
    unit = "W in all" if at(limit, "unit") == "W" else "A per phase"
    steps = listed(at(limit, "steps"))
    amounts = [
        f"{number(at(step, 'limit'), digits=1).removesuffix('.0')} {unit}"
        + (", by one phase" if at(step, "phases") == 1 else "")
        + (f" from {at(step, 'after_seconds')} s on" if len(steps) > 1 else "")
        for step in steps
    ]
    lasts, start = at(limit, "duration_seconds"), at(limit, "start")
    until = "until it is released" if lasts is None else f"for {number(lasts, 's')} from {plain(start)}"
    begin = f", counted from {start}" if start is not None and lasts is None and len(steps) > 1 else ""
    return f"{plain(at(limit, 'source'))}: {joined(amounts, ', ')}{begin} {until}"


def transfer_text(transfer: object) -> str:
    """`download of update-1.bin: 3.2 of 12.0 MB`"""
    done, total = at(transfer, "done_bytes"), at(transfer, "total_bytes")
    return f"{plain(at(transfer, 'what'))}: {megabytes(done)} of {megabytes(total)} MB"


def megabytes(count: object) -> str:
    return number(count / 1_000_000, digits=1) if isinstance(count, int) else UNKNOWN


def clock_text(clock: object) -> str:
    trust = "set by" if at(clock, "trusted") else "not set, source"
    return f"{plain(at(clock, 'utc'))} ({trust} {plain(at(clock, 'source'))})"


def restarts_text(restarts: object) -> str:
    counted = restarts.items() if isinstance(restarts, dict) else ()
    return joined((f"{task} {count}×" for task, count in counted), ", ", nothing="none")


def at(fields: object, *path: str) -> Any:
    """What stands there; None where the path ends early."""
    for name in path:
        fields = fields.get(name) if isinstance(fields, dict) else None
    return fields


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def plain(value: object, unknown: str = UNKNOWN) -> str:
    return unknown if value is None else str(value)


def ordered(value: object) -> str:
    if not isinstance(value, bool):
        return UNKNOWN
    return "closed" if value else "open"


def number(value: object, unit: str = "", digits: int = 0, unknown: str = UNKNOWN) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return unknown
    return f"{value:.{digits}f} {unit}".strip()


def joined(texts: Iterable[str], between: str, nothing: str = UNKNOWN) -> str:
    return between.join(texts) or nothing


def said(text: object) -> Text:
    """Shown as it is: no markup, no control characters of whoever named things."""
    return Text("".join(character if character.isprintable() else "�" for character in plain(text)))
