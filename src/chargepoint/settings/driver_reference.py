"""The options of the drivers that come with the project, as text for the reference. Opens no driver."""

from collections.abc import Mapping

from chargepoint_hal.driver_options import Option, OptionRules

TABLES = {"board": "[board]", "meter": "[[meter]]", "reader": "[[reader]]"}


def driver_reference(kind: str, drivers: Mapping[str, OptionRules]) -> list[str]:
    """Lines of Markdown for the drivers of `board`, `meter` or `reader`."""
    lines: list[str] = []
    for name, rules in drivers.items():
        lines += ["", f"### {TABLES[kind]} options of `{name}`", "", *_ways(rules)]
        lines += ["| option | default | allowed | meaning |", "|---|---|---|---|"]
        lines += [_row(key, option) for key, option in rules.options.items()]
        for key, option in rules.options.items():
            if option.rules is not None:
                lines += [
                    "",
                    f"Each table of `{key}`:",
                    "",
                    "| option | default | allowed | meaning |",
                    "|---|---|---|---|",
                ]
                lines += [_row(nested, one) for nested, one in option.rules.options.items()]
    return lines


def _row(key: str, option: Option) -> str:
    default = f"`{option.default}`" if option.default else "must be given" if option.required else ""
    return f"| `{key}` | {default} | {option.wanted()} | {option.meaning} |"


def _ways(rules: OptionRules) -> list[str]:
    if not rules.ways:
        return []
    told = []
    for way in rules.ways:
        needs = f" (needs {_listed(way.needs)})" if way.needs else ""
        allows = f" with {_listed(way.allows)}" if way.allows else ""
        told.append(f"`{way.chosen_by}`{allows}{needs}")
    return [f"Exactly one of: {'; '.join(told)}.", ""]


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
