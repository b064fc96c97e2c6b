"""The report of `chargepoint board check` as JSON and as one HTML page with the pilot's plot in it. Pure."""

from dataclasses import asdict
from html import escape
from typing import Any

from chargepoint.cli.board_steps import CheckReport, Sample

WIDTH, HEIGHT = 1200.0, 320.0
HIGHEST_VOLTS, LOWEST_VOLTS = 13.0, -13.0
MOST_POINTS = 4000
GUIDES = ((12.0, "A"), (9.0, "B"), (6.0, "C"), (3.0, "D"), (0.0, "E"), (-12.0, "F"))
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1240px;margin:2rem auto;padding:0 1rem;color:#1b1f23}
table{border-collapse:collapse;width:100%;margin:1rem 0}
td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d8dee4}
.passed{color:#1a7f37}.failed{color:#cf222e;font-weight:600}.skipped,.not{color:#6e7781}
svg{width:100%;height:auto;background:#f6f8fa}
"""


def report_json(report: CheckReport) -> dict[str, Any]:
    """Everything, the pilot's trace too."""
    return {
        "board": report.board,
        "evse": report.evse,
        "started_utc": report.started_utc,
        "owns_pilot": "a controller of its own" if report.has_controller else "this program",
        "absent": report.absent,
        "passed": not report.has_failed,
        "quick": report.is_quick,
        "not_measured": report.not_measured,
        "skipped": report.skipped,
        "conformance": [asdict(result) for result in report.conformance],
        "steps": [
            {
                "name": step.name,
                "verdict": step.verdict.value,
                "measured": step.measured,
                "unit": step.limits.unit,
                "low": step.limits.low,
                "high": step.limits.high,
                "note": step.note,
            }
            for step in report.steps
        ],
        "pilot": [
            [round(each.at_seconds, 4), round(each.high_volts, 3), round(each.low_volts, 3), int(each.is_closed)]
            for each in report.samples
        ],
        "marks": [[round(at_seconds, 4), words] for at_seconds, words in report.marks],
    }


def report_page(report: CheckReport) -> str:
    """One file that needs nothing else."""
    verdict = "failed" if report.has_failed else "passed"
    steps = "".join(
        f"<tr><td>{escape(step.name)}</td><td>{'–' if step.measured is None else f'{step.measured:.4g}'}</td>"
        f"<td>{escape(str(step.limits))}</td><td class='{step.verdict.value.split()[0]}'>{step.verdict.value}</td>"
        f"<td>{escape(step.note)}</td></tr>"
        for step in report.steps
    )
    rows = "".join(
        f"<tr><td>{escape(result.name)}</td><td>{result.seconds:.2f} s</td>"
        f"<td class='{escape(result.outcome.split()[0])}'>{escape(result.outcome)}</td>"
        f"<td>{escape(result.why)}</td></tr>"
        for result in report.conformance
    )
    absent = ", ".join(map(escape, report.absent)) or "nothing"
    quick = ": quick, most sequences were left out; this proves no board" if report.is_quick else ""
    title = f"Board {escape(report.board)}, EVSE {report.evse}"
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}: <span class='{verdict}'>{report.verdict}</span></h1><p>{escape(report.started_utc)}{quick}</p>"
        f"<p>Not fitted: {absent}.</p>"
        f"<h2>Control pilot</h2>{pilot_plot(report)}"
        "<h2>Sequences</h2><table><tr><th>step<th>measured<th>limit<th>verdict<th>note</tr>"
        f"{steps}</table><h2>Conformance</h2><table>{rows}</table></html>\n"
    )


def pilot_plot(report: CheckReport) -> str:
    """Both halves of the pilot over time as SVG; the contactor is shaded while closed."""
    samples = report.samples
    if not samples:
        told = (
            "The board's controller keeps its volts to itself" if report.has_controller else "The pilot was not sampled"
        )
        return f"<p>{told}.</p>"
    begins, ends = samples[0].at_seconds, max(samples[-1].at_seconds, samples[0].at_seconds + 0.001)

    def x(at_seconds: float) -> float:
        return (at_seconds - begins) / (ends - begins) * WIDTH

    def y(volts: float) -> float:
        within = min(max(volts, LOWEST_VOLTS), HIGHEST_VOLTS)
        return (HIGHEST_VOLTS - within) / (HIGHEST_VOLTS - LOWEST_VOLTS) * HEIGHT

    thinned = samples[:: max(1, len(samples) // MOST_POINTS)]
    high = " ".join(f"{x(each.at_seconds):.1f},{y(each.high_volts):.1f}" for each in thinned)
    low = " ".join(f"{x(each.at_seconds):.1f},{y(each.low_volts):.1f}" for each in thinned)
    guides = "".join(
        f"<line x1='0' x2='{WIDTH:g}' y1='{y(volts):.1f}' y2='{y(volts):.1f}' stroke='#d0d7de'/>"
        f"<text x='2' y='{y(volts) - 2:.1f}' font-size='11' fill='#6e7781'>{name} {volts:g} V</text>"
        for volts, name in GUIDES
    )
    closed = "".join(
        f"<rect x='{x(begin):.1f}' width='{x(end) - x(begin):.1f}' y='0' height='{HEIGHT:g}' fill='#ffd33d' "
        "opacity='.25'/>"
        for begin, end in closed_spans(samples)
    )
    marks = "".join(
        f"<line x1='{x(at):.1f}' x2='{x(at):.1f}' y1='0' y2='{HEIGHT:g}' stroke='#8250df' stroke-dasharray='3 3'/>"
        f"<text x='{x(at) + 3:.1f}' y='{HEIGHT - 4:.1f}' font-size='11' fill='#8250df'>{escape(words)}</text>"
        for at, words in report.marks
        if begins <= at <= ends
    )
    return (
        f"<svg viewBox='0 0 {WIDTH:g} {HEIGHT:g}' role='img'><title>Control pilot, {ends - begins:.1f} s</title>"
        f"{closed}{guides}{marks}<polyline points='{low}' fill='none' stroke='#0969da' stroke-width='1.2'/>"
        f"<polyline points='{high}' fill='none' stroke='#cf222e' stroke-width='1.2'/></svg>"
        "<p>Red: positive half, blue: negative half (equal while steady); shaded: contactor closed.</p>"
    )


def closed_spans(samples: list[Sample]) -> list[tuple[float, float]]:
    """From when until when the feedback said closed."""
    spans: list[tuple[float, float]] = []
    begin: float | None = None
    for each in samples:
        if each.is_closed and begin is None:
            begin = each.at_seconds
        elif not each.is_closed and begin is not None:
            spans.append((begin, each.at_seconds))
            begin = None
    return spans if begin is None else [*spans, (begin, samples[-1].at_seconds)]
