"""Prints the supply table as a mermaid state diagram, for the documents. Not needed to supply anything."""

from chargepoint.iec61851.supply_table import SOUND, TRANSITIONS, Supply

ANY_SOUND_STATE = "any_sound_state"


def supply_diagram() -> str:
    """The table as a `stateDiagram-v2`, one line per transition; what leaves every sound state is drawn once."""
    lines = ["stateDiagram-v2", f"    [*] --> {Supply.STARTING.value}"]
    for row in TRANSITIONS:
        lines += [f"    {source} --> {row['dest'].value}: {row['trigger']}" for source in _sources(row["source"])]
    return "\n".join(lines) + "\n"


def _sources(source: Supply | list[Supply]) -> list[str]:
    if isinstance(source, Supply):
        return [source.value]
    return [ANY_SOUND_STATE] if source is SOUND else [state.value for state in source]
