"""How the demonstration is shown: a live view on a terminal, plain lines everywhere else."""

from collections import deque
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from live_session.frame_lines import TO_CSMS, FrameLine
from live_session.picture import Addresses, Picture, measures_line, rows, state_line

MOST_FRAMES, FEWEST_FRAMES = 30, 10
STEPS_SHOWN = 8
BORDER_LINES = 6
MEASURES_EVERY = 16
"""Pictures between two lines of what moves all the time, in the plain form."""


class Screen(Protocol):
    def open(self) -> None: ...

    def close(self) -> None: ...

    def say(self, text: str) -> None:
        """A step of the story."""
        ...

    def show_frame(self, line: FrameLine) -> None: ...

    def show(self, picture: Picture, addresses: Addresses) -> None: ...


def screen_for(console: Console) -> Screen:
    """The live view where somebody looks, lines where a file or a log listens."""
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    """Each thing once, when it is news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_state = ""
        self._pictures_since_measures = 0

    def open(self) -> None:
        """Nothing to prepare."""

    def close(self) -> None:
        """Nothing to give back."""

    def say(self, text: str) -> None:
        self._print(f"== {text}")

    def show_frame(self, line: FrameLine) -> None:
        self._print(f"   {line}")

    def show(self, picture: Picture, addresses: Addresses) -> None:
        state = state_line(picture)
        if state != self._last_state:
            self._last_state = state
            self._print(f"   {state}")
        self._pictures_since_measures += 1
        if picture.transaction and self._pictures_since_measures >= MEASURES_EVERY:
            self._pictures_since_measures = 0
            self._print(f"   {measures_line(picture)}")

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveScreen:
    """State on the left, frames on the right, the story below; redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        rows_left = console.height - STEPS_SHOWN - BORDER_LINES
        self._frames_shown = max(FEWEST_FRAMES, min(MOST_FRAMES, rows_left))
        self._frames: deque[FrameLine] = deque(maxlen=self._frames_shown)
        self._steps: deque[str] = deque(maxlen=STEPS_SHOWN)
        self._picture, self._addresses = Picture(), Addresses()
        self._live = Live(console=console, get_renderable=self._drawn, refresh_per_second=8, transient=False)

    def open(self) -> None:
        self._live.start()

    def close(self) -> None:
        """The last picture stays on the terminal."""
        self._live.stop()

    def say(self, text: str) -> None:
        self._steps.extend(text.splitlines())

    def show_frame(self, line: FrameLine) -> None:
        self._frames.append(line)

    def show(self, picture: Picture, addresses: Addresses) -> None:
        self._picture, self._addresses = picture, addresses

    def _drawn(self) -> Group:
        beside = Table.grid(expand=True, padding=(0, 1))
        beside.add_column(ratio=2)
        beside.add_column(ratio=3)
        beside.add_row(self._state(), self._traffic())
        story = Text("\n".join(self._steps), style="bold")
        return Group(beside, Panel(story, title="what happens", title_align="left"), self._places())

    def _state(self) -> Panel:
        table = Table.grid(padding=(0, 1))
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name, value in rows(self._picture):
            table.add_row(name, Text(value))
        return Panel(table, title="station", title_align="left")

    def _traffic(self) -> Panel:
        lines = Text(no_wrap=True, overflow="ellipsis")
        for line in self._frames:
            lines.append(f"{line}\n", style="cyan" if line.arrow == TO_CSMS else "green")
        lines.append("\n" * (self._frames_shown - len(self._frames)))
        return Panel(lines, title="OCPP", title_align="left")

    def _places(self) -> Text:
        shown = [
            ("local interface", self._addresses.panel),
            ("bench", self._addresses.bench),
            ("CSMS control", self._addresses.csms_control),
        ]
        return Text("   ".join(f"{name} {url or 'starting'}" for name, url in shown), style="dim")
