"""An installed package that brings the ISO 15118 stack `theirs`: it writes down what it was told, and waits."""

from pathlib import Path

STACK = """
import asyncio
from pathlib import Path

from chargepoint_hal.driver_options import Kind, Option, OptionRules, takes


class Stack:
    def __init__(self, told):
        self.told = told

    async def run(self, station):
        self.told.write_text(f"enabled: {station.is_enabled}, chain: {await station.own_chain()}")
        await asyncio.Event().wait()


@takes(OptionRules({"told": Option("Where it writes.", Kind.PATH, required=True)}))
def open_stack(options):
    return Stack(Path(options["told"]))
"""


def install_stack(folder: Path, module: str = STACK) -> None:
    """Into a folder where Python looks for packages."""
    (folder / "their_stack.py").write_text(module)
    package = folder / "their_stack-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: their-stack\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[chargepoint.iso15118_stacks]\ntheirs = their_stack:open_stack\n")
